"""What comes into a queue: chosen traces and sessions, those a filter fits, and by a rule."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from spanlake.entities.review import ItemTarget, ReviewQueue
from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.labels.items import AddedItems, NewItem, add_items, known_targets
from spanlake.storage.catalog.labels.queues import get_queue
from spanlake.storage.condition import Condition, all_of
from spanlake.storage.labels.content import ReviewedTrace, read_content
from spanlake.storage.labels.conversation import ReviewedSession, read_conversation
from spanlake.storage.labels.copies import pack
from spanlake.storage.lake import Lake
from spanlake.storage.search.compile import compile_filter
from spanlake.storage.trace_reader.selection import TraceQuery, narrowed, selected_rows
from spanlake.storage.traces import full_trace_id

MOST_AT_ONCE = 10_000
"""Items that one request adds."""

_LONGEST_ID = 500

_SAMPLED = "md5_number_lower('review ' || $queue_id || trace_id) / 18446744073709551616 < $sample"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What comes into a queue: that of these ids, or else the traces that are all of the rest.

    trace_ids: ids, or the beginnings of some. span_ids: of spans instead of whole traces, beside
    the ids. session_ids: of whole sessions. filter: in the filter language. where: SQL over the
    columns of `traces`. limit: the newest so many. granularity: whether these traces are items, or
    the sessions that have one of them.
    """

    trace_ids: Sequence[str] = ()
    span_ids: Sequence[str] = ()
    session_ids: Sequence[str] = ()
    granularity: Literal["trace", "session"] = "trace"
    filter: str | None = None
    where: str | None = None
    since: datetime | None = None
    limit: int | None = None


def add_chosen(lake: Lake, catalog: Catalog, name: str, chosen: Chosen) -> AddedItems:
    """Put traces or sessions into a queue, the oldest first. Raises NotFoundError, UserError."""
    queue = get_queue(catalog, name)
    targets = list(_targets(lake, queue, chosen))
    if len(targets) > MOST_AT_ONCE:
        raise UserError(
            f"{len(targets):,} {chosen.granularity}s are chosen: at most {MOST_AT_ONCE:,} come at "
            "once; choose fewer, such as by a limit"
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
    known = known_targets(catalog, queue.queue_id)
    asked = all_of(conditions)
    found = lake.sql(
        f"SELECT trace_id FROM traces WHERE {asked.sql} ORDER BY start_time, trace_id",  # noqa: S608  # of ours
        dict(asked.params) or None,
    )
    targets = [ItemTarget(trace_id) for (trace_id,) in found.fetchall()]
    new = [each for each in targets if each not in known]
    return _add(lake, catalog, queue, new[:room])


def _targets(lake: Lake, queue: ReviewQueue, chosen: Chosen) -> Iterator[ItemTarget]:
    if chosen.trace_ids or chosen.session_ids:
        spans: Sequence[str | None] = chosen.span_ids or [None] * len(chosen.trace_ids)
        if len(spans) != len(chosen.trace_ids):
            raise UserError(
                f"span_ids are {len(spans)}: must be one for each of the trace_ids, which are "
                f"{len(chosen.trace_ids)}; correct them"
            )
        for given, span_id in zip(chosen.trace_ids, spans, strict=True):
            yield ItemTarget(full_trace_id(lake, given.strip().lower()), span_id)
        for session_id in chosen.session_ids:
            _check_session(lake, session_id)
            yield ItemTarget(session_id=session_id)
        return
    experiments = () if queue.experiment is None else (queue.experiment,)
    query = TraceQuery(
        filter_string=chosen.filter,
        where=chosen.where,
        experiments=experiments,
        since=chosen.since,
    )
    most = chosen.limit or MOST_AT_ONCE + 1
    if chosen.granularity == "session":
        names = (name for (name,) in selected_rows(lake, query, ["session_id"]))
        sessions = (name for name in names if name and _is_kept(name))
        newest_first = [ItemTarget(session_id=name) for name in _first(sessions, most)]
    else:
        rows = selected_rows(lake, replace(query, max_results=most), ["trace_id"])
        newest_first = [ItemTarget(trace_id) for (trace_id,) in rows]
    yield from reversed(newest_first)


def _first(names: Iterable[str], most: int) -> list[str]:
    """The names, each once, up to so many of them."""
    seen = dict[str, None]()
    for name in names:
        seen[name] = None
        if len(seen) == most:
            break
    return list(seen)


def _is_kept(session_id: str) -> bool:
    """Whether either catalog can keep, and look up, what an app said is an id."""
    return len(session_id) <= _LONGEST_ID and "\0" not in session_id


def _check_session(lake: Lake, session_id: str) -> None:
    if not _is_kept(session_id):
        raise UserError(
            f"SESSION_ID is {session_id[:80]!r}: must have at most {_LONGEST_ID} characters, and "
            "no NUL; add its traces instead"
        )
    query = "SELECT 1 FROM traces WHERE list_contains(session_ids, $id) LIMIT 1"
    if not lake.rows(query, {"id": session_id}):
        raise NotFoundError(
            f"SESSION_ID is {session_id[:80]!r}: no stored trace belongs to it; "
            '`spanlake sql "FROM sessions"` shows those there are'
        )


def _add(
    lake: Lake, catalog: Catalog, queue: ReviewQueue, targets: Sequence[ItemTarget]
) -> AddedItems:
    if queue.content == "reference":
        for each in targets:
            if each.trace_id is not None and each.span_id is not None:
                read_content(lake, each.trace_id, each.span_id)
        return add_items(catalog, queue.queue_id, [NewItem(each) for each in targets])
    known = known_targets(catalog, queue.queue_id)
    # Read before the catalog is locked: others go on answering meanwhile.
    copies = [_copied(lake, target) for target in targets if target not in known]
    added = add_items(catalog, queue.queue_id, [each for each in copies if each is not None])
    return AddedItems(added.added, len(targets) - added.added)


def _copied(lake: Lake, target: ItemTarget) -> NewItem | None:
    """An item with its copy; None for what has gone in the meantime."""
    try:
        content = read_target(lake, target)
    except NotFoundError:
        if target.span_id is not None:
            raise
        return None
    return NewItem(target, pack(content))


def read_target(lake: Lake, target: ItemTarget) -> ReviewedTrace | ReviewedSession:
    """What there is to review of an item. NotFoundError where it is not stored."""
    if target.session_id is not None:
        return read_conversation(lake, target.session_id)
    return read_content(lake, target.trace_id or "", target.span_id)
