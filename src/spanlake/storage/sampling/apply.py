"""A judgement as stored rows: those of traces that go are left out, the others get their weight."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from spanlake.semconv.arrays import whole
from spanlake.storage.rewrite import Progress, Rewriting, StoredFile, opened

TABLES = ("logs", "spans")
"""Whose rows are of traces. Spans last: as long as one is left, its trace is not judged anew."""

_WEIGHT = "tail_weight"
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Removed:
    """How many rows went, or would go. size_bytes: about what they take on the disk."""

    spans: int = 0
    logs: int = 0
    size_bytes: int = 0


class Applying:
    """Carries a plan out over the sealed files, one by one; to do it again changes nothing.

    plan: as `judge.PLAN`.
    """

    def __init__(self, rewrite: Rewriting, plan: pa.Table) -> None:
        self._rewrite = rewrite
        self._ids = whole(plan["trace_id"])
        self._weights = whole(plan[_WEIGHT])
        self._gone = self._ids.filter(pc.equal(self._weights, 0))
        self._since = pc.min(plan["first_received"]).as_py() if len(plan) else None

    def apply(self, *, progress: Progress) -> Removed:
        """Rewrite what has to be. Raises OSError and DamagedFileError; each file is done or not."""
        return self._each(progress, is_dry=False)

    def count(self, *, progress: Progress) -> Removed:
        """What `apply` would remove."""
        return self._each(progress, is_dry=True)

    def _each(self, progress: Progress, *, is_dry: bool) -> Removed:
        rows = dict.fromkeys(TABLES, 0)
        size = 0
        # What is hot would be sealed first.
        places = ("sealed", "hot") if is_dry else ("sealed",)
        files = [file for file in self._rewrite.files if file.place in places]
        for done, file in enumerate(files):
            progress(done, len(files))
            with suppress(FileNotFoundError):
                total, gone, is_changed = self._look(file)
                rows[file.table] += gone
                size += gone * file.path.stat().st_size // total if gone else 0
                if is_changed and not is_dry:
                    self._rewrite.replace(file, self._changed(file))
        progress(len(files), len(files))
        return Removed(rows["spans"], rows["logs"], size)

    def _look(self, file: StoredFile) -> tuple[int, int, bool]:
        """How many rows a file has, how many of them go, and whether any changes."""
        with opened(file.path) as parquet:
            total: int = parquet.metadata.num_rows
            if not self._may_concern(parquet, file.table):
                return total, 0, False
            has_weights = _WEIGHT in parquet.schema_arrow.names
            columns = ["trace_id", *([_WEIGHT] if has_weights else [])]
            rows = parquet.read(columns=columns)
        gone = int(np.count_nonzero(_among(rows, self._gone)))
        if file.table != "spans":
            return total, gone, gone > 0
        mine = _among(rows, self._ids)
        if has_weights:
            mine &= whole(rows[_WEIGHT]).is_null().to_numpy(zero_copy_only=False)
        return total, gone, bool(mine.any())

    def _may_concern(self, parquet: pq.ParquetFile, table: str) -> bool:
        """Whether a file can have rows of the plan, by what its footer says."""
        if not len(self._gone if table == "logs" else self._ids):
            return False
        column = "received_at" if table == "logs" else _WEIGHT
        names = parquet.schema_arrow.names
        if column not in names:
            return True
        # As leaves are numbered, which is not as columns are.
        schema = parquet.metadata.schema
        at = next(leaf for leaf in range(len(schema)) if schema.column(leaf).path == column)
        groups = range(parquet.metadata.num_row_groups)
        told = [parquet.metadata.row_group(group).column(at).statistics for group in groups]
        if any(each is None for each in told):
            return True
        if table == "logs":
            return any(not each.has_min_max or each.max >= self._since for each in told)
        return any(not each.has_null_count or each.null_count for each in told)

    def _changed(self, file: StoredFile) -> Iterator[pa.Table]:
        for rows in self._rewrite.rows(file):
            gone = _among(rows, self._gone)
            left = rows.filter(pa.array(~gone)) if gone.any() else rows
            yield self._weighed(left) if file.table == "spans" else left

    def _weighed(self, spans: pa.Table) -> pa.Table:
        """Spans with the weight of their trace, where they have none yet."""
        place = pc.index_in(whole(spans["trace_id"]), self._ids)
        weights = pc.coalesce(whole(spans[_WEIGHT]), self._weights.take(place))
        at = spans.schema.get_field_index(_WEIGHT)
        return spans.set_column(at, spans.schema.field(at), weights)


def _among(rows: pa.Table, trace_ids: pa.StringArray) -> _Mask:
    found: _Mask = pc.is_in(whole(rows["trace_id"]), trace_ids).to_numpy(zero_copy_only=False)
    return found
