"""`--since` as how long ago, or as a date."""

from datetime import UTC, datetime

import pytest

from spanlake.cli.since import parse_since
from spanlake.errors import UserError

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90s", "2026-11-21T11:58:30+00:00"),
        ("30m", "2026-11-21T11:30:00+00:00"),
        ("24h", "2026-11-20T12:00:00+00:00"),
        ("7d", "2026-11-14T12:00:00+00:00"),
        ("2w", "2026-11-07T12:00:00+00:00"),
        ("2026-11-01", "2026-11-01T00:00:00+00:00"),
        ("2026-11-01T08:30:00Z", "2026-11-01T08:30:00+00:00"),
        ("2026-11-01T08:30+09:00", "2026-11-01T08:30:00+09:00"),
    ],
)
def test_moments(text: str, moment: str) -> None:
    """Seconds to weeks count back from now; a time without a zone is in UTC."""
    assert parse_since(text, now=NOW).isoformat() == moment


@pytest.mark.parametrize("text", ["", "7", "d7", "-7d", "7 d", "yesterday", "999999w"])
def test_anything_else_is_refused(text: str) -> None:
    """What is neither is the user's mistake, quoted with the rule."""
    with pytest.raises(UserError, match=f"^--since is {text}: must be how long ago, such as"):
        parse_since(text, now=NOW)
