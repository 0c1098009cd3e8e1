"""The checks of a gate against its baseline."""

from collections.abc import Iterator

from spanlake.errors import UserError
from spanlake.evaluation.statistics.check import Check, GatePolicy
from spanlake.evaluation.statistics.comparison import (
    Change,
    RunComparison,
    ScorerComparison,
)
from spanlake.evaluation.statistics.wording import (
    change_amount,
    difference_text,
    p_text,
    percent,
)


def regression_checks(run: RunComparison, level: float, policy: GatePolicy) -> Iterator[Check]:
    """Coverage, regression, non-inferiority if asked for, and slices, scorer by scorer.

    Raises UserError where the policy names a scorer or a margin that is not there.
    """
    names = [scorer.spec.name for scorer in run.scorers]
    if unknown := [name for name in policy.scorers if name not in [*names, *run.missing]]:
        raise UserError(
            f"scorer {unknown[0]!r}: {run.baseline} has no values of it, so there is nothing to "
            f"compare with; it has {', '.join([*names, *run.missing])}"
        )
    for name in run.missing:
        if not policy.scorers or name in policy.scorers:
            message = f"{name}: {run.baseline} was scored by it, {run.candidate} was not"
            yield Check("coverage", name, passed=False, message=message)
    for scorer in run.scorers:
        if not policy.scorers or scorer.spec.name in policy.scorers:
            yield _coverage(run, scorer, policy)
            yield _regression(run, scorer, level)
            if policy.require == "non_inferiority":
                yield _non_inferiority(run, scorer, level)
            yield from _slices(run, scorer, level)


def _coverage(run: RunComparison, scorer: ScorerComparison, policy: GatePolicy) -> Check:
    """A run that fails on the hard records must not look better for it."""
    name, lost = scorer.spec.name, len(scorer.lost)
    known = scorer.pairs + lost
    if scorer.change is Change.TOO_FEW:
        message = (
            f"{name}: {scorer.pairs} of {known} records with a verdict in {run.baseline} have one "
            f"in {run.candidate}: too few to compare"
        )
        return Check("coverage", name, passed=False, message=message)
    share = lost / known
    message = (
        f"{name}: {lost} of {known} records with a verdict in {run.baseline} have none in "
        f"{run.candidate} ({percent(round(share, 3))}; at most {percent(policy.max_lost)})"
    )
    return Check("coverage", name, passed=share <= policy.max_lost, message=message)


def _regression(run: RunComparison, scorer: ScorerComparison, level: float) -> Check:
    name, p_worse = scorer.spec.name, scorer.p_worse_adjusted
    passed = p_worse is None or p_worse >= 1 - level
    beyond = _beyond(scorer)
    if passed:
        message = f"{name}: not shown to be worse than {run.baseline}{beyond}"
        message += f", {difference_text(scorer, level)}"
        if scorer.difference.detectable is not None:
            seen = change_amount(scorer.difference.detectable, scorer)
            message += f"; less than {seen} would probably not have been seen"
    else:
        message = f"{name}: worse than {run.baseline}{beyond}, {difference_text(scorer, level)}"
        message += f", {p_text(p_worse)}"
    return Check("regression", name, passed=passed, message=message)


def _non_inferiority(run: RunComparison, scorer: ScorerComparison, level: float) -> Check:
    name = scorer.spec.name
    if scorer.non_inferior is None:
        raise UserError(
            f"scorer {name!r} has no margin, and non-inferiority is to be within one; "
            "give it a margin, or name the scorers to judge"
        )
    word = "shown" if scorer.non_inferior else "not shown"
    margin = change_amount(scorer.spec.margin, scorer)
    message = (
        f"{name}: {word} to be at most {margin} worse than {run.baseline}, "
        f"{difference_text(scorer, level)}"
    )
    return Check("non_inferiority", name, passed=scorer.non_inferior, message=message)


def _slices(run: RunComparison, scorer: ScorerComparison, level: float) -> Iterator[Check]:
    for part in scorer.slices:
        p_worse = part.p_worse_adjusted
        passed = p_worse is None or p_worse >= 1 - level
        label = "without a value" if part.value is None else f"= {part.value}"
        subject = f"{scorer.spec.name} where {part.column} {label}"
        word = "not shown to be worse" if passed else "worse"
        message = (
            f"{subject}: {word} than {run.baseline}{_beyond(scorer)}, "
            f"{difference_text(scorer, level, part)} on {part.pairs} records"
        )
        if not passed:
            message += f", {p_text(p_worse)}"
        yield Check("slice", subject, passed=passed, message=message)


def _beyond(scorer: ScorerComparison) -> str:
    if scorer.spec.margin == 0:
        return ""
    return f" by more than {change_amount(scorer.spec.margin, scorer)}"
