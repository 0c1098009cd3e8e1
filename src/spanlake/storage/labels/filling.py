"""What comes into a queue: chosen traces, those a filter fits, and by its rule the newest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from spanlake.entities.review import ReviewQueue
from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.labels.items import AddedItems, NewItem, add_items, known_targets
from spanlake.storage.catalog.labels.queues import get_queue
from spanlake.storage.condition import Condition, all_of
from spanlake.storage.labels.content import read_content
from spanlake.storage.labels.copies import pack
from spanlake.storage.lake import Lake
from spanlake.storage.search.compile import compile_filter
from spanlake.storage.trace_reader.selection import TraceQuery, narrowed, selected_rows
from spanlake.storage.traces import full_trace_id

MOST_AT_ONCE = 10_000
"""Traces that one request adds."""

_SAMPLED = "md5_number_lower('review ' || $queue_id || trace_id) / 18446744073709551616 < $sample"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which traces come into a queue: those of these ids, or else those that are all of the rest.

    trace_ids: ids, or the beginnings of some. span_ids: of spans instead of whole traces, beside
    the ids. filter: in the filter language. where: SQL over the columns of `traces`. limit: the
    newest so many.
    """

    trace_ids: Sequence[str] = ()
    span_ids: Sequence[str] = ()
    filter: str | None = None
    where: str | None = None
    since: datetime | None = None
    limit: int | None = None


def add_chosen(lake: Lake, catalog: Catalog, name: str, chosen: Chosen) -> AddedItems:
    """Put traces into a queue, the oldest first. Raises NotFoundError, UserError."""
    queue = get_queue(catalog, name)
    targets = list(_targets(lake, queue, chosen))
    if len(targets) > MOST_AT_ONCE:
        raise UserError(
            f"{len(targets):,} traces are chosen: at most {MOST_AT_ONCE:,} come at once; choose "
            "fewer, such as by a limit"
        )
    return _add(lake, catalog, queue, targets)


def fill_by_rule(lake: Lake, catalog: Catalog, name: str) -> AddedItems:
    """Let the traces come that the rule of a queue is for and that it lacks; none without a rule.

    Raises NotFoundError, and UserError for a closed queue.
    """
    queue = get_queue(catalog, name)
    rule = queue.rule
    if rule is None:
        return AddedItems(0, 0)
    room = rule.most_open - queue.counts.pending - queue.counts.skipped
    if room <= 0:
        return AddedItems(0, 0)
    condition = narrowed(lake, compile_filter(rule.filter, since=rule.since))
    if condition is None:
        return AddedItems(0, 0)
    sampled = Condition(_SAMPLED, {"queue_id": queue.queue_id, "sample": rule.sample})
    conditions = [condition, sampled] if rule.sample < 1 else [condition]
    if queue.experiment is not None:
        conditions.append(Condition("experiment = $experiment", {"experiment": queue.experiment}))
    known = {trace_id for trace_id, _ in known_targets(catalog, queue.queue_id)}
    asked = all_of(conditions)
    found = lake.sql(
        f"SELECT trace_id FROM traces WHERE {asked.sql} ORDER BY start_time, trace_id",  # noqa: S608  # of ours
        dict(asked.params) or None,
    )
    new = [(trace_id, None) for (trace_id,) in found.fetchall() if trace_id not in known]
    return _add(lake, catalog, queue, new[:room])


def _targets(lake: Lake, queue: ReviewQueue, chosen: Chosen) -> Iterator[tuple[str, str | None]]:
    if chosen.trace_ids:
        spans: Sequence[str | None] = chosen.span_ids or [None] * len(chosen.trace_ids)
        if len(spans) != len(chosen.trace_ids):
            raise UserError(
                f"span_ids are {len(spans)}: must be one for each of the trace_ids, which are "
                f"{len(chosen.trace_ids)}; correct them"
            )
        for given, span_id in zip(chosen.trace_ids, spans, strict=True):
            yield full_trace_id(lake, given.strip().lower()), span_id
        return
    experiments = () if queue.experiment is None else (queue.experiment,)
    query = TraceQuery(
        filter_string=chosen.filter,
        where=chosen.where,
        experiments=experiments,
        since=chosen.since,
        max_results=chosen.limit or MOST_AT_ONCE + 1,
    )
    newest_first = [trace_id for (trace_id,) in selected_rows(lake, query, ["trace_id"])]
    for trace_id in reversed(newest_first):
        yield trace_id, None


def _add(
    lake: Lake, catalog: Catalog, queue: ReviewQueue, targets: Sequence[tuple[str, str | None]]
) -> AddedItems:
    if queue.content == "reference":
        for trace_id, span_id in targets:
            if span_id is not None:
                read_content(lake, trace_id, span_id)
        items = [NewItem(trace_id, span_id) for trace_id, span_id in targets]
        return add_items(catalog, queue.queue_id, items)
    known = known_targets(catalog, queue.queue_id)
    # Read before the catalog is locked: others go on answering meanwhile.
    copies = [_copied(lake, *target) for target in targets if target not in known]
    added = add_items(catalog, queue.queue_id, [each for each in copies if each is not None])
    return AddedItems(added.added, len(targets) - added.added)


def _copied(lake: Lake, trace_id: str, span_id: str | None) -> NewItem | None:
    """An item with its copy; None for a trace that has gone in the meantime."""
    try:
        content = read_content(lake, trace_id, span_id)
    except NotFoundError:
        if span_id is not None:
            raise
        return None
    return NewItem(trace_id, span_id, pack(content))
