"""`spanlake prices set` and `unset`."""

from typing import TYPE_CHECKING, Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, console, print_json
from spanlake.cli.prices.options import Model, Note, Provider, ValidFrom, ValidTo

if TYPE_CHECKING:
    from datetime import datetime

    from spanlake.semconv.custom_prices import PriceTerms

_Input = Annotated[
    float | None, typer.Option("--input", help="USD for a million tokens.", show_default="0")
]
_Output = Annotated[float | None, typer.Option(help="USD for a million tokens.", show_default="0")]
_CacheRead = Annotated[
    float | None, typer.Option(help="For those read from a cache.", show_default="as --input")
]
_CacheWrite = Annotated[
    float | None, typer.Option(help="For those written to one.", show_default="as --input")
]
_Request = Annotated[float | None, typer.Option(help="USD for a call.", show_default="0")]


def set_(  # noqa: PLR0913  # a flag each
    model: Model,
    *,
    provider: Provider = None,
    input_: _Input = None,
    output: _Output = None,
    cache_read: _CacheRead = None,
    cache_write: _CacheWrite = None,
    request: _Request = None,
    valid_from: ValidFrom = None,
    valid_to: ValidTo = None,
    note: Note = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Say what a model costs, from a time on; the price before it is kept as history."""
    from spanlake.semconv.custom_prices import ModelRates, PriceTerms

    start, end = _validity(valid_from, valid_to)
    rates = ModelRates(input_, output, cache_read, cache_write, request)
    _record(PriceTerms(provider, model, start, end, rates, note), data, output_format)


def unset(  # noqa: PLR0913  # a flag each
    model: Model,
    *,
    provider: Provider = None,
    valid_from: ValidFrom = None,
    valid_to: ValidTo = None,
    note: Note = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Withdraw a custom price from a time on, so that the built-in one counts again."""
    from spanlake.semconv.custom_prices import PriceTerms

    start, end = _validity(valid_from, valid_to)
    _record(PriceTerms(provider, model, start, end, None, note), data, output_format)


def _validity(start: str | None, end: str | None) -> "tuple[datetime, datetime | None]":
    from datetime import UTC, datetime

    from spanlake.cli.since import parse_since

    now = datetime.now(UTC)
    return (
        now if start is None else parse_since(start, now=now, flag="--from"),
        None if end is None else parse_since(end, now=now, flag="--to"),
    )


def _record(terms: "PriceTerms", data: str | None, output_format: str) -> None:
    from spanlake.cli.catalog import open_catalog
    from spanlake.cli.prices.table import price_table
    from spanlake.storage.catalog.price_row import PriceRow
    from spanlake.storage.catalog.prices import record_prices

    with open_catalog(data) as catalog:
        made = [PriceRow.of(price) for price in record_prices(catalog, [terms])]
    if output_format == "json":
        print_json(made)
    elif made:
        console().print(price_table(made))
    else:
        typer.echo("nothing is recorded: this is so already", err=True)
