"""Tail sampling as a whole: judge, put the plan down, carry it out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from spanlake.config import TailSampling
from spanlake.storage.layout import Layout
from spanlake.storage.rewrite import Progress, Rewriting
from spanlake.storage.sampling.apply import TABLES, Applying, Removed
from spanlake.storage.sampling.judge import judge
from spanlake.storage.sampling.plan import forget_plan, read_plan, write_plan
from spanlake.storage.schema import SPANS
from spanlake.storage.sealed.delta_table import SealedTable
from spanlake.storage.summaries.build import SummaryBuilder


@dataclass(frozen=True, slots=True)
class Sampled:
    """What was done, or would be. decisions: how many traces, by what becomes of them."""

    decisions: Mapping[str, int] = field(default_factory=dict)
    removed: Removed = field(default_factory=Removed)


def sample(
    layout: Layout,
    policy: TailSampling,
    builder: SummaryBuilder,
    *,
    now: datetime,
    progress: Progress,
) -> Sampled:
    """Judge what has settled, and let it be so in all sealed files; nobody else may change any.

    What was begun before is ended first. Sums of traces follow at once, so that totals are those
    from before until they are those from after. Raises OSError, DamagedFileError, duckdb.Error and
    CatalogError; the next call does what is left then.
    """
    finish(layout, builder)
    judgement = judge(layout.root, policy, now=now, hot=_unsealed(layout))
    if not len(judgement.plan):
        return Sampled()
    write_plan(layout, judgement.plan)
    removed = _carry_out(layout, judgement.plan, builder, progress=progress)
    return Sampled(judgement.decisions, removed)


def finish(layout: Layout, builder: SummaryBuilder) -> None:
    """Do what is left of a judgement that was cut short, whatever the policy is by now.

    Raises as `sample` does; without any it costs a look for one file.
    """
    unfinished = read_plan(layout)
    if unfinished is not None:
        _carry_out(layout, unfinished, builder, progress=lambda *_: None)


def sample_dry(
    layout: Layout, policy: TailSampling, *, now: datetime, progress: Progress
) -> Sampled:
    """What `sample` would do if all were sealed; nothing is changed."""
    judgement = judge(layout.root, policy, now=now, hot=())
    counting = Applying(Rewriting(layout, TABLES), judgement.plan)
    return Sampled(judgement.decisions, counting.count(progress=progress))


def _unsealed(layout: Layout) -> list[Path]:
    return [file.path for file in Rewriting(layout, ("spans",)).files if file.place == "hot"]


def _carry_out(
    layout: Layout, plan: pa.Table, builder: SummaryBuilder, *, progress: Progress
) -> Removed:
    # A table that an older version sealed has no weights yet, for other engines.
    SealedTable(layout.sealed("spans"), SPANS).create()
    removed = Applying(Rewriting(layout, TABLES), plan).apply(progress=progress)
    builder.build(changed=plan["trace_id"])
    forget_plan(layout)
    return removed
