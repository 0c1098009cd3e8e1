"""Stored traces and sessions as records of a dataset."""

from pathlib import Path
from typing import Any

import pytest
from rows import span, write

from spanlake.entities import Expectation, Feedback
from spanlake.errors import UserError
from spanlake.storage.assessments.entry import Entry, Target
from spanlake.storage.assessments.log import log_assessments
from spanlake.storage.catalog.dataset_record import NewRecord
from spanlake.storage.datasets.traces import records_from_traces
from spanlake.storage.lake import Lake
from spanlake.storage.query import QueryError
from spanlake.storage.traces import TraceFilter

A, B, C = "a" * 32, "b" * 32, "c" * 32
ROOT: dict[str, Any] = {"session_id": "s-1"}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Three traces of a session: a function's, a model's whose answer is JSON, and one unsaid."""
    write(
        tmp_path,
        span("1" * 16, trace_id=A, input='{"city": "Rome"}', output='{"days": 3}', **ROOT),
        span("2" * 16, trace_id=B, start_ms=50, input='{"x": 1}', output="{}", span_type="LLM"),
        span("3" * 16, trace_id=C, start_ms=90, name="unsaid", **ROOT),
    )
    return Lake(tmp_path)


def records(lake: Lake, **options: Any) -> list[NewRecord]:  # noqa: ANN401  # as the function has them
    return list(records_from_traces(lake, options.pop("chosen", TraceFilter()), **options))


def test_traces(lake: Lake) -> None:
    """A trace with an input is a record of it, its output and its source."""
    first, second = records(lake)
    assert (first.inputs, first.outputs) == ('{"city":"Rome"}', '{"days":3}')
    assert (first.source.trace_id, first.source.span_id) == (A, "1" * 16)
    assert (first.source.source_type, first.source.session_id) == ("TRACE", "s-1")
    assert (second.inputs, second.outputs) == ('{"input":"{\\"x\\": 1}"}', '"{}"')


def test_expectations_come_along(lake: Lake) -> None:
    """What is expected of a trace is in its record, the last word on each; feedback is not."""
    said: list[Expectation | Feedback] = [
        Expectation(name="days", value=2),
        Expectation(name="days", value=3),
        Feedback(name="good", value=True),
    ]
    for each in said:
        log_assessments(lake, [Entry(target=Target(trace_id=A), said=each)])
    first, second = records(lake)
    assert (first.expectations, second.expectations) == ({"days": 3}, {})


def test_sessions(lake: Lake) -> None:
    """A session is a record of its turns in order."""
    (session,) = records(lake, granularity="session")
    assert session.inputs == '{"turns":["{\\"city\\": \\"Rome\\"}"]}'
    assert session.outputs == '["{\\"days\\": 3}"]'
    assert (session.source.session_id, session.source.trace_id) == ("s-1", None)
    assert session.granularity == "session"


def test_some_of_them(lake: Lake) -> None:
    """A condition, a limit and a share choose; a condition that is none is named."""
    assert [each.source.trace_id for each in records(lake, limit=1)] == [A]
    chosen = TraceFilter(where="trace_id > 'b'")
    assert [each.source.trace_id for each in records(lake, chosen=chosen)] == [B]
    assert len(records(lake, sample=0.999999)) == 2
    with pytest.raises(QueryError, match=r"^--where is nope = 1: .*nope"):
        records(lake, chosen=TraceFilter(where="nope = 1"))
    with pytest.raises(UserError, match=r"^--sample is 0: must be above 0"):
        records(lake, sample=0)
