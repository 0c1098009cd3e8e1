"""`spanlake prices list` and `history`."""

from typing import TYPE_CHECKING, Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, console, print_json
from spanlake.cli.prices.options import AsOf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spanlake.semconv.custom_prices import CustomPrice


def list_(
    *, as_of: AsOf = None, data: DataOption = None, output_format: FormatOption = "table"
) -> None:
    """The custom prices in force; all others are built in (`spanlake prices show MODEL`)."""
    from datetime import UTC, datetime

    from spanlake.cli.catalog import open_catalog
    from spanlake.cli.since import parse_since
    from spanlake.semconv.custom_prices import in_force
    from spanlake.storage.catalog.prices import list_prices

    now = datetime.now(UTC)
    moment = now if as_of is None else parse_since(as_of, now=now, flag="--as-of")
    with open_catalog(data) as catalog:
        found = in_force(list_prices(catalog), moment)
    _print(found, output_format)


def history(
    model: Annotated[
        str | None, typer.Argument(metavar="[MODEL]", help="Only this one, as it was set.")
    ] = None,
    *,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Every custom price that was ever recorded, the last one first."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.prices import list_prices

    with open_catalog(data) as catalog:
        recorded = list_prices(catalog)
    chosen = [
        price for price in recorded if model is None or price.terms.model == model.strip().lower()
    ]
    _print(chosen[::-1], output_format)


def _print(prices: "Sequence[CustomPrice]", output_format: str) -> None:
    from spanlake.cli.prices.table import price_table
    from spanlake.storage.catalog.price_row import PriceRow

    rows = [PriceRow.of(price) for price in prices]
    if output_format == "json":
        print_json(rows)
    elif rows:
        console().print(price_table(rows))
    else:
        typer.echo("no custom prices; `spanlake prices set` makes one", err=True)
