"""Sizes, times and lengths as the pages write them; the rest is as `spanlake.quantities` has it."""

from datetime import UTC, datetime

from spanlake.quantities import UNKNOWN, cost, counted, duration, number, tokens

__all__ = [
    "UNKNOWN",
    "cost",
    "counted",
    "duration",
    "iso",
    "number",
    "percent",
    "size",
    "tokens",
    "utc",
]

_BYTE_STEP = 1024


def size(count: int) -> str:
    """512 B, 3.4 MiB."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < _BYTE_STEP:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= _BYTE_STEP
    return f"{amount:.1f} TiB"


def iso(moment: datetime) -> str:
    """As the attribute `datetime` of a <time> has it; a script puts it in the reader's zone."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def utc(moment: datetime) -> str:
    """2026-11-21 07:49:10.123 UTC: what stands there until a script, if any, knows the zone."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d} UTC"


def percent(share: float) -> str:
    """A length in an SVG, such as 12.34%."""
    return f"{min(max(share, 0.0), 1.0) * 100:.2f}%"
