"""Values a record, not a row: repetitions averaged, sessions kept together, two runs paired."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spanlake.evaluation.lazy_polars import pl
from spanlake.evaluation.statistics.bootstrap import sums_by
from spanlake.evaluation.statistics.estimate import AnyArray, BoolArray, FloatArray, IntArray
from spanlake.evaluation.statistics.verdicts import SCORED


@dataclass(frozen=True)
class Records:
    """The means of a scorer's repetitions, a record each; all arrays have shape (records,).

    session: the number of the independent unit that a record belongs to; a record without a session
    is a unit of its own. repetitions: how many verdicts its mean is of.
    """

    record_id: AnyArray
    value: FloatArray
    repetitions: IntArray
    session: IntArray

    @cached_property
    def units(self) -> int:
        """How many independent units there are."""
        return int(self.session.max()) + 1 if len(self.session) else 0

    @property
    def is_simple(self) -> bool:
        """Whether each record has one verdict and is independent of all others."""
        return self.units == len(self.value) and bool((self.repetitions == 1).all())

    def subset(self, chosen: BoolArray) -> "Records":
        """The chosen records alone, shape (records,)."""
        session = np.unique(self.session[chosen], return_inverse=True)[1]
        return Records(
            self.record_id[chosen], self.value[chosen], self.repetitions[chosen], session
        )

    def sums(self) -> FloatArray:
        """The total and the number of records of each unit, shape (units, 2)."""
        rows = np.stack([self.value, np.ones(len(self.value))], axis=1)
        return sums_by(rows, self.session, self.units)


@dataclass(frozen=True)
class Pairs:
    """The records that have a verdict in both runs, in the same order in both."""

    baseline: Records
    candidate: Records
    baseline_only: tuple[str, ...]
    candidate_only: tuple[str, ...]

    @cached_property
    def differences(self) -> Records:
        """Candidate minus baseline, record by record."""
        return Records(
            self.baseline.record_id,
            self.candidate.value - self.baseline.value,
            np.maximum(self.baseline.repetitions, self.candidate.repetitions),
            self.baseline.session,
        )

    def subset(self, chosen: BoolArray) -> "Pairs":
        """The chosen pairs alone, shape (pairs,)."""
        return Pairs(self.baseline.subset(chosen), self.candidate.subset(chosen), (), ())


def by_record(rows: "pl.DataFrame") -> Records:
    """The records of one scorer in one run that have a verdict (rows of `Verdicts.of`)."""
    return _records(_means(rows), "value", "repetitions")


def pair(baseline: "pl.DataFrame", candidate: "pl.DataFrame") -> Pairs:
    """Two runs of one scorer, paired by record id. Repetitions need not be equally many."""
    before, after = _means(baseline), _means(candidate)
    joined = before.join(after, on="record_id", how="inner", suffix="_after").with_columns(
        pl.coalesce("session_id", "session_id_after")
    )
    joined = joined.sort("record_id")
    return Pairs(
        _records(joined, "value", "repetitions"),
        _records(joined, "value_after", "repetitions_after"),
        _only(before, after),
        _only(after, before),
    )


def _means(rows: "pl.DataFrame") -> "pl.DataFrame":
    return (
        rows.filter(pl.col("state") == SCORED)
        .group_by("record_id")
        .agg(
            pl.col("value").sort().mean(),
            pl.len().alias("repetitions"),
            pl.col("session_id").drop_nulls().first(),
        )
        .sort("record_id")
    )


def _records(means: "pl.DataFrame", value: str, repetitions: str) -> Records:
    unit = pl.coalesce("s:" + pl.col("session_id"), "r:" + pl.col("record_id"))
    codes = means.select(unit.alias("unit"))["unit"].rank("dense").cast(pl.Int64) - 1
    return Records(
        means["record_id"].to_numpy(),
        means[value].to_numpy(),
        means[repetitions].cast(pl.Int64).to_numpy(),
        codes.to_numpy(),
    )


def _only(these: "pl.DataFrame", those: "pl.DataFrame") -> tuple[str, ...]:
    return tuple(these.join(those, on="record_id", how="anti")["record_id"].sort())
