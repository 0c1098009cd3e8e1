"""Quantities as people read them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from spanlake.quantities import UNKNOWN, cost, counted, duration, moment, tokens


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (None, UNKNOWN),
        (0, "0 ms"),
        (0.4239, "0.42 ms"),
        (312.4, "312 ms"),
        (999.6, "1000 ms"),
        (1240, "1.24 s"),
        (119_999, "2 min 00 s"),
        (125_000, "2 min 05 s"),
        (12_000_000, "3 h 20 min"),
        (1e12, "277,777 h 46 min"),
    ],
)
def test_durations(milliseconds: float | None, text: str) -> None:
    """A duration has the unit that suits its size."""
    assert duration(milliseconds) == text


@pytest.mark.parametrize(
    ("into", "out_of", "text"),
    [
        (1204, 318, "1,204 → 318"),
        (None, 5, f"{UNKNOWN} → 5"),
        (0, 0, "0 → 0"),
        (None, None, UNKNOWN),
    ],
)
def test_tokens(into: int | None, out_of: int | None, text: str) -> None:
    """Tokens are those into the model and those out of it."""
    assert tokens(into, out_of) == text


@pytest.mark.parametrize(
    ("usd", "unpriced", "text"),
    [
        (None, 0, UNKNOWN),
        (None, 2, "unpriced"),
        (0.0, 0, "$0.00"),
        (0.0041, 0, "$0.0041"),
        (0.0041, 1, "$0.0041+"),
        (0.00002149, 0, "$0.000021"),
        (0.25, 0, "$0.2500"),
        (1234.5, 0, "$1,234.50"),
    ],
)
def test_costs(usd: float | None, unpriced: int, text: str) -> None:
    """A cost keeps two digits that say something, and says when it is not the whole."""
    assert cost(usd, unpriced_calls=unpriced) == text


def test_moments_are_in_utc() -> None:
    """A moment is shown in UTC, wherever it was told."""
    noon = datetime(2026, 11, 21, 12, 0, 1, tzinfo=UTC)
    assert moment(noon.astimezone(timezone(timedelta(hours=9)))) == "2026-11-21 12:00:01Z"
    assert moment(None) == UNKNOWN


def test_counts_agree_with_their_nouns() -> None:
    """One is singular, everything else plural."""
    assert [counted(n, "span") for n in (0, 1, 1500)] == ["0 spans", "1 span", "1,500 spans"]
