"""Whole sessions come into queues, are read turn by turn, and their answers are of the session."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from page_lake import SpanFile, own_traces, trace_id

from spanlake.entities.label_schema import InputPassFail
from spanlake.entities.review import Answer, ItemTarget
from spanlake.errors import NotFoundError, UserError
from spanlake.evaluation.labels.agreement import queue_agreement
from spanlake.storage.assessments.listing import AssessmentFilter, list_assessments
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.dataset_versions import find_dataset, iter_records
from spanlake.storage.catalog.datasets import get_dataset
from spanlake.storage.catalog.labels.answers import adjudicate
from spanlake.storage.catalog.labels.items import list_items, read_copy
from spanlake.storage.catalog.labels.labels import list_labels
from spanlake.storage.catalog.labels.queues import QueuePlan, create_queue, get_queue
from spanlake.storage.catalog.labels.reviews import save_answer, set_status
from spanlake.storage.catalog.labels.schemas import create_label_schema
from spanlake.storage.catalog.location import default_location
from spanlake.storage.delete import delete_traces
from spanlake.storage.labels.conversation import read_conversation
from spanlake.storage.labels.copies import unpack
from spanlake.storage.labels.filling import Chosen, add_chosen, read_target
from spanlake.storage.labels.previews import item_previews
from spanlake.storage.labels.publishing import publish
from spanlake.storage.labels.sync import sync_expectations
from spanlake.storage.lake import Lake
from spanlake.storage.layout import Layout

SESSION = "two/turns"


class Opened(NamedTuple):
    """A lake of the traces that the pages are tested with, and its catalog."""

    lake: Lake
    catalog: Catalog
    data: Path


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """The lake, with a question `correct`."""
    own_traces().store(tmp_path)
    with Catalog.open(default_location(tmp_path)) as catalog, Lake(tmp_path) as lake:
        create_label_schema(catalog, "correct", type="feedback", input=InputPassFail())
        yield Opened(lake, catalog, tmp_path)


def queue(opened: Opened, **said: object) -> str:
    """Make the queue `q` of the session; the id of its item."""
    plan: dict[str, object] = {"name": "q", "schemas": ["correct", "expected_response"]}
    create_queue(opened.catalog, QueuePlan(**plan | said))  # type: ignore[arg-type]
    add_chosen(opened.lake, opened.catalog, "q", Chosen(session_ids=[SESSION]))
    (item,) = list_items(opened.catalog, "q")
    return item.item_id


def answer(opened: Opened, item: str, who: str, **values: object) -> None:
    for name, value in values.items():
        said = Answer(schema_id=name, value=value)  # type: ignore[arg-type]
        save_answer(opened.catalog, "q", item, who, said)
    set_status(opened.catalog, "q", item, who, "complete")


def test_sessions_come_in_once(opened: Opened) -> None:
    """Sessions come by their ids, or by a filter of their traces; each is in a queue once."""
    queue(opened)
    by_filter = Chosen(filter="name = 'chat'", granularity="session", limit=5)
    again = add_chosen(opened.lake, opened.catalog, "q", by_filter)
    assert (again.added, again.known) == (0, 1)
    assert add_chosen(opened.lake, opened.catalog, "q", Chosen(trace_ids=[trace_id(5)])).added == 1
    assert [each.target for each in list_items(opened.catalog, "q")] == [
        ItemTarget(session_id=SESSION),
        ItemTarget(trace_id(5)),
    ]
    with pytest.raises(NotFoundError, match="SESSION_ID is 'nobody': no stored trace"):
        add_chosen(opened.lake, opened.catalog, "q", Chosen(session_ids=["nobody"]))


def test_what_there_is_to_read_of_a_session(opened: Opened) -> None:
    """A reviewer reads what was asked and answered, turn by turn, and which trace each is."""
    found = read_conversation(opened.lake, SESSION)
    assert [(turn.trace_id, turn.input, turn.output) for turn in found.turns] == [
        (trace_id(5), "How are you?", "Short."),
        (trace_id(6), "And your dog?", "Short."),
    ]
    assert found.turn_count == 2
    assert read_target(opened.lake, ItemTarget(session_id=SESSION)) == found
    (preview,) = item_previews(opened.lake, [ItemTarget(session_id=SESSION)]).values()
    assert (preview.input, preview.turns) == ("How are you?", 2)


def test_steps_of_a_turn_are_its_own(opened: Opened) -> None:
    """Tools and errors are read with the turn in which they happened."""
    later = SpanFile()
    said = {"gen_ai.conversation.id": SESSION, "gen_ai.operation.name": "execute_tool"}
    later.add(7, 1, "turn", start_ms=9000, attributes={"gen_ai.conversation.id": SESSION})
    later.add(7, 2, "refund", parent=1, start_ms=9001, attributes=said, error="refused")
    later.store(opened.data)
    found = read_conversation(opened.lake, SESSION)
    assert [[step.error_message for step in turn.steps] for turn in found.turns] == [
        [],
        [],
        ["refused"],
    ]


def test_answers_are_of_the_session(opened: Opened) -> None:
    """Labels and assessments of a session name it, and no trace."""
    item = queue(opened)
    answer(opened, item, "ann", correct=True)
    assert publish(opened.lake, opened.catalog, "q") == 1
    assert publish(opened.lake, opened.catalog, "q") == 0
    (stored,) = list_assessments(opened.lake, AssessmentFilter(), limit=9)
    assert (stored.session_id, stored.trace_id, stored.name) == (SESSION, None, "correct")
    rows = opened.lake.sql("SELECT session_id, trace_id, value_bool, is_final FROM labels")
    assert rows.fetchall() == [(SESSION, None, True, True)]


def test_reviewers_agree_and_differ_about_sessions(opened: Opened) -> None:
    """Agreement names the session on which reviewers differ, and a decision settles it."""
    item = queue(opened, reviewers_per_item=2)
    answer(opened, item, "ann", correct=True, expected_response="A")
    answer(opened, item, "bob", correct=False, expected_response="B")
    schemas = get_queue(opened.catalog, "q").schemas
    (correct, _) = queue_agreement(schemas, list_labels(opened.catalog, "q"))
    (differing,) = correct.open_disagreements
    assert differing.target == ItemTarget(session_id=SESSION)
    for name, value in (("correct", True), ("expected_response", "C")):
        adjudicate(opened.catalog, "q", item, "eve", Answer(schema_id=name, value=value))
    publish(opened.lake, opened.catalog, "q")
    synced = sync_expectations(opened.lake, opened.catalog, "q", "golden")
    assert (synced.added, synced.undecided, synced.lost) == (1, 0, 0)
    (record,) = iter_records(opened.catalog, find_dataset(opened.catalog, "golden"))
    assert record.inputs == {"turns": ["How are you?", "And your dog?"]}
    assert record.expectations == {"expected_response": "C"}
    assert get_dataset(opened.catalog, "golden").granularity == "session"


def test_a_copy_of_a_session_stays(opened: Opened) -> None:
    """A copy is what the session was, and is synced when its traces are gone."""
    item = queue(opened, content="copy")
    before = read_conversation(opened.lake, SESSION)
    gone = [trace_id(5), trace_id(6)]
    delete_traces(Layout(opened.data), gone, progress=lambda _done, _total: None)
    with pytest.raises(NotFoundError, match="no stored trace belongs to it"):
        read_conversation(opened.lake, SESSION)
    copy = read_copy(opened.catalog, item)
    assert copy is not None
    assert unpack(copy) == before
    answer(opened, item, "ann", expected_response="Done.")
    synced = sync_expectations(opened.lake, opened.catalog, "q", "golden")
    assert (synced.added, synced.lost) == (1, 0)
    (record,) = iter_records(opened.catalog, find_dataset(opened.catalog, "golden"))
    assert record.outputs == ["Short.", "Short."]


def test_traces_and_sessions_make_datasets_of_their_own(opened: Opened) -> None:
    """A queue of both is not synced into one dataset, as their inputs are not alike."""
    session = queue(opened)
    add_chosen(opened.lake, opened.catalog, "q", Chosen(trace_ids=[trace_id(4)]))
    (_, trace) = list_items(opened.catalog, "q")
    for item in (session, trace.item_id):
        answer(opened, item, "ann", expected_response="Done.")
    with pytest.raises(UserError, match="the two cannot be mixed"):
        sync_expectations(opened.lake, opened.catalog, "q", "golden")
