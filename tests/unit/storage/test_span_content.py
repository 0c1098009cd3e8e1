"""What log records say of a span is seen on the span, in whatever order they came."""

import json
from itertools import permutations
from pathlib import Path

import pytest
from captures import Capture, store
from otlp_requests import CORPUS
from rows import NOON_NS, Ask, Row, message, span, write


def said(kind: str, at: int = 0, **columns: object) -> Row:
    """A log record of span `a`; `at` counts nanoseconds. Messages are given as a list."""
    texts = {
        name: json.dumps(value) if isinstance(value, list) else value
        for name, value in columns.items()
    }
    of_span = {"trace_id": "t", "span_id": "a"}
    return {**of_span, "content_kind": kind, "said_at_ns": NOON_NS + at, **texts}


ROLES = "SELECT json_extract_string(input_messages, '$[*].role') FROM spans"
ASKED = said("part", 1, input_messages=[message("user", "asked")])
ANSWERED = said("part", 2, output_messages=[message("assistant", "answered")])


@pytest.mark.parametrize("order", [*permutations(["spans", "asked", "answered"])])
def test_any_order(order: tuple[str, ...], tmp_path: Path, ask: Ask) -> None:
    """Span and log records may come in any order, and in any number of files."""
    for each in order:
        if each == "spans":
            write(tmp_path, span("a", span_type="LLM"), span("b"))
        else:
            write(tmp_path, {"asked": ASKED, "answered": ANSWERED}[each], table="logs")
    seen = [("a", "asked", "answered"), ("b", None, None)]
    assert ask("SELECT span_id, input, output FROM spans ORDER BY span_id") == seen
    assert ask("SELECT span_id, input, output FROM llm_calls") == seen[:1]
    assert ask("SELECT input, output FROM traces") == [("asked", "answered")]


def test_the_span_goes_first(tmp_path: Path, ask: Ask) -> None:
    """What a span says itself stands, column by column; log records fill what it leaves empty."""
    own = json.dumps([message("user", "own")])
    write(tmp_path, span("a", input_messages=own, session_id="own"))
    texts = {"system_instructions": "[1]", "tool_definitions": "[2]"}
    context = {"session_id": "s", "user_id": "u"}
    write(tmp_path, ASKED, ANSWERED, said("whole", 3, **texts, **context), table="logs")
    assert ask(
        "SELECT input, output, session_id, user_id, system_instructions, tool_definitions"
        " FROM spans"
    ) == [("own", "answered", "own", "u", "[1]", "[2]")]
    assert ask("SELECT session_id, user_id, session_ids, user_ids FROM traces") == [
        ("own", "u", ["own"], ["u"])
    ]


def test_messages_one_by_one(tmp_path: Path, ask: Ask) -> None:
    """Messages that were told one by one are one list, in the order of their time."""
    write(tmp_path, span("a"))
    turns = ["system", "user", "assistant", "tool"]
    records = [
        said("part", at, input_messages=[message(role, f'"{at}", [')])
        for at, role in enumerate(turns)
    ]
    empty = said("part", 9, input_messages=[])
    write(tmp_path, records[2], records[0], empty, table="logs")
    write(tmp_path, records[3], records[1], table="logs")
    assert ask(ROLES) == [(turns,)]
    assert ask("SELECT input FROM spans") == [('"1", [',)]


def test_a_record_that_came_twice(tmp_path: Path, ask: Ask) -> None:
    """A message that was stored twice is in the list once; said again later it is there again."""
    write(tmp_path, span("a"))
    again = {**ASKED, "said_at_ns": NOON_NS + 5}
    write(tmp_path, ASKED, again, ASKED, table="logs")
    write(tmp_path, ASKED, table="logs")
    assert ask(ROLES) == [(["user", "user"],)]


def test_details(tmp_path: Path, ask: Ask) -> None:
    """The last record that tells a call whole counts, and before messages told one by one."""
    write(tmp_path, span("a"))
    write(
        tmp_path,
        said("whole", 4, input_messages=[message("user", "last")]),
        said("whole", 3, input_messages=[message("user", "first")]),
        said("part", 9, input_messages=[message("user", "single")]),
        ANSWERED,
        table="logs",
    )
    assert ask("SELECT input, output FROM spans") == [("last", "answered")]


