"""The pass rate people would find, from a judge's verdicts and some labels."""

import numpy as np
import pytest

from spanlake.evaluation.statistics import CorrectedRate, corrected_pass_rate
from spanlake.evaluation.statistics.agreement.pass_rate import Method
from spanlake.evaluation.statistics.estimate import BoolArray


def mixed(*counts: tuple[bool, bool, int]) -> tuple[BoolArray, BoolArray]:
    """Labels: (judge, human, how many)."""
    judge = np.repeat([judge for judge, _, _ in counts], [n for _, _, n in counts])
    human = np.repeat([human for _, human, _ in counts], [n for _, _, n in counts])
    return judge, human


def passing(count: int, of: int) -> BoolArray:
    return np.arange(of) < count


def test_rogan_gladen_is_the_published_example() -> None:
    """Lee et al. (2025), How to Correctly Report LLM-as-a-Judge Evaluations, usage example.

    A raw rate of 0.4 with TPR 0.9 and TNR 0.7 is a rate of (0.4 + 0.7 - 1) / (0.9 + 0.7 - 1) = 1/6.
    """
    labels = mixed((True, True, 180), (False, True, 20), (False, False, 140), (True, False, 60))
    rate = corrected_pass_rate(passing(400, 1000), *labels, method="rogan_gladen")
    assert rate.corrected.value == pytest.approx(1 / 6)
    assert rate.raw.value == 0.4


def test_its_interval_is_that_of_lang_and_reiczigel() -> None:
    """Their formula written out for the numbers of the example above, adding 1 and 1 of 2."""
    z = 1.959963984540054
    rate, positives, negatives = (400 + z * z / 2) / (1000 + z * z), 181 / 202, 141 / 202
    value = (rate + negatives - 1) / (positives + negatives - 1)
    a, b = positives * (1 - positives) / 202, negatives * (1 - negatives) / 202
    error = np.sqrt(rate * (1 - rate) / (1000 + z * z) + value**2 * a + (1 - value) ** 2 * b)
    centre = value + 2 * z * z * (value * a - (1 - value) * b)
    spread = z * error / (positives + negatives - 1)
    labels = mixed((True, True, 180), (False, True, 20), (False, False, 140), (True, False, 60))
    got = corrected_pass_rate(passing(400, 1000), *labels, method="rogan_gladen").corrected
    assert (got.low, got.high) == pytest.approx((centre - spread, centre + spread))


def test_prediction_powered_weighs_what_people_say_of_each_verdict() -> None:
    """80 % judged passes of which people pass 90 %, 20 % fails of which they pass 25 %: 77 %."""
    labels = mixed((True, True, 90), (True, False, 10), (False, True, 5), (False, False, 15))
    rate = corrected_pass_rate(passing(800, 1000), *labels)
    assert rate.corrected.value == pytest.approx(0.8 * 0.9 + 0.2 * 0.25)
    assert rate.corrected.method == "prediction-powered, post-stratified"
    assert rate.labels == 120


def test_it_equals_the_labels_alone_where_all_rows_are_labelled() -> None:
    """Nothing is predicted, so the corrected rate is the people's."""
    judge, human = mixed((True, True, 30), (True, False, 10), (False, True, 5), (False, False, 15))
    rate = corrected_pass_rate(judge, judge, human)
    assert rate.corrected.value == pytest.approx(35 / 60)


def test_labels_sought_among_fails_do_not_mislead_it() -> None:
    """Labelling only rows of each verdict in equal number leaves the estimate where it was."""
    random = np.random.default_rng(0)
    human = random.random(20_000) < 0.8
    judge = np.where(human, random.random(20_000) < 0.9, random.random(20_000) < 0.3)
    passed, failed = np.flatnonzero(judge)[:400], np.flatnonzero(~judge)[:400]
    chosen = np.concatenate([passed, failed])
    rate = corrected_pass_rate(judge, judge[chosen], human[chosen]).corrected
    assert rate.value == pytest.approx(human.mean(), abs=0.03)
    assert rate.interval is not None
    assert rate.interval.holds(float(human.mean()))


def test_a_perfect_judge_still_has_doubt() -> None:
    """Fifty labels that all agree do not make the interval as narrow as the raw one."""
    labels = mixed((True, True, 40), (False, False, 10))
    for method in ("prediction_powered", "rogan_gladen"):
        rate = corrected_pass_rate(passing(8000, 10_000), *labels, method=method)
        assert rate.corrected.value == pytest.approx(0.8)
        assert width(rate) > 0.05


def width(rate: CorrectedRate) -> float:
    assert rate.corrected.interval is not None
    return rate.corrected.interval.high - rate.corrected.interval.low


@pytest.mark.parametrize(
    ("method", "labels", "why"),
    [
        ("prediction_powered", mixed((True, True, 9)), "no label on a row that the judge failed"),
        ("prediction_powered", mixed((False, True, 9)), "no label on a row that the judge passed"),
        ("rogan_gladen", mixed((True, True, 9)), "no label on a row that people failed"),
        ("rogan_gladen", mixed((True, False, 9)), "no label on a row that people passed"),
        (
            "rogan_gladen",
            mixed((True, True, 5), (False, True, 5), (True, False, 6), (False, False, 4)),
            "the judge is no better than chance",
        ),
    ],
)
def test_what_cannot_be_known_is_none_with_its_reason(
    method: Method, labels: tuple[BoolArray, BoolArray], why: str
) -> None:
    """Labels that say nothing of one side, or a judge of no use, give no number."""
    rate = corrected_pass_rate(passing(50, 100), *labels, method=method)
    assert (rate.corrected.value, rate.corrected.method) == (None, why)


@pytest.mark.parametrize("method", ["prediction_powered", "rogan_gladen"])
def test_nothing_judged_is_no_rate(method: Method) -> None:
    """Without verdicts there is no raw rate and no corrected one."""
    labels = mixed((True, True, 5), (False, False, 5))
    rate = corrected_pass_rate(passing(0, 0), *labels, method=method)
    assert (rate.raw.value, rate.corrected.value) == (None, None)


def test_a_rate_stays_between_zero_and_one() -> None:
    """A raw rate below the judge's false alarms is corrected to 0, not below."""
    labels = mixed((True, True, 9), (False, True, 1), (False, False, 6), (True, False, 4))
    rate = corrected_pass_rate(passing(10, 100), *labels, method="rogan_gladen").corrected
    assert rate.value == 0.0
    assert rate.low == 0.0
