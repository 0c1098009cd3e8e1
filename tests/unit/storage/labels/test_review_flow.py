"""Traces come into queues, are read there, and what is answered comes out as assessments."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from page_lake import SpanFile, own_traces, span_id, trace_id

from spanlake.entities.label_schema import InputPassFail
from spanlake.entities.review import Answer, QueueRule
from spanlake.errors import NotFoundError, UserError
from spanlake.storage.assessments.listing import AssessmentFilter, list_assessments
from spanlake.storage.assessments.log import delete_assessment
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.dataset_versions import find_dataset, iter_records
from spanlake.storage.catalog.labels.answers import adjudicate
from spanlake.storage.catalog.labels.items import list_items, read_copy
from spanlake.storage.catalog.labels.labels import list_labels
from spanlake.storage.catalog.labels.queues import QueuePlan, create_queue
from spanlake.storage.catalog.labels.reviews import save_answer, set_status
from spanlake.storage.catalog.labels.schemas import create_label_schema
from spanlake.storage.catalog.location import default_location
from spanlake.storage.delete import delete_traces
from spanlake.storage.labels.content import read_content
from spanlake.storage.labels.copies import unpack
from spanlake.storage.labels.filling import Chosen, add_chosen, fill_by_rule
from spanlake.storage.labels.publishing import publish
from spanlake.storage.labels.sync import sync_expectations
from spanlake.storage.lake import Lake
from spanlake.storage.layout import Layout

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


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
        create_label_schema(
            catalog, "correct", type="feedback", input=InputPassFail(), enable_comment=True
        )
        yield Opened(lake, catalog, tmp_path)


def queue(opened: Opened, *numbers: int, **said: object) -> list[str]:
    """Make the queue `q` of these traces; the ids of its items."""
    plan: dict[str, object] = {"name": "q", "schemas": ["correct", "expected_response"]}
    create_queue(opened.catalog, QueuePlan(**plan | said))  # type: ignore[arg-type]
    if numbers:
        chosen = Chosen(trace_ids=[trace_id(number) for number in numbers])
        add_chosen(opened.lake, opened.catalog, "q", chosen)
    return [each.item_id for each in list_items(opened.catalog, "q")]


def answer(opened: Opened, item: str, who: str = "ann", **values: object) -> None:
    for name, value in values.items():
        said = Answer(schema_id=name, value=value)  # type: ignore[arg-type]
        save_answer(opened.catalog, "q", item, who, said)
    set_status(opened.catalog, "q", item, who, "complete")


def said(opened: Opened, *, with_invalid: bool = False) -> list[tuple[str, object, str]]:
    chosen = AssessmentFilter(with_invalid=with_invalid)
    found = list_assessments(opened.lake, chosen, limit=100)
    return sorted((each.name, each.value, each.source.source_id) for each in found)


def test_chosen_traces_come_in(opened: Opened) -> None:
    """Traces come by the beginnings of ids, by a filter and by SQL, each of them once."""
    queue(opened)
    by_filter = Chosen(filter="error_count > 0")
    by_sql = Chosen(where="span_count > 100")
    added = [add_chosen(opened.lake, opened.catalog, "q", each) for each in (by_filter, by_sql)]
    assert [each.added for each in added] == [1, 1]
    again = add_chosen(opened.lake, opened.catalog, "q", by_filter)
    assert (again.added, again.known) == (0, 1)
    newest = add_chosen(opened.lake, opened.catalog, "q", Chosen(limit=2))
    assert newest.added == 2
    assert [each.trace_id for each in list_items(opened.catalog, "q")] == [
        trace_id(number) for number in (4, 2, 5, 6)
    ]
    with pytest.raises(NotFoundError):
        add_chosen(opened.lake, opened.catalog, "q", Chosen(trace_ids=["f" * 32]))
    with pytest.raises(UserError, match="span_ids are 1: must be one for each"):
        add_chosen(opened.lake, opened.catalog, "q", Chosen(trace_ids=["1", "2"], span_ids=["1"]))


def test_a_rule_brings_what_is_new(opened: Opened) -> None:
    """A rule brings each trace that it is for once, and no more than may be open."""
    rule = QueueRule(filter="name = 'chat'", since=LONG_AGO, most_open=1)
    items = queue(opened, rule=rule)
    assert items == []
    assert fill_by_rule(opened.lake, opened.catalog, "q").added == 1
    assert fill_by_rule(opened.lake, opened.catalog, "q").added == 0
    (first,) = list_items(opened.catalog, "q")
    set_status(opened.catalog, "q", first.item_id, "ann", "declined")
    assert fill_by_rule(opened.lake, opened.catalog, "q").added == 1
    assert [each.trace_id for each in list_items(opened.catalog, "q")] == [trace_id(5), trace_id(6)]


def test_a_rule_takes_a_sample(opened: Opened) -> None:
    """A sample is the same share every time, and of later traces as well."""
    rule = QueueRule(filter="", since=LONG_AGO, sample=0.5)
    queue(opened, rule=rule)
    many = SpanFile()
    for number in range(1000, 1060):
        many.add(number, 1, "one of many")
    many.store(opened.data)
    added = fill_by_rule(opened.lake, opened.catalog, "q").added
    assert 15 < added < 50
    assert fill_by_rule(opened.lake, opened.catalog, "q").added == 0


def test_what_there_is_to_read(opened: Opened) -> None:
    """A reviewer reads question and answer, the messages of the last call, and the steps."""
    found = read_content(opened.lake, trace_id(4))
    assert found.input == "Refund A-1, please."
    assert found.call is not None
    assert found.call.output_messages[0]["parts"][0]["name"] == "refund"
    assert [(each.span_type, each.is_error) for each in found.steps] == [
        ("AGENT", False),
        ("TOOL", True),
    ]
    of_tool = read_content(opened.lake, trace_id(4), span_id(3))
    assert of_tool.call is None
    assert [each.tool_name for each in of_tool.steps] == ["refund"]
    with pytest.raises(NotFoundError, match="the trace has no such span"):
        read_content(opened.lake, trace_id(4), span_id(9))


def test_a_copy_stays_when_the_trace_goes(opened: Opened) -> None:
    """A copy is what the trace was, and is synced into a dataset when the trace is gone."""
    (item,) = queue(opened, 4, content="copy")
    before = read_content(opened.lake, trace_id(4))
    delete_traces(Layout(opened.data), [trace_id(4)], progress=lambda _done, _total: None)
    with pytest.raises(NotFoundError, match="no stored trace has it"):
        read_content(opened.lake, trace_id(4))
    copy = read_copy(opened.catalog, item)
    assert copy is not None
    assert unpack(copy) == before
    answer(opened, item, expected_response="Done.")
    synced = sync_expectations(opened.lake, opened.catalog, "q", "golden")
    assert (synced.added, synced.lost) == (1, 0)
    (record,) = iter_records(opened.catalog, find_dataset(opened.catalog, "golden"))
    assert record.inputs == {"input": "Refund A-1, please."}
    assert record.expectations == {"expected_response": "Done."}


def test_answers_become_assessments(opened: Opened) -> None:
    """Feedback and expectations of a completed review are those of the trace, once."""
    (item,) = queue(opened, 5)
    answer(opened, item, correct=True, expected_response="Fine.")
    assert publish(opened.lake, opened.catalog, "q", item) == 2
    assert publish(opened.lake, opened.catalog, "q") == 0
    assert said(opened) == [("correct", True, "ann"), ("expected_response", "Fine.", "ann")]
    (first, _) = list_assessments(opened.lake, AssessmentFilter(name="correct"), limit=1) * 2
    assert (first.trace_id, first.source.source_type) == (trace_id(5), "HUMAN")
    assert first.metadata["spanlake.review.queue"] == "q"


def test_a_changed_answer_overrides(opened: Opened) -> None:
    """A changed answer stands in place of the first, and the history has both."""
    (item,) = queue(opened, 5)
    for value in (True, False, True):
        answer(opened, item, correct=value)
        publish(opened.lake, opened.catalog, "q")
    assert said(opened) == [("correct", True, "ann")]
    assert len(said(opened, with_invalid=True)) == 3
    (label,) = list_labels(opened.catalog)
    (stored,) = list_assessments(opened.lake, AssessmentFilter(), limit=9)
    assert label.assessment_id == stored.assessment_id


def test_a_reopened_review_takes_back(opened: Opened) -> None:
    """A review that is opened again takes its assessments back, and gives them again after."""
    (item,) = queue(opened, 5)
    answer(opened, item, correct=True)
    publish(opened.lake, opened.catalog, "q")
    set_status(opened.catalog, "q", item, "ann", "pending")
    assert publish(opened.lake, opened.catalog, "q") == 1
    assert said(opened) == []
    answer(opened, item, correct=True)
    publish(opened.lake, opened.catalog, "q")
    assert said(opened) == [("correct", True, "ann")]


def test_published_again_after_a_crash(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever dies after the assessment is stored leaves one, and the next notes which it is."""
    (item,) = queue(opened, 5)
    answer(opened, item, correct=True)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("spanlake.storage.labels.publishing.mark_published", die)
        with pytest.raises(KeyboardInterrupt):
            publish(opened.lake, opened.catalog, "q")
    assert publish(opened.lake, opened.catalog, "q") == 1
    assert said(opened) == [("correct", True, "ann")]


