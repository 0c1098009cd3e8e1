"""Prices as people read them."""

from typing import TYPE_CHECKING

from spanlake.cli.output import printable
from spanlake.quantities import UNKNOWN, moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from spanlake.storage.catalog.price_row import PriceRow


def usd(amount: float | None) -> str:
    """2.5, with all the digits it was given with."""
    return UNKNOWN if amount is None else f"{amount:.12g}"


def price_table(rows: "Iterable[PriceRow]") -> "Table":
    """A line a version: USD for a million tokens, and for a call."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("version", no_wrap=True)
    for heading in ("provider", "model"):
        table.add_column(heading, overflow="fold")
    for heading in ("input", "output", "cache read", "cache write", "request"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("from", "to"):
        table.add_column(heading, no_wrap=True)
    table.add_column("note")
    for row in rows:
        table.add_row(
            row.price_version,
            Text(printable(row.provider or "*")),
            Text(printable(row.model)),
            "withdrawn" if row.is_withdrawal else usd(row.input_mtok),
            usd(row.output_mtok),
            usd(row.cache_read_mtok),
            usd(row.cache_write_mtok),
            usd(row.request_usd),
            moment(row.valid_from),
            moment(row.valid_to),
            Text(printable(row.note or ""), no_wrap=True, overflow="ellipsis"),
        )
    return table
