"""`spanlake prices import`."""

from pathlib import Path
from typing import Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, print_json
from spanlake.quantities import counted


def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV or JSON, with columns of the view prices.")
    ],
    *,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Record all prices of a file, or none if one of them is wrong; again, it changes nothing."""
    from datetime import UTC, datetime

    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.price_file import read_price_file
    from spanlake.storage.catalog.price_row import PriceRow
    from spanlake.storage.catalog.prices import record_prices

    terms = read_price_file(file, now=datetime.now(UTC))
    with open_catalog(data) as catalog:
        made = record_prices(catalog, terms)
    if output_format == "json":
        print_json([PriceRow.of(price) for price in made])
    else:
        typer.echo(f"recorded {counted(len(made), 'price')}; {len(terms) - len(made):,} were so")
