"""The BCa bootstrap of statistics of sums."""

import numpy as np
import pytest
from scipy import stats

from spanlake.evaluation.statistics.bootstrap import (
    MAX_UNITS,
    bootstrap,
    bootstrap_estimate,
    sums_by,
)
from spanlake.evaluation.statistics.estimate import FloatArray, t_quantile_of
from spanlake.evaluation.statistics.resampling import Resampling

SPATIAL = "48 36 20 29 42 42 20 42 22 41 45 14 6 0 33 28 34 4 32 24 47 41 24 26 30 41"


def rows(values: FloatArray) -> FloatArray:
    return np.stack([values, np.ones(len(values))], axis=1)


def test_it_is_the_published_interval_of_a_variance() -> None:
    """Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 14: spatial test data.

    The variance of the 26 scores is 171.5, its 90 % BCa interval (115.8, 259.6) from 2,000
    resamples, with an acceleration of 0.061 and a bias correction of 0.146.
    """
    values = np.array(SPATIAL.split(), dtype=np.float64)
    units = np.stack([np.ones(26), values, values**2], axis=1)

    def variance(sums: FloatArray) -> FloatArray:
        return np.asarray(sums[:, 2] / sums[:, 0] - (sums[:, 1] / sums[:, 0]) ** 2)

    resampled = bootstrap(units, variance)
    interval = resampled.interval(0.90, widened=False)
    assert interval is not None
    assert resampled.estimate == pytest.approx(171.5, abs=0.05)
    assert resampled.acceleration == pytest.approx(0.061, abs=5e-4)
    assert resampled.bias == pytest.approx(0.146, abs=0.05)
    assert interval.low == pytest.approx(115.8, abs=4)
    assert interval.high == pytest.approx(259.6, abs=6)


@pytest.mark.parametrize("count", [12, 300])
def test_it_agrees_with_scipy(count: int) -> None:
    """For a skewed mean the bounds are scipy's, as far as two sets of random draws can agree."""
    values = np.random.default_rng(5).lognormal(size=count)
    ours = bootstrap(rows(values)).interval(widened=False)
    theirs = stats.bootstrap((values,), np.mean, method="BCa", rng=1, batch=500)
    assert ours is not None
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs.confidence_interval), rel=0.03)


@pytest.mark.parametrize("freedom", [5, 9, 30, 1000])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_students_quantiles_agree_with_scipy(level: float, freedom: int) -> None:
    """To a percent, from five degrees of freedom up."""
    expected = stats.t.ppf(0.5 + level / 2, freedom)
    assert t_quantile_of(level, freedom) == pytest.approx(expected, rel=0.01)


def test_an_interval_of_few_units_is_wider_than_plain_bca() -> None:
    """By about a seventh for twelve units, by nothing to speak of for a thousand."""
    random = np.random.default_rng(0)
    widths = []
    for count in (12, 1000):
        resampled = bootstrap(rows(random.normal(size=count)))
        plain, wide = resampled.interval(widened=False), resampled.interval()
        assert plain is not None
        assert wide is not None
        widths.append((wide.high - wide.low) / (plain.high - plain.low))
    assert widths == pytest.approx([1.17, 1.0], abs=0.06)


@pytest.mark.parametrize("seed", range(20))
def test_bounds_of_a_handful_of_skewed_units_are_in_order(seed: int) -> None:
    """However skewed three units are, the bounds lie around the mean, within the replicates."""
    values = np.random.default_rng(seed).lognormal(sigma=3, size=3)
    interval = bootstrap_estimate(rows(values)).interval
    assert interval is not None
    bounds = np.array([values.min(), interval.low, values.mean(), interval.high, values.max()])
    assert (np.diff(bounds) >= -1e-9 * values.max()).all()


def test_few_distinct_values_are_drawn_as_counts_to_the_same_effect() -> None:
    """Passes and fails of 2,000 rows, drawn as multinomial counts, spread as theory says."""
    values = np.repeat([0.0, 1.0], [600, 1400])
    resampled = bootstrap(rows(values))
    assert resampled.standard_error == pytest.approx(np.sqrt(0.7 * 0.3 / 2000), rel=0.03)


def test_more_units_than_the_limit_are_summed_in_blocks_that_vary_as_much() -> None:
    """The standard error over 40,000 units is that of theory, though fewer blocks are drawn."""
    values = np.random.default_rng(2).exponential(size=8 * MAX_UNITS)
    resampled = bootstrap(rows(values), resampling=Resampling(resamples=2000))
    assert resampled.standard_error == pytest.approx(values.std() / np.sqrt(len(values)), rel=0.06)
    assert resampled.units == len(values)


def test_the_same_seed_gives_the_same_bounds_in_any_order_of_rows() -> None:
    """Results repeat exactly, whatever order the rows came in; another seed draws anew."""
    random = np.random.default_rng(3)
    values = random.normal(size=50)
    first, again = bootstrap_estimate(rows(values)), bootstrap_estimate(rows(values[::-1].copy()))
    assert first == again
    assert bootstrap_estimate(rows(values), resampling=Resampling(seed=1)) != first


@pytest.mark.parametrize("count", [0, 1, 2, 30])
def test_values_that_are_all_alike_have_a_mean_and_no_interval(count: int) -> None:
    """Nothing varies, so nothing can be said of what might: None, with the reason in words."""
    estimate = bootstrap_estimate(rows(np.full(count, 0.3)))
    assert estimate.interval is None
    assert estimate.value == (None if count == 0 else pytest.approx(0.3))
    assert estimate.method.startswith("no")


def test_clusters_that_hang_together_widen_the_interval() -> None:
    """Ten sessions of twenty equal rows know as much as ten rows, not as two hundred."""
    sessions = np.random.default_rng(4).normal(size=10)
    values, session = np.repeat(sessions, 20), np.repeat(np.arange(10), 20)
    by_row = bootstrap(rows(values)).standard_error
    by_session = bootstrap(sums_by(rows(values), session, 10)).standard_error
    assert by_session == pytest.approx(by_row * np.sqrt(20), rel=0.05)


def test_replicates_without_a_value_are_left_out() -> None:
    """A ratio whose denominator may be resampled to zero still gets its interval."""
    units = np.array([[1.0, 1.0], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
    resampled = bootstrap(units)
    assert resampled.estimate == 0.5
    assert len(resampled.replicates) < Resampling().resamples
    assert np.isfinite(resampled.replicates).all()
