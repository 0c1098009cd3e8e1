"""Score intervals of proportions and of paired differences."""

import math

import pytest
from statsmodels.stats.proportion import proportion_confint

from spanlake.evaluation.statistics.proportions import (
    tango_interval,
    tango_statistic,
    wilson,
)


@pytest.mark.parametrize(
    ("successes", "count", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_is_the_published_interval(
    successes: int, count: int, low: float, high: float
) -> None:
    """Newcombe (1998), Two-sided confidence intervals for the single proportion, table I."""
    interval = wilson(successes, count).interval
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("successes", "count"), [(0, 1), (1, 1), (3, 7), (500, 999), (40, 40)])
def test_wilson_agrees_with_statsmodels(successes: int, count: int, level: float) -> None:
    """The bounds are those of statsmodels' proportion_confint."""
    interval = wilson(successes, count, level).interval
    assert interval is not None
    expected = proportion_confint(successes, count, alpha=1 - level, method="wilson")
    assert (interval.low, interval.high) == pytest.approx(expected, abs=1e-12)


def test_wilson_of_nothing_has_no_value() -> None:
    """Without a single row there is neither a share nor an interval, and no crash."""
    estimate = wilson(0, 0)
    assert (estimate.value, estimate.interval, estimate.count) == (None, None, 0)


@pytest.mark.parametrize(
    ("counts", "level", "low", "high"),
    [((1, 7, 21), 0.95, -0.517, -0.026), ((28, 25, 618), 0.90, -0.0148, 0.0247)],
)
def test_tango_is_the_published_interval(
    counts: tuple[int, int, int], level: float, low: float, high: float
) -> None:
    """Fagerland, Lydersen & Laake (2014), and R's PropCIs::scoreci.mp(25, 28, 618)."""
    interval = tango_interval(*counts, level)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=6e-4)


def test_the_score_statistic_at_no_difference_is_mcnemars() -> None:
    """Agresti, Categorical Data Analysis, 10.1: approval ratings give a z squared of 17.36."""
    assert tango_statistic(86, 150, 1600, 0.0) ** 2 == pytest.approx(17.36, abs=5e-3)


@pytest.mark.parametrize(("gains", "losses"), [(0, 0), (5, 0), (3, 9), (0, 12)])
def test_the_bounds_are_where_the_statistic_is_the_quantile(gains: int, losses: int) -> None:
    """At either bound the score statistic is 1.96 in size; beyond a difference of 1 is nothing."""
    interval = tango_interval(gains, losses, 12)
    for bound in (interval.low, interval.high):
        assert -1 <= bound <= 1
        if abs(bound) < 1:
            assert abs(tango_statistic(gains, losses, 12, bound)) == pytest.approx(1.96, abs=1e-3)


def test_pairs_without_a_difference_still_leave_doubt() -> None:
    """Fifty pairs that all agree do not prove that none ever differs."""
    interval = tango_interval(0, 0, 50)
    assert interval.low == pytest.approx(-interval.high)
    assert math.isclose(interval.high, 0.0713, abs_tol=1e-4)
