"""The pass rate people would find, from a judge's verdicts on all rows and labels on some.

A judge's raw pass rate is off by its errors. Two corrections, and what each takes for granted:

- prediction-powered, post-stratified on the verdict (Angelopoulos et al. 2023; for a judge of pass
  and fail its most efficient form): the labelled rows are from the same population as all rows,
  chosen at random, or by looking at nothing but the verdict ("label 50 that it failed");
- Rogan & Gladen (1978): the labels may be of other rows, as long as the judge errs on those as it
  does here. Its interval is that of Lang & Reiczigel (2014).

The first is the default: it needs less of the judge (Rogan-Gladen divides by TPR + TNR - 1), has
the narrower interval, and holds for labels that were sought where the judge said "fail".
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from spanlake.evaluation.statistics.estimate import (
    LEVEL,
    BoolArray,
    Estimate,
    Interval,
    quantile_of,
)
from spanlake.evaluation.statistics.proportions import wilson

Method = Literal["prediction_powered", "rogan_gladen"]


@dataclass(frozen=True, slots=True)
class CorrectedRate:
    """raw: as the judge says. corrected: as people would say, None where it cannot be known."""

    raw: Estimate
    corrected: Estimate
    labels: int


def corrected_pass_rate(
    judged: BoolArray,
    labelled_judge: BoolArray,
    labelled_human: BoolArray,
    *,
    method: Method = "prediction_powered",
    level: float = LEVEL,
) -> CorrectedRate:
    """Correct a judge's pass rate.

    judged: its verdicts on all rows, shape (rows,), the labelled ones among them if they are of the
    same population. labelled_judge, labelled_human: both verdicts on the labelled rows. Rows are
    taken to be independent; where they hang together, the interval is too narrow.
    """
    raw = wilson(int(judged.sum()), len(judged), level)
    if method == "prediction_powered":
        corrected = _post_stratified(raw, labelled_judge, labelled_human)
    else:
        corrected = _rogan_gladen(raw, labelled_judge, labelled_human)
    return CorrectedRate(raw, corrected, len(labelled_human))


def _post_stratified(raw: Estimate, judge: BoolArray, human: BoolArray) -> Estimate:
    """The people's pass rate among the judge's passes and fails, in the shares it gives them."""
    passed = wilson(int(human[judge].sum()), int(judge.sum()), raw.level)
    failed = wilson(int(human[~judge].sum()), int((~judge).sum()), raw.level)
    share = raw.value
    if share is None or raw.interval is None:
        return _unknown(raw, "nothing was judged")
    if passed.value is None and share > 0:
        return _unknown(raw, "no label on a row that the judge passed")
    if failed.value is None and share < 1:
        return _unknown(raw, "no label on a row that the judge failed")
    top, bottom = passed.value or 0.0, failed.value or 0.0
    value = share * top + (1 - share) * bottom
    # Each part alone would move the rate so far; independent errors add up as squares (MOVER).
    parts = [(share, passed), (1 - share, failed), (top - bottom, raw)]
    below, above = 0.0, 0.0
    for weight, part in parts:
        if part.value is None or part.interval is None:
            continue
        down, up = part.value - part.interval.low, part.interval.high - part.value
        if weight < 0:
            down, up = up, down
        below += (weight * down) ** 2
        above += (weight * up) ** 2
    interval = Interval(max(0.0, value - math.sqrt(below)), min(1.0, value + math.sqrt(above)))
    method = "prediction-powered, post-stratified"
    return Estimate(value, interval, method, len(human), raw.level)


def _rogan_gladen(raw: Estimate, judge: BoolArray, human: BoolArray) -> Estimate:
    positives, negatives = int(human.sum()), int((~human).sum())
    if raw.value is None:
        return _unknown(raw, "nothing was judged")
    if not positives or not negatives:
        missing = "passed" if not positives else "failed"
        return _unknown(raw, f"no label on a row that people {missing}")
    right, rejected = int(judge[human].sum()), int((~judge[~human]).sum())
    tpr, tnr = right / positives, rejected / negatives
    if tpr + tnr <= 1:
        return _unknown(raw, "the judge is no better than chance")
    value = (raw.value + tnr - 1) / (tpr + tnr - 1)
    interval = _lang_reiczigel(raw, (right, positives), (rejected, negatives))
    return Estimate(min(1.0, max(0.0, value)), interval, "Rogan-Gladen", len(human), raw.level)


def _lang_reiczigel(
    raw: Estimate, positives: tuple[int, int], negatives: tuple[int, int]
) -> Interval:
    """The interval of Lang & Reiczigel (2014), from (right verdicts, labels) of either kind."""
    z = quantile_of(raw.level)
    rate = ((raw.value or 0.0) * raw.count + z * z / 2) / (raw.count + z * z)
    (tpr, positive), (tnr, negative) = (
        ((right + 1) / (count + 2), count + 2) for right, count in (positives, negatives)
    )
    youden = tpr + tnr - 1
    value = (rate + tnr - 1) / youden
    of_tpr, of_tnr = tpr * (1 - tpr) / positive, tnr * (1 - tnr) / negative
    shift = 2 * z * z * (value * of_tpr - (1 - value) * of_tnr)
    variance = rate * (1 - rate) / (raw.count + z * z)
    variance += value**2 * of_tpr + (1 - value) ** 2 * of_tnr
    spread = z * math.sqrt(variance) / youden
    return Interval(*(float(np.clip(value + shift + side, 0, 1)) for side in (-spread, spread)))


def _unknown(raw: Estimate, why: str) -> Estimate:
    return Estimate(None, None, why, 0, raw.level)
