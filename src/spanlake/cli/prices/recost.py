"""`spanlake prices recost`."""

from typing import TYPE_CHECKING, Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, console, print_json, printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rich.table import Table

    from spanlake.storage.recost import Recosted

_OWN_TIME = "call"


def recost(
    *,
    since: Annotated[
        str | None,
        typer.Option(
            help="Only calls since then: 30m, 24h, 7d, 2w ago, or a date such as 2026-11-21."
        ),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(metavar="SQL", help="Condition on columns of the view llm_calls."),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="TIME|call",
            help="The prices of that time, or of each call's own.",
            show_default="now",
        ),
    ] = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """What calls would cost with other prices, beside what is recorded; nothing is changed."""
    from datetime import UTC, datetime

    import spanlake
    from spanlake.cli.catalog import open_catalog
    from spanlake.cli.since import parse_since
    from spanlake.semconv.price_book import PriceBook
    from spanlake.storage.catalog.prices import list_prices
    from spanlake.storage.recost import recost as recost_calls

    now = datetime.now(UTC)
    start = None if since is None else parse_since(since, now=now)
    moment = _moment(as_of, now)
    with open_catalog(data) as catalog:
        book = PriceBook(list_prices(catalog))
    with spanlake.connect(data) as lake:
        found = recost_calls(lake, book, since=start, where=where, as_of=moment)
    if output_format == "json":
        print_json(found)
    elif found:
        console().print(_table(found))
    else:
        typer.echo("no model calls", err=True)


def _moment(as_of: str | None, now: "datetime") -> "datetime | None":
    from spanlake.cli.since import parse_since

    if as_of is None:
        return now
    return None if as_of == _OWN_TIME else parse_since(as_of, now=now, flag="--as-of")


def _table(models: "Sequence[Recosted]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from spanlake import quantities

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in ("provider", "model"):
        table.add_column(heading, overflow="fold")
    for heading in ("calls", "tokens", "recorded", "recosted", "difference"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("price")
    for each in models:
        table.add_row(
            Text(printable(each.provider or quantities.UNKNOWN)),
            Text(printable(each.model or quantities.UNKNOWN)),
            f"{each.call_count:,}",
            quantities.tokens(each.input_tokens, each.output_tokens),
            quantities.cost(each.recorded_usd, unpriced_calls=each.unrecorded_calls),
            quantities.cost(each.recosted_usd, unpriced_calls=each.unpriced_calls),
            _difference(each.recorded_usd, each.recosted_usd),
            ", ".join(each.price_versions) or quantities.UNKNOWN,
        )
    recorded = sum(each.recorded_usd or 0.0 for each in models)
    recosted = sum(each.recosted_usd or 0.0 for each in models)
    table.add_row(
        "total",
        "",
        f"{sum(each.call_count for each in models):,}",
        "",
        quantities.cost(recorded, unpriced_calls=sum(each.unrecorded_calls for each in models)),
        quantities.cost(recosted, unpriced_calls=sum(each.unpriced_calls for each in models)),
        _difference(recorded, recosted),
        "",
        style="bold",
    )
    return table


def _difference(recorded: float | None, recosted: float | None) -> str:
    from spanlake import quantities

    if recorded is None or recosted is None:
        return quantities.UNKNOWN
    sign = "-" if recosted < recorded else "+"
    return sign + quantities.cost(abs(recosted - recorded))
