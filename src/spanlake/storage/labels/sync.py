"""The expectations that a queue came to, as records of a dataset."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

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
from spanlake.storage.labels.copies import unpack
from spanlake.storage.lake import Lake
from spanlake.storage.traces import TraceFilter


@dataclass(frozen=True, slots=True)
class Synced:
    """What became of a queue's expectations.

    version: of the dataset. added, changed, unchanged: records. undecided: items about which
    reviewers differ and nobody decided. lost: traces that are stored no more, and were not copied.
    """

    dataset: str
    version: int
    added: int
    changed: int
    unchanged: int
    undecided: int
    lost: int


def sync_expectations(lake: Lake, catalog: Catalog, name: str, dataset: str) -> Synced:
    """Merge what a queue's labels expect of each trace into a dataset, made if it is new.

    A record's inputs are those of its trace; of the expectations the final ones count. Raises
    NotFoundError, and UserError where there are none.
    """
    queue = get_queue(catalog, name)
    labels = [each for each in list_labels(catalog, queue.queue_id) if each.kind == "expectation"]
    expected = _by_trace(each for each in labels if each.is_final)
    undecided = len({each.trace_id for each in labels if each.value is not None} - set(expected))
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


def _by_trace(labels: Iterable[Label]) -> dict[str, dict[str, Any]]:
    expected = defaultdict[str, dict[str, Any]](dict)
    for label in labels:
        expected[label.trace_id][label.name] = label.value
    return dict(expected)


def _records(lake: Lake, expected: dict[str, dict[str, Any]]) -> dict[str, NewRecord]:
    chosen = TraceFilter(where=f"list_contains({literal(list(expected))}, trace_id)")
    found = {}
    for record in records_from_traces(lake, chosen):
        trace_id = record.source.trace_id or ""
        source = replace(record.source, source_type="HUMAN")
        found[trace_id] = replace(record, expectations=expected[trace_id], source=source)
    return found


def _copied(
    catalog: Catalog, labels: Sequence[Label], expected: dict[str, dict[str, Any]]
) -> dict[str, NewRecord]:
    """Records of copies, for the traces that are stored no more."""
    found = {}
    for item_id, trace_id in {each.item_id: each.trace_id for each in labels}.items():
        copy = read_copy(catalog, item_id) if trace_id in expected else None
        content = None if copy is None else unpack(copy)
        if content is None or content.input is None or content.span_id is not None:
            continue
        text = json_text(_inputs(content.input), typed="the input of a trace")
        found[trace_id] = NewRecord(
            record_id=record_id_of(text),
            inputs=text,
            outputs=None if content.output is None else json_text(content.output, typed="output"),
            has_outputs=content.output is not None,
            expectations=expected[trace_id],
            source=RecordSource("HUMAN", trace_id, None, content.session_id),
            granularity="trace",
        )
    return found


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
            "none of the traces is stored any more, or says what it was asked; nothing is synced"
        )
    try:
        get_dataset(catalog, dataset)
    except NotFoundError:
        create_dataset(catalog, dataset)
    return merge_records(catalog, dataset, records, note=note)
