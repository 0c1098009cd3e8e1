"""What a stored run came to, scorer by scorer: mean with its interval, passes, and the spread."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from spanlake.evaluation.statistics.estimate import Estimate, Kind
from spanlake.evaluation.statistics.means import mean_of
from spanlake.evaluation.statistics.records import by_record
from spanlake.evaluation.statistics.resampling import DEFAULT, Resampling
from spanlake.evaluation.statistics.verdicts import (
    SCORED,
    Coverage,
    Verdicts,
    kind_of,
    read_verdicts,
)
from spanlake.storage.runs.reading import verdicts_of_runs

if TYPE_CHECKING:
    import polars as pl

    from spanlake.storage.lake import Lake

_BINS = 20
_MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class Share:
    """How many verdicts are so. low, high: of a bin of numbers, both 0 for a word."""

    word: str
    count: int
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorerSummary:
    """One scorer in one run.

    mean: over records; its value is None where no verdict is a number or yes or no. passed, failed:
    verdicts that are. shares: of numbers, pass or fail, or the commonest words.
    """

    name: str
    kind: Kind
    mean: Estimate
    coverage: Coverage
    passed: int
    failed: int
    shares: tuple[Share, ...]


def summarise_runs(
    lake: "Lake", run_ids: Sequence[str], resampling: Resampling = DEFAULT
) -> dict[str, tuple[ScorerSummary, ...]]:
    """The scorers of each run, by name; none of a run without verdicts."""
    frames = verdicts_of_runs(lake, run_ids)
    return {
        run_id: _summarise(frames[run_id], resampling) if run_id in frames else ()
        for run_id in run_ids
    }


def _summarise(frame: "pl.DataFrame", resampling: Resampling) -> tuple[ScorerSummary, ...]:
    verdicts = read_verdicts(frame)
    return tuple(_of_scorer(verdicts, frame, name, resampling) for name in verdicts.scorers)


def _of_scorer(
    verdicts: Verdicts, frame: "pl.DataFrame", name: str, resampling: Resampling
) -> ScorerSummary:
    rows = verdicts.of(name)
    kind = kind_of([rows])
    records = by_record(rows)
    if len(records.value):
        mean = mean_of(records, kind, resampling)
    else:
        mean = Estimate(None, None, "no verdict is a number", 0, resampling.level)
    return ScorerSummary(
        name=name,
        kind=kind,
        mean=mean,
        coverage=verdicts.coverage(name),
        passed=len(rows.filter(passed=True)),
        failed=len(rows.filter(passed=False)),
        shares=_shares(rows, frame.filter(scorer=name), kind),
    )


def _shares(rows: "pl.DataFrame", given: "pl.DataFrame", kind: Kind) -> tuple[Share, ...]:
    values = rows.filter(state=SCORED)["value"].to_numpy()
    if not len(values):
        words = given["value_string"].drop_nulls().value_counts(sort=True, name="n")
        return tuple(Share(word, n) for word, n in words.head(_MOST_WORDS).iter_rows())
    if kind is Kind.BINARY:
        passes = int(values.sum())
        return Share("yes", passes), Share("no", len(values) - passes)
    counts, edges = np.histogram(values, bins=_BINS)
    return tuple(
        Share(f"{low:.3g} to {high:.3g}", int(count), float(low), float(high))
        for count, (low, high) in zip(counts, pairwise(edges), strict=True)
    )
