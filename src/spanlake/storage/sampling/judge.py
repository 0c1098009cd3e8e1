"""Which settled traces stay, and for how many each of them stands."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.config import TailSampling
from spanlake.semconv.arrays import whole
from spanlake.storage.catalog.location import find_location
from spanlake.storage.lake import Lake
from spanlake.storage.parquet_scan import file_names
from spanlake.storage.sampling.partners import components
from spanlake.storage.sql_text import sql_text

DROPPED, SAMPLED, LATE = "dropped", "sampled", "late"
"""What became of a trace: it goes, it stays for others as well, or it was judged before and more of
it has come. Of one that stays for itself alone it is the reason."""

# It runs beside a server.
_THREADS = 2

PLAN = pa.schema(
    [
        ("trace_id", pa.string()),
        ("tail_weight", pa.float64()),
        ("first_received", pa.timestamp("us", "UTC")),
    ]
)
"""What is to be done: a weight for each trace, 0 for those that go."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """plan: as PLAN. decisions: how many traces, by what becomes of them."""

    plan: pa.Table
    decisions: Mapping[str, int]


class _InReview(NamedTuple):
    trace_ids: list[str]
    session_ids: list[str]


def judge(root: Path, policy: TailSampling, *, now: datetime, hot: Sequence[Path]) -> Judgement:
    """Judge the traces that have settled by now and are not judged yet.

    hot: the files of rows that are not sealed; traces with any wait. Raises duckdb.Error, and
    CatalogError when it cannot be told what people still look at.
    """
    with Lake(root, threads=_THREADS) as lake:
        before = now - timedelta(seconds=policy.decision_wait)
        lake.sql(sql_text("sampling/settled"), {"before": before})
        if hot:
            lake.sql(
                "DELETE FROM settled WHERE trace_id IN (SELECT trace_id FROM read_parquet($hot))",
                {"hot": file_names(hot)},
            )
        lake.sql(sql_text("sampling/traces"))
        found = lake.sql(sql_text("sampling/judged"), _asked(root, policy)).to_arrow_table()
        groups = components(group for (group,) in lake.rows(sql_text("sampling/partners")))
    return _decided(found, groups, policy.sampling_percentage / 100)


def _asked(root: Path, policy: TailSampling) -> dict[str, object]:
    keep = policy.keep
    in_review = _in_review(root)
    return {
        "errors": keep.errors,
        "slower_than_ms": keep.slower_than * 1000 or None,
        "dearer_than": keep.dearer_than or None,
        "assessed": keep.assessed,
        "scored_below": dict(keep.scored_below),
        "failed": list(keep.failed),
        "in_review": in_review.trace_ids,
        "sessions_in_review": in_review.session_ids,
    }


def _in_review(root: Path) -> _InReview:
    """The traces and sessions in queues that people still work through."""
    location = find_location(root)
    if not location.exists:
        return _InReview([], [])
    # Most lakes have no queue, and most commands need no database.
    from spanlake.storage.catalog.catalog import Catalog
    from spanlake.storage.catalog.labels.items import open_targets

    with Catalog.open(location) as catalog:
        return _InReview(*open_targets(catalog))


def _decided(found: pa.Table, groups: Sequence[set[str]], share: float) -> Judgement:
    ids: list[str] = found["trace_id"].to_pylist()
    reasons: list[str | None] = found["reason"].to_pylist()
    draws: npt.NDArray[np.float64] = found["draw"].to_numpy().copy()
    earlier = pc.fill_null(whole(found["earlier"]), 0.0).to_numpy(zero_copy_only=False)
    waiting = np.zeros(len(ids), bool)
    place = {trace_id: at for at, trace_id in enumerate(ids)} if groups else {}
    for group in groups:
        # Who was judged before has been by itself.
        members = [
            place[each] for each in sorted(group) if each in place and not earlier[place[each]]
        ]
        if not members:
            continue
        waiting[members] = any(each not in place for each in group)
        draws[members] = draws[members[0]]
        reason = next((reasons[at] for at in members if reasons[at]), None)
        for at in members:
            reasons[at] = reason
    drawn = draws < share
    weights = np.where(drawn, 1 / share if share else 0.0, 0.0)
    weights[[bool(reason) for reason in reasons]] = 1.0
    weights = np.where(earlier > 0, earlier, np.round(weights, 9))
    decisions = [
        LATE if judged else reason or (SAMPLED if is_drawn else DROPPED)
        for judged, reason, is_drawn in zip(earlier > 0, reasons, drawn, strict=True)
    ]
    plan = pa.table([found["trace_id"], weights, found["first_received"]], schema=PLAN)
    # Where all stay there is nothing to mark, but for what has come of traces that were judged.
    kept = ~waiting if share < 1 else earlier > 0
    return Judgement(
        plan.filter(pa.array(kept)),
        Counter(each for each, is_kept in zip(decisions, kept, strict=True) if is_kept),
    )
