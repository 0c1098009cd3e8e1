"""Whether intervals hold the truth as often as they say, and tests alarm as seldom as they say.

docs/statistics.md quotes these numbers.
"""

from collections.abc import Callable

import numpy as np
import pytest
from verdict_frames import frame, run

from spanlake.evaluation.statistics import Change, Resampling, compare, corrected_pass_rate
from spanlake.evaluation.statistics.agreement.kappa import cell_rows, kappa_of
from spanlake.evaluation.statistics.agreement.pass_rate import Method
from spanlake.evaluation.statistics.bootstrap import bootstrap_estimate, sums_by
from spanlake.evaluation.statistics.estimate import FloatArray, Interval
from spanlake.evaluation.statistics.paired_tests import mcnemar, sign_flip, wilcoxon
from spanlake.evaluation.statistics.proportions import tango_interval, wilson

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
QUICK = Resampling(resamples=1000)
Draw = Callable[[np.random.Generator], Interval | None]


def covered(draw: Draw, truth: float, worlds: int = 2000) -> float:
    """The share of made-up worlds whose interval holds the truth; none given counts as missed."""
    random = np.random.default_rng(0)
    found = [draw(random) for _ in range(worlds)]
    return float(np.mean([interval is not None and interval.holds(truth) for interval in found]))


def rows(values: FloatArray) -> FloatArray:
    return np.stack([values, np.ones(len(values))], axis=1)


@pytest.mark.parametrize(("rate", "count"), [(0.5, 30), (0.9, 30), (0.9, 200), (0.98, 100)])
def test_wilson_covers(rate: float, count: int) -> None:
    """95 % intervals of pass rates hold the rate in at least 92 % of samples."""
    share = covered(
        lambda random: wilson(random.binomial(count, rate), count).interval, rate, 20_000
    )
    assert 0.92 <= share <= 0.99


@pytest.mark.parametrize(
    ("gain", "loss", "count"), [(0.1, 0.1, 50), (0.15, 0.05, 100), (0.02, 0.01, 200)]
)
def test_tango_covers(gain: float, loss: float, count: int) -> None:
    """Intervals of paired differences hold the difference, also where few pairs differ."""

    def draw(random: np.random.Generator) -> Interval:
        gains, losses, _ = random.multinomial(count, [gain, loss, 1 - gain - loss])
        return tango_interval(int(gains), int(losses), count)

    assert 0.93 <= covered(draw, gain - loss) <= 0.99


@pytest.mark.parametrize(("count", "least"), [(10, 0.80), (30, 0.87), (100, 0.91), (400, 0.92)])
def test_bca_covers_a_skewed_mean_the_better_the_more_there_is(count: int, least: float) -> None:
    """Log-normal latencies: too narrow for ten records, honest for hundreds."""

    def draw(random: np.random.Generator) -> Interval | None:
        return bootstrap_estimate(rows(random.lognormal(size=count)), resampling=QUICK).interval

    assert covered(draw, float(np.exp(0.5)), worlds=1000) >= least


def test_bca_of_sessions_covers_where_that_of_rows_does_not() -> None:
    """Forty sessions of ten rows that hang together: by session it holds, by row it does not."""

    def world(random: np.random.Generator) -> FloatArray:
        return np.repeat(random.normal(size=40), 10) + random.normal(size=400)

    def by_session(random: np.random.Generator) -> Interval | None:
        units = sums_by(rows(world(random)), np.repeat(np.arange(40), 10), 40)
        return bootstrap_estimate(units, resampling=QUICK).interval

    def by_row(random: np.random.Generator) -> Interval | None:
        return bootstrap_estimate(rows(world(random)), resampling=QUICK).interval

    assert covered(by_session, 0.0, worlds=1000) >= 0.91
    assert covered(by_row, 0.0, worlds=200) <= 0.70


def test_the_interval_of_kappa_covers() -> None:
    """For 150 pairs of a judge that is right in 85 % of cases."""
    chance = np.array([[0.30, 0.05], [0.10, 0.55]])
    kappa = kappa_of(np.array([0.0, 1.0]))
    truth = float(kappa(chance.reshape(1, -1))[0])

    def draw(random: np.random.Generator) -> Interval | None:
        judge, human = np.divmod(random.choice(4, size=150, p=chance.ravel()), 2)
        return bootstrap_estimate(cell_rows(judge, human, 2), kappa, QUICK).interval

    assert covered(draw, truth) >= 0.92


@pytest.mark.parametrize("method", ["prediction_powered", "rogan_gladen"])
@pytest.mark.parametrize(("rate", "labels"), [(0.8, 100), (0.95, 200), (0.5, 60)])
def test_a_corrected_pass_rate_covers_where_the_raw_one_does_not(
    method: Method, rate: float, labels: int
) -> None:
    """A judge that passes 95 % of the good and 25 % of the bad, with labels on some rows."""

    def judged(random: np.random.Generator, raw: bool) -> Interval | None:  # noqa: FBT001, local
        human = random.random(2000) < rate
        judge = np.where(human, random.random(2000) < 0.95, random.random(2000) < 0.25)
        result = corrected_pass_rate(judge, judge[:labels], human[:labels], method=method)
        return result.raw.interval if raw else result.corrected.interval

    assert covered(lambda random: judged(random, False), rate) >= 0.92
    if rate != 0.8:  # there the judge's two errors cancel out
        assert covered(lambda random: judged(random, True), rate) <= 0.85


def test_tests_alarm_as_seldom_as_they_say() -> None:
    """Runs that do not differ are called different in at most about 5 % of worlds."""
    random = np.random.default_rng(0)
    alarms = {"mcnemar": 0, "wilcoxon": 0, "sign_flip": 0, "few": 0}
    for _ in range(2000):
        discordant = random.binomial(60, 0.3)
        gains = random.binomial(discordant, 0.5)
        alarms["mcnemar"] += mcnemar(int(gains), int(discordant - gains)).p_value < 0.05
        ratings = random.integers(-2, 3, size=40).astype(np.float64)
        alarms["wilcoxon"] += wilcoxon(ratings).p_value < 0.05
        latency = random.lognormal(size=80) - random.lognormal(size=80)
        alarms["sign_flip"] += sign_flip(latency, resamples=999).p_value < 0.05
        alarms["few"] += sign_flip(random.normal(size=7)).p_value < 0.05
    assert max(alarms.values()) / 2000 <= 0.062


def test_ten_scorers_together_alarm_as_seldom_as_one() -> None:
    """After Holm a run that does not differ is called different on any scorer in at most 5 %."""
    random = np.random.default_rng(0)
    names = [f"s{number}" for number in range(10)]
    false_alarms = 0
    for _ in range(100):
        baseline, candidate = (
            run(label, *(frame(name, (random.random(80) < 0.8).tolist()) for name in names))
            for label in "AB"
        )
        (compared,) = compare(baseline, [candidate], resampling=QUICK).runs
        false_alarms += any(scorer.change is not Change.UNCLEAR for scorer in compared.scorers)
    assert false_alarms <= 10
