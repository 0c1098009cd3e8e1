"""Runs compared with a baseline, record by record, scorer by scorer, and corrected for how many."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from spanlake.errors import UserError
from spanlake.evaluation.lazy_polars import pl
from spanlake.evaluation.statistics.comparison import (
    Change,
    Comparison,
    RunComparison,
    ScorerComparison,
    SliceComparison,
)
from spanlake.evaluation.statistics.correction import holm
from spanlake.evaluation.statistics.difference import Difference, difference_of
from spanlake.evaluation.statistics.estimate import Interval, Kind
from spanlake.evaluation.statistics.flips import flipped_rows
from spanlake.evaluation.statistics.means import mean_of
from spanlake.evaluation.statistics.records import Pairs, pair
from spanlake.evaluation.statistics.resampling import DEFAULT, Resampling
from spanlake.evaluation.statistics.scorer_spec import ScorerSpec, specs_by_name
from spanlake.evaluation.statistics.verdicts import Verdicts, kind_of, read_verdicts


class Run(NamedTuple):
    """A run by the name it is printed with, and its verdicts in the columns of `read_verdicts`."""

    name: str
    verdicts: "pl.DataFrame"


def compare(
    baseline: Run,
    candidates: Sequence[Run],
    *,
    specs: Sequence[ScorerSpec] = (),
    slices: Sequence[str] = (),
    resampling: Resampling = DEFAULT,
) -> Comparison:
    """Compare each candidate with the baseline on every scorer that both have.

    specs: of the scorers that need one. slices: columns of the verdicts; the records with each of
    their values are compared by themselves. P-values are corrected (Holm) over all scorers and
    candidates, those of slices over all slices. Raises UserError where the runs share no scorer, or
    a spec or slice names what is not there.
    """
    before = read_verdicts(baseline.verdicts, slices)
    runs = [
        _RunPair(baseline.name, before, run.name, read_verdicts(run.verdicts, slices))
        for run in candidates
    ]
    compared = [_compare_run(runs_, specs, resampling) for runs_ in runs]
    scorers = [scorer for run in compared for scorer in run.scorers]
    tests = sum(scorer.p_adjusted is not None for scorer in scorers)
    corrected = _corrected(scorers, resampling.alpha)
    return Comparison(
        baseline.name,
        tuple(
            replace(run, scorers=tuple(next(corrected) for _ in run.scorers)) for run in compared
        ),
        resampling.level,
        tests,
    )


class _RunPair(NamedTuple):
    baseline: str
    before: Verdicts
    candidate: str
    after: Verdicts


def _compare_run(
    runs: _RunPair, specs: Sequence[ScorerSpec], resampling: Resampling
) -> RunComparison:
    ours, theirs = set(runs.before.scorers), set(runs.after.scorers)
    if not ours & theirs:
        raise UserError(
            f"runs {runs.baseline} and {runs.candidate} have no scorer in common "
            f"({', '.join(sorted(ours)) or 'none'}; {', '.join(sorted(theirs)) or 'none'}); "
            "score both with the same scorers"
        )
    chosen = specs_by_name(specs, sorted(ours | theirs))
    scorers = [_compare_scorer(chosen[name], runs, resampling) for name in sorted(ours & theirs)]
    return RunComparison(
        runs.baseline,
        runs.candidate,
        tuple(scorers),
        missing=tuple(sorted(ours - theirs)),
        new=tuple(sorted(theirs - ours)),
    )


def _compare_scorer(spec: ScorerSpec, runs: _RunPair, resampling: Resampling) -> ScorerComparison:
    before, after = runs.before.of(spec.name), runs.after.of(spec.name)
    kind = _kind(spec, kind_of([before, after]))
    pairs = pair(before, after)
    difference = difference_of(pairs, kind, spec, resampling)
    return ScorerComparison(
        spec,
        kind,
        mean_of(pairs.baseline, kind, resampling),
        mean_of(pairs.candidate, kind, resampling),
        difference,
        None if difference.test is None else difference.test.p_value,
        difference.p_worse,
        Change.TOO_FEW,
        _is_non_inferior(difference.estimate.interval, spec),
        len(pairs.differences.value),
        pairs.baseline_only,
        pairs.candidate_only,
        runs.before.coverage(spec.name),
        runs.after.coverage(spec.name),
        flipped_rows(spec.name, before, after, kind, sign=spec.sign),
        tuple(_compare_slices(pairs, kind, spec, runs, resampling)),
    )


def _compare_slices(
    pairs: Pairs, kind: Kind, spec: ScorerSpec, runs: _RunPair, resampling: Resampling
) -> Iterator[SliceComparison]:
    """The comparison by each value of each slice column; the baseline says a record's value."""
    records = pl.DataFrame({"record_id": pairs.baseline.record_id}, {"record_id": pl.String})
    for column in runs.before.slices:
        values = records
        for rows in (runs.before.of(spec.name), runs.after.of(spec.name)):
            known = rows.group_by("record_id").agg(pl.col(column).drop_nulls().first())
            values = values.join(known, on="record_id", how="left", maintain_order="left")
        both = values.select(pl.coalesce(pl.exclude("record_id")).alias(column))[column]
        for value in both.unique().sort(nulls_last=True):
            chosen = both.eq_missing(pl.Series([value], dtype=pl.String)).to_numpy()
            difference = difference_of(pairs.subset(chosen), kind, spec, resampling)
            p_value = None if difference.test is None else difference.test.p_value
            yield SliceComparison(
                column,
                value,
                int(chosen.sum()),
                difference,
                p_value,
                difference.p_worse,
                Change.TOO_FEW,
            )


