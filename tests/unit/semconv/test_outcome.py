import pyarrow as pa
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from spans import Attributes, SpanSpec, raw_spans

from spanlake.semconv.normalise import default_normaliser

THROWN: Attributes = {"exception.type": "ValueError", "exception.message": "no such order"}
ERROR = Status(code=Status.STATUS_CODE_ERROR, message="it broke")
OK = Status(code=Status.STATUS_CODE_OK)


@pytest.mark.parametrize(
    ("spec", "is_error", "kind", "message"),
    [
        (SpanSpec(), False, None, None),
        (SpanSpec(status=OK), False, None, None),
        (SpanSpec(status=ERROR), True, None, "it broke"),
        (SpanSpec({"error.type": "timeout"}), True, "timeout", None),
        (SpanSpec({"error.type": "timeout"}, status=OK), False, None, None),
        (SpanSpec(events=[("exception", THROWN)]), True, "ValueError", "no such order"),
        (SpanSpec(events=[("exception", THROWN)], status=ERROR), True, "ValueError", "it broke"),
        (SpanSpec(events=[("exception", THROWN)], status=OK), False, None, None),
        (
            SpanSpec(events=[("exception", {**THROWN, "exception.escaped": False})]),
            False,
            None,
            None,
        ),
        (
            SpanSpec(events=[("exception", {**THROWN, "exception.escaped": "False"})]),
            False,
            None,
            None,
        ),
        (SpanSpec(events=[("log", THROWN)]), False, None, None),
    ],
)
def test_whether_and_how_a_span_failed(
    spec: SpanSpec, *, is_error: bool, kind: str | None, message: str | None
) -> None:
    """A span failed when its status says so or, with none, when an error or exception does."""
    table = (
        default_normaliser().normalise(raw_spans(SpanSpec(), spec), pa.nulls(2, pa.string())).table
    )
    assert table["is_error"].to_pylist() == [False, is_error]
    assert table["error_type"].to_pylist() == [None, kind]
    assert table["error_message"].to_pylist() == [None, message]


def test_the_last_exception_counts() -> None:
    """Of several exceptions the last one tells what the span failed of."""
    events = [("exception", {**THROWN, "exception.type": "KeyError"}), ("exception", THROWN)]
    table = (
        default_normaliser()
        .normalise(raw_spans(SpanSpec(events=events)), pa.nulls(1, pa.string()))
        .table
    )
    assert table["error_type"].to_pylist() == ["ValueError"]
