"""Labeling sessions from a notebook."""

from pathlib import Path

import pytest
from page_lake import own_traces, trace_id

import spanlake
from spanlake import labeling
from spanlake.entities.review import Answer
from spanlake.errors import NotFoundError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.labels.reviews import save_answer, set_status
from spanlake.storage.catalog.location import default_location


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A lake with traces."""
    own_traces().store(tmp_path)
    return tmp_path


def test_from_traces_to_a_dataset(data: Path) -> None:
    """Traces come in by id, as objects and by a filter, and what is expected goes out."""
    schema = spanlake.create_label_schema(
        "polite", type="feedback", input=labeling.InputPassFail(), title="Is it polite?", data=data
    )
    session = spanlake.create_labeling_session(
        "q 1/2", label_schemas=[schema, "expected_facts"], assigned_users=["ann"], data=data
    )
    with spanlake.connect(data) as lake:
        session.add_traces(lake.traces("error_count > 0"))
    session.add_traces([trace_id(5)]).add_traces(filter_string="span_count > 100", limit=1)
    assert [each.trace_id for each in session.items] == [trace_id(n) for n in (4, 5, 2)]
    assert session.url.startswith("http://localhost:4318/review/q-")
    assert [each.name for each in session.label_schemas] == ["polite", "expected_facts"]
    with Catalog.open(default_location(data)) as catalog:
        for item in session.items[:2]:
            said = Answer(schema_id="expected_facts", value=["It is."])
            save_answer(catalog, session.labeling_session_id, item.item_id, "ann", said)
            set_status(catalog, session.labeling_session_id, item.item_id, "ann", "complete")
    synced = session.sync("golden")
    assert (synced.added, synced.undecided) == (2, 0)
    records = spanlake.datasets.get_dataset("golden", data=data).records
    assert [each.expectations for each in records] == [{"expected_facts": ["It is."]}] * 2
    assert [each.value for each in session.labels] == [["It is."]] * 2
    assert session.agreement()[0].labels == 0
    with spanlake.connect(data) as lake:
        assert lake.sql("SELECT count(*) FROM assessments").fetchall() == [(2,)]


def test_sessions_are_found(data: Path) -> None:
    """Sessions are listed and found by name, changed, closed and deleted."""
    made = spanlake.create_labeling_session("q", label_schemas=["guidelines"], data=data)
    assert labeling.get_labeling_session("q", data=data).queue == made.queue
    assert made.url == "http://localhost:4318/review/q"
    assert made.set_assigned_users(["ann", "bob"]).assigned_users == ("ann", "bob")
    made.close()
    assert made.queue.closed_at is not None
    assert [each.name for each in labeling.get_labeling_sessions(data=data)] == ["q"]
    labeling.delete_labeling_session("q", data=data)
    with pytest.raises(NotFoundError):
        labeling.get_labeling_session("q", data=data)


def test_questions_are_found(data: Path) -> None:
    """Questions are listed, found by name and deleted."""
    taken = labeling.InputCategorical(options=["a", "b"])
    spanlake.create_label_schema("letter", type="feedback", input=taken, data=data)
    assert labeling.get_label_schema("letter", data=data).input == taken
    labeling.delete_label_schema("letter", data=data)
    assert [each.name for each in labeling.list_label_schemas(data=data)] == [
        "expected_facts",
        "expected_response",
        "guidelines",
    ]