def _kind(spec: ScorerSpec, found: Kind) -> Kind:
    if spec.kind is Kind.BINARY and found is not Kind.BINARY:
        raise UserError(
            f"kind {spec.kind.value!r} of scorer {spec.name!r}: its values are {found.value}, and "
            "binary ones are true and false, yes and no, or 0 and 1; leave the kind out"
        )
    return spec.kind or found


def _is_non_inferior(interval: Interval | None, spec: ScorerSpec) -> bool | None:
    if spec.margin == 0:
        return None
    if interval is None:
        return False
    worst = interval.low if spec.sign > 0 else -interval.high
    return worst > -spec.margin


def _corrected(scorers: Sequence[ScorerComparison], alpha: float) -> Iterator[ScorerComparison]:
    """The same comparisons with p-values corrected over all of them, and what they then show."""
    p_values = holm([scorer.p_adjusted for scorer in scorers])
    all_worse = holm([scorer.p_worse_adjusted for scorer in scorers])
    slices = [part for scorer in scorers for part in scorer.slices]
    adjusted = holm([part.p_adjusted for part in slices])
    adjusted_worse = holm([part.p_worse_adjusted for part in slices])
    of_slices = zip(slices, adjusted, adjusted_worse, strict=True)
    for scorer, p_value, p_worse in zip(scorers, p_values, all_worse, strict=True):
        parts = (next(of_slices) for _ in scorer.slices)
        yield replace(
            scorer,
            p_adjusted=p_value,
            p_worse_adjusted=p_worse,
            change=_change(scorer.difference, p_value, scorer.spec, alpha),
            slices=tuple(
                replace(
                    part,
                    p_adjusted=p,
                    p_worse_adjusted=worse,
                    change=_change(part.difference, p, scorer.spec, alpha),
                )
                for part, p, worse in parts
            ),
        )


def _change(
    difference: Difference, p_adjusted: float | None, spec: ScorerSpec, alpha: float
) -> Change:
    value, test = difference.estimate.value, difference.test
    if p_adjusted is None or value is None or test is None:
        return Change.TOO_FEW
    # Ranks may rise while the mean falls; then neither is claimed.
    if p_adjusted >= alpha or value * test.direction <= 0:
        return Change.UNCLEAR
    return Change.BETTER if value * spec.sign > 0 else Change.WORSE
