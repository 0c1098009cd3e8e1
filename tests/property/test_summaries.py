"""Traces and calls as they are kept against traces and calls as they are summed up anew."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from rows import Row, span, write

from spanlake.storage.lake import Lake
from spanlake.storage.layout import Layout
from spanlake.storage.upkeep import Upkeep

TRACES = [letter * 32 for letter in "abcd"]
SPANS = [f"{number:016x}" for number in range(5)]
RESPONSES = [None, "r1", "r2", "r3"]
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)

_SPAN = st.builds(
    lambda trace, span_id, parent, kind, tokens, response, start, words: {
        "trace_id": trace,
        "span_id": span_id,
        "parent_span_id": parent if parent != span_id else None,
        "span_type": kind,
        "provider": "openai" if response else None,
        "model": "gpt-5" if kind == "LLM" else None,
        "input_tokens": tokens,
        "total_tokens": tokens,
        "cost_usd": None if tokens is None else tokens / 8,
        "response_id": response,
        "start_ms": start,
        "input": words,
        "session_id": words,
    },
    st.sampled_from(TRACES),
    st.sampled_from(SPANS),
    st.sampled_from([None, *SPANS]),
    st.sampled_from([None, "LLM", "TOOL", "AGENT"]),
    st.sampled_from([None, 1, 8]),
    st.sampled_from(RESPONSES),
    st.integers(0, 20),
    st.sampled_from([None, "s", "t"]),
)
_LOG = st.builds(
    lambda trace, span_id, response, kind, at: {
        "trace_id": trace,
        "span_id": span_id,
        "response_id": response,
        "content_kind": kind,
        "said_at_ns": at,
        "input_messages": '[{"role": "user", "parts": [{"type": "text", "content": "hi"}]}]',
    },
    st.sampled_from(TRACES),
    st.sampled_from([None, *SPANS]),
    st.sampled_from(RESPONSES),
    st.sampled_from(["whole", "part", "context"]),
    st.integers(0, 3),
)
_COMMIT = st.tuples(st.just("spans"), st.lists(_SPAN, min_size=1, max_size=4)) | st.tuples(
    st.just("logs"), st.lists(_LOG, min_size=1, max_size=2)
)
_ACTION = _COMMIT | st.sampled_from(["seal", "sum up", "sweep", "ask"])


def act(data: Path, upkeep: Upkeep, action: Any, moment: int) -> None:  # noqa: ANN401  # see _ACTION
    """Do one thing to a lake. moment: of arrival of what is committed."""
    match action:
        case "seal":
            for table in ("spans", "logs"):
                upkeep.run(table, fanout=3)
        case "sum up":
            upkeep.sum_up()
        case "sweep":
            for table in ("spans", "logs"):
                upkeep.tidy(table, hot_grace=-1.0, sealed_grace_hours=0)
        case ("spans", rows):
            write(data, *(_span(row, moment) for row in rows))
        case ("logs", rows):
            received = span("", received_ms=moment)["received_at"]
            write(data, *({**row, "received_at": received} for row in rows), table="logs")


def _span(row: dict[str, Any], moment: int) -> Row:
    rest = {**row}
    span_id, parent = rest.pop("span_id"), rest.pop("parent_span_id")
    return span(span_id, parent, received_ms=moment, **rest)


def shown(lake: Lake) -> list[list[tuple[Any, ...]]]:
    """All traces, calls and sessions."""
    queries = (
        "FROM traces ORDER BY ALL",
        "SELECT * EXCLUDE (input_messages, output_messages) FROM llm_calls ORDER BY ALL",
        "FROM sessions ORDER BY ALL",
    )
    return [lake.sql(query).fetchall() for query in queries]


def span_row(trace: str, response: str, span_id: str = SPANS[0]) -> dict[str, Any]:
    return {
        "trace_id": trace,
        "span_id": span_id,
        "parent_span_id": None,
        "span_type": "LLM",
        "provider": "openai",
        "total_tokens": 8,
        "response_id": response,
    }


@settings(max_examples=6)
@given(st.lists(_ACTION, max_size=9))
@example(
    # Nothing is kept: what is asked again is summed up beside what was, partners included.
    [
        ("spans", [span_row(TRACES[0], "r1"), span_row(TRACES[3], "r3")]),
        "ask",
        ("spans", [span_row(TRACES[1], "r1", SPANS[1])]),
        "ask",
        ("logs", [{"trace_id": TRACES[3], "span_id": SPANS[0], "content_kind": "whole"}]),
        ("spans", [span_row(TRACES[0], "r2", SPANS[1])]),
    ]
)
@example(
    # The second trace tells of the response that the first one was billed for.
    [
        ("spans", [span_row(TRACES[0], "r1")]),
        "seal",
        "sum up",
        ("spans", [span_row(TRACES[1], "r1"), span_row(TRACES[1], "r2", SPANS[1])]),
        "seal",
        "sweep",
        ("spans", [span_row(TRACES[2], "r2")]),
    ]
)
def test_kept_sums_are_those_of_the_spans(actions: list[Any]) -> None:
    """Whatever was sealed, summed up and swept in between, traces and calls say what spans say."""
    with TemporaryDirectory() as folder:
        data = Path(folder)
        upkeep = Upkeep(Layout(data))
        with Lake(data) as open_since:
            for moment, action in enumerate(actions):
                if action == "ask":
                    shown(open_since)
                else:
                    act(data, upkeep, action, moment)
            # One that was opened before, one that is opened now, and one that uses no summaries.
            with Lake(data) as opened, Lake(data, as_of=FOREVER) as summing:
                expected = shown(summing)
                assert shown(opened) == expected
                assert shown(open_since) == expected
