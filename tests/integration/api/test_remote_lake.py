"""`spanlake.connect("http://…")`: a server's lake from another machine."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import pytest
from server import RunningServer

import spanlake
from spanlake import AssessmentError, AssessmentSource
from spanlake.errors import UserError
from spanlake.storage.files.object_path import path_of
from spanlake.storage.lake import Lake
from spanlake.storage.remote.api import ServerError


class Traced(Protocol):
    """The fixture of that name."""

    trace_id: str
    span_id: str
    session_id: str


def test_questions(server: RunningServer, traced: Traced) -> None:
    """A server answers as its data directory does: SQL, filters, traces and sessions."""
    session = traced.session_id
    with spanlake.connect(f"http://{server.http}") as far, spanlake.connect(server.data) as near:
        query = "SELECT trace_id, attributes FROM spans WHERE session_id = $1 AND start_time < $2"
        values = [session, datetime(2999, 1, 1, tzinfo=UTC)]
        rows = far.sql(query, values).fetchall()
        assert rows == near.sql(query, values).fetchall()
        assert [trace_id for trace_id, _ in rows] == [traced.trace_id]
        chosen = {
            "filter_string": f"session = '{session}' AND SPAN(name = 'answer')",
            "where": "span_count = 1 -- one",
            "experiment": "api",
            "order_by": "duration DESC",
            "max_results": 2,
            "include_spans": False,
        }
        assert far.traces(**chosen) == near.traces(**chosen)  # type: ignore[arg-type]  # by name
        found = far.session(session)
        assert (found, len(found.traces)) == (near.session(session), 1)


def test_feedback(server: RunningServer, traced: Traced) -> None:
    """What a notebook says over HTTP is stored, with its history."""
    ann = AssessmentSource("HUMAN", "ann")
    with spanlake.connect(f"http://{server.http}") as far, spanlake.connect(server.data) as near:
        said = far.log_feedback(
            trace_id=traced.trace_id, name="tone", value={"a": [1]}, rationale="é", source=ann
        )
        far.log_feedback(
            trace_id=traced.trace_id, name="judge", error=AssessmentError("TIMEOUT", "30 s")
        )
        far.log_expectation(trace_id=traced.trace_id, name="expected", value=["x"], source=ann)
        new = far.override_feedback(assessment_id=said.assessment_id, value=2, source=ann)
        stored = {each.name: each for each in near.trace(traced.trace_id).assessments}
        assert (stored["tone"].value, stored["tone"].overrides) == (2, said.assessment_id)
        assert stored["judge"].error == AssessmentError("TIMEOUT", "30 s")
        assert (stored["expected"].value, stored["expected"].source) == (["x"], ann)
        assert far.delete_assessment(assessment_id=new.assessment_id, source=ann, reason="no")
        again = {each.name: each for each in near.trace(traced.trace_id).assessments}
        assert again["tone"] == said
        with pytest.warns(UserWarning, match="the target of 'tone' is not stored yet"):
            far.log_feedback(trace_id="f" * 32, name="tone", value=1)


@pytest.mark.parametrize(
    ("ask", "mistake"),
    [
        (lambda lake: lake.sql("SELECT nope FROM traces"), '"nope" not found'),
        (lambda lake: lake.traces("nope = 1"), "filter, character 1: nope is no field"),
        (lambda lake: lake.traces(where="nope = 1"), '"nope" not found'),
        (lambda lake: lake.layout, "must be the data directory or bucket itself for this"),
        (lambda lake: lake.delete_assessment(assessment_id="a b"), "assessment_id is 'a b'"),
        (lambda lake: lake.trace("ff"), "TRACE_ID is ff"),
    ],
)
def test_mistakes(server: RunningServer, ask: Callable[[Lake], object], mistake: str) -> None:
    """A mistake is told in the words that there are beside the data."""
    with (
        spanlake.connect(f"http://{server.http}/") as far,
        pytest.raises(UserError, match=mistake),
    ):
        ask(far)


def test_no_server() -> None:
    """What is no server, or not to be asked of one, is named."""
    with (
        spanlake.connect("http://127.0.0.1:9") as far,
        pytest.raises(ServerError, match=r"http://127\.0\.0\.1:9 does not answer as a Spanlake"),
    ):
        far.sql("SELECT 1")
    with pytest.raises(UserError, match="must not be said of a server"):
        spanlake.connect("http://127.0.0.1:9", as_of=datetime.now(UTC))
    with pytest.raises(UserError, match=r"--data is http://x: must be the data directory"):
        path_of("http://x")