@pytest.mark.parametrize(
    ("kind", "span_type", "seen"),
    [
        ("whole", None, ("LLM", 1)),
        ("part", None, ("LLM", 1)),
        ("context", None, (None, 0)),
        ("whole", "CHAIN", ("CHAIN", 0)),
        ("whole", "EMBEDDING", ("EMBEDDING", 1)),
    ],
)
def test_span_type(
    kind: str, span_type: str | None, seen: tuple[str | None, int], tmp_path: Path, ask: Ask
) -> None:
    """A span that does not say what it is, is a model call if log records tell of one in it."""
    write(tmp_path, span("a", span_type=span_type))
    write(tmp_path, said(kind, user_id="u"), table="logs")
    assert ask("SELECT span_type, llm_call_count FROM spans JOIN traces USING (trace_id)") == [seen]
    assert ask("SELECT count(*), max(user_id) FROM llm_calls") == [
        (seen[1], "u" if seen[1] else None)
    ]


@pytest.mark.parametrize(
    ("record", "seen"),
    [
        ({"span_id": None, "response_id": "r"}, "asked"),
        ({"span_id": None, "response_id": "q"}, None),
        ({"span_id": None, "response_id": ""}, None),
        ({"span_id": None}, None),
        ({"trace_id": "other", "span_id": None, "response_id": "r"}, None),
        ({"trace_id": None, "span_id": None, "response_id": "r"}, None),
        ({"trace_id": "other"}, None),
        ({"span_id": "b", "response_id": "r"}, None),
        ({"content_kind": None}, None),
    ],
    ids=str,
)
def test_whose_record(record: Row, seen: str | None, tmp_path: Path, ask: Ask) -> None:
    """A record is of its span; without one, of the span of its trace that got its response."""
    write(tmp_path, span("a", response_id="r"), span("c", response_id=""))
    write(tmp_path, {**ASKED, **record}, table="logs")
    assert ask("SELECT input FROM spans ORDER BY span_id") == [(seen,), (None,)]


def test_attributes_are_the_spans_own(tmp_path: Path, ask: Ask) -> None:
    """What log records say is never taken for an attribute of the span."""
    write(tmp_path, span("a", attributes=[("k", None)], attribute_types="0"))
    write(tmp_path, ASKED, table="logs")
    assert ask("SELECT attributes, input FROM spans") == [({"k": None}, "asked")]


@pytest.mark.parametrize("text", ["", "[", "]", "null", "{}", "[]", "[1,", '"x"', "[" * 5000])
def test_messages_that_are_no_list(text: str, tmp_path: Path, ask: Ask) -> None:
    """Whatever a record holds, no query fails, and the record beside it is read."""
    write(tmp_path, span("a"), span("b"))
    write(tmp_path, {**ASKED, "input_messages": text, "span_id": "b"}, ASKED, table="logs")
    assert ask("SELECT input FROM spans ORDER BY span_id")[0] == ("asked",)
    assert len(ask("FROM traces")) == 1


def test_logs_of_a_conversation(tmp_path: Path, ask: Ask) -> None:
    """Calls whose messages a real instrumentor logged one by one have all of them, in order."""
    capture = Capture.read(
        CORPUS / "otel-contrib-openai-v2-old" / "multi_turn_session.expected.json"
    )
    store([capture], tmp_path)
    turns = ["system", "user", "assistant", "user", "assistant", "user"]
    query = (
        "SELECT json_extract_string(input_messages, '$[*].role'), output FROM llm_calls"
        " ORDER BY start_time"
    )
    texts = [call["text"] for call in capture.expected["calls"]]
    assert ask(query) == [(turns[: 2 * turn], texts[turn - 1]) for turn in (1, 2, 3)]
    assert ask("SELECT output FROM traces") == [(texts[-1],)]
