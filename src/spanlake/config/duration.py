"""Durations as Go, and so the Collector, writes them: 500ms, 30s, 1m30s, 1h. Days as well: 30d."""

import re
from decimal import Decimal

_UNITS = {  # seconds
    "ns": Decimal("1e-9"),
    "us": Decimal("1e-6"),
    "µs": Decimal("1e-6"),
    "ms": Decimal("1e-3"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86_400),
}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ns|us|µs|ms|s|m|h|d)")
_DURATION = re.compile(rf"(?:{_PART.pattern})+")
_LONGEST = Decimal(3650 * 86_400)  # ten years: beyond it is a slip of the keyboard


def parse_duration(value: object) -> float:
    """Seconds from text with units, or from a number of seconds; ValueError tells the rule."""
    seconds = _read(value)
    if seconds is None:
        raise ValueError("must be a duration such as 500ms, 30s or 1m30s, or a number of seconds")
    if seconds > _LONGEST:
        raise ValueError("must be at most 3650d")
    return float(seconds)


def format_duration(seconds: float) -> str:
    """Write seconds (0 or more) in the largest of h, s and ms that keeps them exact."""
    exact = Decimal(str(seconds))
    if exact and exact % _UNITS["h"] == 0:
        return f"{exact / _UNITS['h']:.0f}h"
    if exact % 1 == 0:
        return f"{exact:.0f}s"
    return f"{(exact * 1000).normalize():f}ms"


def _read(value: object) -> Decimal | None:
    """Read the seconds that a YAML value means, exactly; None if it is no duration."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return Decimal(str(value))
    if not isinstance(value, str) or not _DURATION.fullmatch(value):
        return None
    parts = (Decimal(number) * _UNITS[unit] for number, unit in _PART.findall(value))
    return sum(parts, Decimal(0))
