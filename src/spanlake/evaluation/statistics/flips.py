"""The records whose verdict turned over between two runs."""

from dataclasses import dataclass
from typing import Literal

from spanlake.evaluation.lazy_polars import pl
from spanlake.evaluation.statistics.estimate import Kind
from spanlake.evaluation.statistics.verdicts import SCORED

Direction = Literal["pass_to_fail", "fail_to_pass"]


@dataclass(frozen=True, slots=True)
class FlippedRow:
    """A record that one run passed and the other failed.

    baseline, candidate: the share of its repetitions that passed. The traces are ones that show the
    verdict, where the runs know their traces.
    """

    scorer: str
    record_id: str
    direction: Direction
    baseline: float
    candidate: float
    baseline_trace_id: str | None = None
    candidate_trace_id: str | None = None


def flipped_rows(
    scorer: str, baseline: "pl.DataFrame", candidate: "pl.DataFrame", kind: Kind, *, sign: int = 1
) -> tuple[FlippedRow, ...]:
    """The flipped records of one scorer, those that now fail first.

    baseline, candidate: rows of `Verdicts.of`. A record passes if more than half of its repetitions
    do; half and half is neither. Whether a repetition passes says its column `passed`, else its
    binary verdict; numbers without that column cannot flip.
    """
    before, after = (_outcomes(rows, kind, sign) for rows in (baseline, candidate))
    both = before.join(after, on="record_id", suffix="_after")
    was, now = pl.col("share") > 1 / 2, pl.col("share_after") > 1 / 2
    tied = (pl.col("share") == 1 / 2) | (pl.col("share_after") == 1 / 2)
    turned = both.filter((was != now) & ~tied).sort(["share_after", "record_id"])
    return tuple(
        FlippedRow(
            scorer,
            row["record_id"],
            "pass_to_fail" if row["share"] > row["share_after"] else "fail_to_pass",
            row["share"],
            row["share_after"],
            row["trace_id"],
            row["trace_id_after"],
        )
        for row in turned.iter_rows(named=True)
    )


def _outcomes(rows: "pl.DataFrame", kind: Kind, sign: int) -> "pl.DataFrame":
    """The share of passes of each record, and a trace that shows what most of them show."""
    verdict = pl.lit(None, dtype=pl.Boolean)
    if kind is Kind.BINARY:
        verdict = pl.col("value") == (1.0 if sign > 0 else 0.0)
    outcome = pl.coalesce("passed", verdict)
    scored = rows.filter(pl.col("state") == SCORED).with_columns(outcome.alias("outcome"))
    typical = pl.col("outcome") == (pl.col("outcome").mean() > 1 / 2)
    return (
        scored.filter(pl.col("outcome").is_not_null())
        .group_by("record_id")
        .agg(
            pl.col("outcome").mean().alias("share"),
            pl.col("trace_id").filter(typical).drop_nulls().first(),
        )
    )