def test_an_assessment_that_somebody_deleted(opened: Opened) -> None:
    """An answer that is changed after its assessment was deleted is said anew."""
    (item,) = queue(opened, 5)
    answer(opened, item, correct=True)
    publish(opened.lake, opened.catalog, "q")
    (label,) = list_labels(opened.catalog)
    delete_assessment(opened.lake, label.assessment_id or "")
    answer(opened, item, correct=False)
    publish(opened.lake, opened.catalog, "q")
    assert said(opened) == [("correct", False, "ann")]


def test_decisions_are_published(opened: Opened) -> None:
    """What an adjudicator decides is an assessment of its own, and is what is synced."""
    (item,) = queue(opened, 5, reviewers_per_item=2)
    answer(opened, item, "ann", expected_response="A")
    answer(opened, item, "bob", expected_response="B")
    with pytest.raises(UserError, match="reviewers differ on each"):
        sync_expectations(opened.lake, opened.catalog, "q", "golden")
    adjudicate(opened.catalog, "q", item, "eve", Answer(schema_id="expected_response", value="C"))
    publish(opened.lake, opened.catalog, "q")
    assert [who for _, _, who in said(opened)] == ["ann", "bob", "eve"]
    synced = sync_expectations(opened.lake, opened.catalog, "q", "golden")
    assert (synced.dataset, synced.added, synced.undecided) == ("golden", 1, 0)
    again = sync_expectations(opened.lake, opened.catalog, "q", "golden")
    assert (again.added, again.changed, again.unchanged, again.version) == (0, 0, 1, 1)


def test_labels_in_sql(opened: Opened) -> None:
    """Queues and labels are views, with the values in columns of their types."""
    (item, _) = queue(opened, 5, 6)
    answer(opened, item, correct=True, expected_response="Fine.")
    rows = opened.lake.sql(
        "SELECT name, value, value_bool, value_string, reviewer, is_final, kind FROM labels"
    ).fetchall()
    assert rows == [
        ("correct", "true", True, None, "ann", True, "feedback"),
        ("expected_response", '"Fine."', None, "Fine.", "ann", True, "expectation"),
    ]
    rows = opened.lake.sql(
        "SELECT name, schemas, item_count, complete_count, pending_count FROM queues"
    ).fetchall()
    assert rows == [("q", ["correct", "expected_response"], 2, 1, 1)]
