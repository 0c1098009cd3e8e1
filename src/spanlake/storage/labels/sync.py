"""The expectations that a queue came to, as records of a dataset."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from spanlake.entities.review import Label
from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.dataset_merge import Merged, merge_records
from spanlake.storage.catalog.dataset_record import NewRecord, RecordSource, record_id_of
from spanlake.storage.catalog.datasets import create_dataset, get_dataset
from spanlake.storage.catalog.json_text import json_text, json_value
from spanlake.storage.catalog.labels.items import read_copy
from spanlake.storage.catalog.labels.labels import list_labels
from spanlake.storage.catalog.labels.queues import get_queue
from spanlake.storage.condition import literal
from spanlake.storage.datasets.traces import records_from_traces
from spanlake.storage.labels.content import ReviewedTrace
from spanlake.storage.labels.conversation import ReviewedSession
from spanlake.storage.labels.copies import unpack
from spanlake.storage.lake import Lake
from spanlake.storage.traces import TraceFilter

_Expected = dict[str, Any]


class _Key(NamedTuple):
    """What a record is made of: a trace, or a session."""

    trace_id: str | None
    session_id: str | None


@dataclass(frozen=True, slots=True)
class Synced:
    """What became of a queue's expectations.

    version: of the dataset. added, changed, unchanged: records. undecided: items about which
    reviewers differ and nobody decided. lost: traces and sessions that are stored no more, and were
    not copied.
    """

    dataset: str
    version: int
    added: int
    changed: int
    unchanged: int
    undecided: int
    lost: int


def sync_expectations(lake: Lake, catalog: Catalog, name: str, dataset: str) -> Synced:
    """Merge what a queue's labels expect of each item into a dataset, made if it is new.

    A record's inputs are those of its trace, or what was asked in its session, turn by turn; of the
    expectations the final ones count. Raises NotFoundError, and UserError where there are none, or
    some of traces and some of sessions.
    """
    queue = get_queue(catalog, name)
    labels = [each for each in list_labels(catalog, queue.queue_id) if each.kind == "expectation"]
    expected = _by_item(each for each in labels if each.is_final)
    undecided = len({_key(each) for each in labels if each.value is not None} - set(expected))
    if not expected:
        asked = any(each.type == "expectation" for each in queue.schemas)
        missing = "reviewers differ on each" if undecided else "nobody has completed one yet"
        reason = missing if asked else "it asks for none"
        raise UserError(
            f"QUEUE is {queue.name!r}: must have final labels that are expectations, and {reason}; "
            "ask for such as expected_response, have it answered, and decide where they differ"
        )
    records = _copied(catalog, labels, expected) | _records(lake, expected)
    merged = _merge(catalog, dataset, list(records.values()), f"labels of {queue.name}"[:200])
    return Synced(
        dataset,
        merged.version,
        merged.added,
        merged.changed,
        merged.unchanged,
        undecided,
        len(set(expected) - set(records)),
    )


def _key(label: Label) -> _Key:
    """What becomes a record: a session, or the trace of whatever else is labeled."""
    return _Key(label.trace_id, label.session_id)


def _by_item(labels: Iterable[Label]) -> dict[_Key, _Expected]:
    expected = defaultdict[_Key, _Expected](dict)
    for label in labels:
        expected[_key(label)][label.name] = label.value
    return dict(expected)


def _records(lake: Lake, expected: dict[_Key, _Expected]) -> dict[_Key, NewRecord]:
    found = {}
    for granularity, column in (("trace", "trace_id"), ("session", "session_id")):
        ids = [name for key in expected if (name := getattr(key, column)) is not None]
        if not ids:
            continue
        chosen = TraceFilter(where=f"list_contains({literal(ids)}, {column})")
        for record in records_from_traces(lake, chosen, granularity=granularity):  # type: ignore[arg-type]  # one of them
            source = record.source
            key = _Key(source.trace_id, None if source.trace_id else source.session_id)
            source = replace(source, source_type="HUMAN")
            found[key] = replace(record, expectations=expected[key], source=source)
    return found


def _copied(
    catalog: Catalog, labels: Sequence[Label], expected: dict[_Key, _Expected]
) -> dict[_Key, NewRecord]:
    """Records of copies, for what is stored no more."""
    found = {}
    for item_id, key in {each.item_id: _key(each) for each in labels}.items():
        copy = read_copy(catalog, item_id) if key in expected else None
        content = None if copy is None else unpack(copy)
        if isinstance(content, ReviewedSession):
            found[key] = _of_session(content, expected[key])
        elif content is not None and content.input is not None and content.span_id is None:
            found[key] = _of_trace(content, expected[key])
    return found


def _of_session(content: ReviewedSession, expected: _Expected) -> NewRecord:
    asked = [turn for turn in content.turns if turn.input is not None]
    text = json_text({"turns": [turn.input for turn in asked]}, typed="what was asked")
    answers = json_text([turn.output for turn in asked], typed="the answers")
    return NewRecord(
        record_id=record_id_of(text),
        inputs=text,
        outputs=answers,
        has_outputs=True,
        expectations=expected,
        source=RecordSource("HUMAN", session_id=content.session_id),
        granularity="session",
    )


def _of_trace(content: ReviewedTrace, expected: _Expected) -> NewRecord:
    text = json_text(_inputs(content.input or ""), typed="the input of a trace")
    return NewRecord(
        record_id=record_id_of(text),
        inputs=text,
        outputs=None if content.output is None else json_text(content.output, typed="output"),
        has_outputs=content.output is not None,
        expectations=expected,
        source=RecordSource("HUMAN", content.trace_id, None, content.session_id),
        granularity="trace",
    )


def _inputs(text: str) -> dict[str, Any]:
    """What a function was called with, or the words that somebody wrote."""
    try:
        value = json_value(text) if text.startswith("{") else None
    except ValueError:
        value = None
    return value if isinstance(value, dict) and value else {"input": text}


def _merge(catalog: Catalog, dataset: str, records: list[NewRecord], note: str) -> Merged:
    if not records:
        raise UserError(
            "none of the items is stored any more, or says what it was asked; nothing is synced"
        )
    try:
        get_dataset(catalog, dataset)
    except NotFoundError:
        create_dataset(catalog, dataset)
    return merge_records(catalog, dataset, records, note=note)
