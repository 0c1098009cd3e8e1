"""A moment, as `--since` and others have it: how long ago it was, or a date."""

import re
from datetime import UTC, datetime, timedelta

from spanlake.errors import UserError

_AGO = re.compile(r"(?P<number>[0-9]{1,6})(?P<unit>[smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_since(text: str, *, now: datetime, flag: str = "--since") -> datetime:
    """Read 90s, 30m, 24h, 7d, 2w, or a date or time in ISO 8601 (UTC unless it says otherwise).

    flag: what it was typed as.
    """
    ago = _AGO.fullmatch(text)
    try:
        if ago:
            return now - timedelta(**{_UNITS[ago["unit"]]: int(ago["number"])})
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise UserError(
            f"{flag} is {text}: must be how long ago, such as 30m, 24h or 7d, "
            "or a date such as 2026-11-21"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
