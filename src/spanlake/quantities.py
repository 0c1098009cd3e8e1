"""Quantities as people read them; what is not known is a dash."""

import math
from datetime import UTC, datetime

UNKNOWN = "\N{EN DASH}"
_SECOND_MS = 1_000.0
_MINUTE_MS = 60_000.0


def duration(milliseconds: float | None) -> str:
    """0.42 ms, 312 ms, 1.24 s, 2 min 05 s, 3 h 20 min."""
    if milliseconds is None:
        return UNKNOWN
    if milliseconds < 1:
        return f"{milliseconds:.2g} ms"
    if milliseconds < _SECOND_MS:
        return f"{milliseconds:.0f} ms"
    if milliseconds < _MINUTE_MS:
        return f"{milliseconds / _SECOND_MS:.2f} s"
    minutes, seconds = divmod(round(milliseconds / _SECOND_MS), 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours:,} h {rest:02} min" if hours else f"{minutes} min {seconds:02} s"


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


def moment(time: datetime | None) -> str:
    """2026-11-21 07:49:10Z."""
    return UNKNOWN if time is None else f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"


def counted(count: int, noun: str) -> str:
    """1 span, 2 spans."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def number(value: float | None) -> str:
    """1,204."""
    return UNKNOWN if value is None else f"{value:,}"
