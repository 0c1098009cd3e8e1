"""Quantities as the pages write them; what is not known is a dash."""

import math
from datetime import UTC, datetime

UNKNOWN = "\N{EN DASH}"
_SECOND_MS = 1_000.0
_MINUTE_MS = 60_000.0
_HOUR_MS = 3_600_000.0
_BYTE_STEP = 1024


def duration(milliseconds: float | None) -> str:
    """0.42 ms, 312 ms, 1.24 s, 2 min 05 s, 3 h 20 min."""
    if milliseconds is None:
        return UNKNOWN
    if milliseconds == 0:
        return "0 ms"
    if milliseconds < 1:
        return f"{milliseconds:.2g} ms"
    if milliseconds < _SECOND_MS:
        return f"{milliseconds:.0f} ms"
    if milliseconds < _MINUTE_MS:
        return f"{milliseconds / _SECOND_MS:.2f} s"
    if milliseconds < _HOUR_MS:
        minutes, rest = divmod(milliseconds, _MINUTE_MS)
        return f"{minutes:.0f} min {rest / _SECOND_MS:02.0f} s"
    hours, rest = divmod(milliseconds, _HOUR_MS)
    return f"{hours:,.0f} h {rest / _MINUTE_MS:02.0f} min"


def tokens(into: int | None, out_of: int | None) -> str:
    """1,204 → 318: into the model, and out of it."""
    if into is None and out_of is None:
        return UNKNOWN
    return f"{number(into)} → {number(out_of)}"


def cost(usd: float | None, unpriced_calls: int = 0) -> str:
    """$0.0041, with two digits that say something; a + where calls without a price come on top."""
    if usd is None:
        return "unpriced" if unpriced_calls else UNKNOWN
    more = "+" if unpriced_calls else ""
    if usd == 0 or usd >= 1:
        return f"${usd:,.2f}{more}"
    decimals = max(4, 1 - math.floor(math.log10(abs(usd))))
    return f"${usd:.{decimals}f}{more}"


def number(value: float | None) -> str:
    """1,204."""
    return UNKNOWN if value is None else f"{value:,}"


def counted(count: int, noun: str) -> str:
    """1 span, 2 spans."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


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
