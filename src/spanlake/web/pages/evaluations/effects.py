"""Differences between runs as a page draws them: a forest plot, row by row."""

from dataclasses import dataclass, replace

from spanlake.evaluation.statistics.comparison import (
    Change,
    RunComparison,
    ScorerComparison,
    SliceComparison,
)
from spanlake.evaluation.statistics.difference import Difference
from spanlake.evaluation.statistics.estimate import Kind
from spanlake.evaluation.statistics.wording import amount, change_amount, p_text
from spanlake.quantities import UNKNOWN
from spanlake.web.pages.evaluations.scores import Axis, Bar, drawn

_TONES = {Change.BETTER: "tone-good", Change.WORSE: "tone-bad"}
_ORDER = {Change.WORSE: 0, Change.BETTER: 1, Change.UNCLEAR: 2, Change.TOO_FEW: 3}
_ROOM = 1.08


@dataclass(frozen=True, slots=True)
class Effect:
    """A line of the plot, all in words and shares.

    blind: from where to where a change would probably not have been seen. part: the slice, "" for
    all records. worse_flips: records that passed and now fail; better_flips: the other way round.
    """

    scorer: str
    change: str
    interval: str
    bar: Bar
    zero: float
    blind: tuple[float, float] | None
    detectable: str
    units: int
    verdict: Change
    tone: str
    method: str
    is_less_better: bool
    part: str = ""
    baseline: str = ""
    candidate: str = ""
    p_value: str = ""
    pairs: int = 0
    worse_flips: int = 0
    better_flips: int = 0


def scorer_effects(run: RunComparison) -> tuple[Effect, ...]:
    """A line for each scorer, what is proven worse first."""
    rates = [each.difference for each in run.scorers if each.kind is Kind.BINARY]
    widest = max(map(_reach, rates), default=0.0)
    found = [_of_scorer(each, widest) for each in run.scorers]
    return tuple(sorted(found, key=lambda each: (_ORDER[each.verdict], each.scorer)))


def slice_effects(run: RunComparison) -> tuple[Effect, ...]:
    """A line for each scorer on each slice: proven regressions first, then the largest losses."""
    rates = [
        part.difference
        for scorer in run.scorers
        if scorer.kind is Kind.BINARY
        for part in scorer.slices
    ]
    widest = max(map(_reach, rates), default=0.0)
    found = [
        (_loss(scorer, part), _of_slice(scorer, part, widest))
        for scorer in run.scorers
        for part in scorer.slices
    ]
    ordered = sorted(found, key=lambda each: (_ORDER[each[1].verdict] > 0, each[0]))
    return tuple(effect for _, effect in ordered)


def _of_scorer(scorer: ScorerComparison, widest: float) -> Effect:
    plain = _effect(scorer, scorer.difference, scorer.change, widest)
    before, after = (
        UNKNOWN if each.value is None else amount(each.value, scorer)
        for each in (scorer.baseline, scorer.candidate)
    )
    return replace(
        plain,
        baseline=before,
        candidate=after,
        p_value=p_text(scorer.p_adjusted),
        pairs=scorer.pairs,
        worse_flips=sum(row.direction == "pass_to_fail" for row in scorer.flipped),
        better_flips=sum(row.direction == "fail_to_pass" for row in scorer.flipped),
    )


def _of_slice(scorer: ScorerComparison, part: SliceComparison, widest: float) -> Effect:
    return replace(
        _effect(scorer, part.difference, part.change, widest),
        part=f"{part.column} = {'none' if part.value is None else part.value}",
        p_value=p_text(part.p_adjusted),
        pairs=part.pairs,
    )


def _effect(
    scorer: ScorerComparison, difference: Difference, change: Change, widest: float
) -> Effect:
    estimate, reach, test = difference.estimate, difference.detectable, difference.test
    axis = _axis(difference, scorer.kind, widest)
    interval = "no interval"
    if estimate.interval is not None:
        ends = (estimate.interval.low, estimate.interval.high)
        interval = " to ".join(change_amount(end, scorer, signed=True) for end in ends)
    return Effect(
        scorer=scorer.spec.name,
        change=UNKNOWN
        if estimate.value is None
        else change_amount(estimate.value, scorer, signed=True),
        interval=interval,
        bar=drawn(estimate.value, estimate.interval, axis),
        zero=axis.place(0),
        blind=None if reach is None else (axis.place(-reach), axis.place(reach)),
        detectable=UNKNOWN if reach is None else change_amount(reach, scorer),
        units=estimate.count,
        verdict=change,
        tone=_TONES.get(change, "tone-neutral"),
        method=f"interval: {estimate.method}" + (f"; test: {test.method}" if test else ""),
        is_less_better=scorer.spec.sign < 0,
    )


def _loss(scorer: ScorerComparison, part: SliceComparison) -> float:
    return (part.difference.estimate.value or 0.0) * scorer.spec.sign


def _reach(difference: Difference) -> float:
    """How far from 0 anything of it is drawn."""
    estimate = difference.estimate
    ends = (estimate.value, estimate.low, estimate.high, difference.detectable)
    return max((abs(each) for each in ends if each is not None), default=0.0)


def _axis(difference: Difference, kind: Kind, widest: float) -> Axis:
    """An axis with 0 in its middle: one for all pass rates, one each for other units."""
    far = widest if kind is Kind.BINARY and widest else _reach(difference)
    far = far * _ROOM or 1.0
    return Axis(-far, far)
