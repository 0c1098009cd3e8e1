"""Rows of two runs side by side, for the records in which their verdicts differ."""

from collections.abc import Sequence
from dataclasses import dataclass

from spanlake.storage.lake import Lake
from spanlake.storage.pages.run_rows import RunRow, read_rows_of


@dataclass(frozen=True, slots=True)
class FlipKey:
    """A record in two runs. The traces choose among repetitions, where they are known."""

    record_id: str
    baseline_trace_id: str | None = None
    candidate_trace_id: str | None = None


@dataclass(frozen=True, slots=True)
class RowPair:
    """The same record in two runs; None where a run has no row of it."""

    record_id: str
    baseline: RunRow | None
    candidate: RunRow | None


def read_row_pairs(
    lake: Lake, baseline: str, candidate: str, keys: Sequence[FlipKey]
) -> tuple[RowPair, ...]:
    """The rows of these records in two runs, by the ids of the runs, in the order of the keys."""
    ids = {key.record_id for key in keys}
    before = _by_record(read_rows_of(lake, baseline, ids))
    after = _by_record(read_rows_of(lake, candidate, ids))
    return tuple(
        RowPair(
            key.record_id,
            _typical(before.get(key.record_id, []), key.baseline_trace_id),
            _typical(after.get(key.record_id, []), key.candidate_trace_id),
        )
        for key in keys
    )


def _by_record(rows: dict[tuple[str, int], RunRow]) -> dict[str, list[RunRow]]:
    found: dict[str, list[RunRow]] = {}
    for (record_id, _), row in sorted(rows.items()):
        found.setdefault(record_id, []).append(row)
    return found


def _typical(rows: Sequence[RunRow], trace_id: str | None) -> RunRow | None:
    """The repetition with this trace, else the first."""
    if trace_id is not None:
        for row in rows:
            if row.trace_id == trace_id or any(v.trace_id == trace_id for v in row.verdicts):
                return row
    return rows[0] if rows else None
