"""`spanlake prices show`."""

from typing import TYPE_CHECKING, Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, console, print_json, printable
from spanlake.cli.prices.options import AsOf
from spanlake.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from spanlake.semconv.applied_price import AppliedPrice


def show(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="As spans have it.")],
    *,
    provider: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="As spans have it.", show_default="all that are known"),
    ] = None,
    as_of: AsOf = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """What a model costs, by custom or built-in prices."""
    from datetime import UTC, datetime

    from spanlake.cli.catalog import open_catalog
    from spanlake.cli.since import parse_since
    from spanlake.semconv.applied_price import applied_prices
    from spanlake.storage.catalog.prices import list_prices

    now = datetime.now(UTC)
    moment = now if as_of is None else parse_since(as_of, now=now, flag="--as-of")
    with open_catalog(data) as catalog:
        found = applied_prices(list_prices(catalog), model, provider=provider, moment=moment)
    if not found:
        raise NotFoundError(
            f"MODEL is {printable(model)}: has no price; "
            "`spanlake prices set` with the same name gives it one"
        )
    if output_format == "json":
        print_json(found)
    else:
        console().print(_table(found))


def _table(prices: "Sequence[AppliedPrice]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from spanlake.cli.prices.table import usd

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in ("provider", "model", "version"):
        table.add_column(heading, no_wrap=True)
    table.add_column("prompt over", justify="right", no_wrap=True)
    for heading in ("input", "output", "cache read", "cache write", "reasoning", "request"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in prices:
        table.add_row(
            Text(printable(each.provider or "*")),
            Text(printable(each.model)),
            each.price_version,
            f"{each.prompt_over:,}",
            *map(
                usd,
                (
                    each.input_mtok,
                    each.output_mtok,
                    each.cache_read_mtok,
                    each.cache_write_mtok,
                    each.reasoning_mtok,
                    each.request_usd,
                ),
            ),
        )
    return table
