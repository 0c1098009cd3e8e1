import json
from pathlib import Path

import pyarrow as pa
import pytest
from rows import NOON_NS, Ask, Row, evaluation, message, span, table_of, write

from spanlake.semconv.columns import TEXT_COLUMNS
from spanlake.storage.hot import HotWriter
from spanlake.storage.lake import Lake
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import encode
from spanlake.storage.schema import SPANS

# What other programs rely on: these columns, in this order, before any others.
CONTRACT = {
    "spans": """
        trace_id span_id parent_span_id name otel_kind start_time end_time start_time_ns end_time_ns
        duration_ms status_code status_message is_error error_type error_message service_name
        scope_name scope_version resource attributes events links trace_state flags received_at
        span_type operation provider request_model response_model model request_params response_id
        finish_reasons time_to_first_token_ms input_tokens output_tokens total_tokens
        cache_read_tokens cache_write_tokens reasoning_tokens usage_is_rollup cost_usd cost_source
        price_version system_instructions input_messages output_messages tool_definitions input
        output tool_name tool_call_id tool_arguments tool_result documents agent_name workflow_name
        session_id conversation_id user_id tags metadata environment release experiment app_version
        prompt_name prompt_version dialect semconv_version semconv_errors
    """,
    "traces": """
        trace_id name start_time end_time duration_ms status_code error_count span_count
        llm_call_count tool_call_count input output input_tokens output_tokens total_tokens
        cost_usd unpriced_call_count models tools session_id user_id tags service_name environment
        experiment app_version is_complete
    """,
    "sessions": """
        session_id first_time last_time trace_count user_id input_tokens output_tokens total_tokens
        cost_usd error_count
    """,
    "assessments": """
        assessment_id kind name value value_double value_string value_bool rationale source_type
        source_id target_type trace_id span_id session_id run_id error_code error_message metadata
        scorer_name scorer_digest judge_model judge_input_tokens judge_output_tokens judge_cost_usd
        content_digest created_at overrides is_valid
    """,
}
JSON_COLUMNS = (
    "request_params",
    "system_instructions",
    "input_messages",
    "output_messages",
    "tool_definitions",
    "documents",
)
LAST_TIME = 2**63 - 1
HOSTILE = [
    "",
    "{",
    "nul",
    "null",
    "0",
    '"text"',
    "[1, 2, null, [], {}]",
    "{}",
    '{"role": "user", "content": "alone"}',
    '[{"role": "user"}]',
    '[{"role": "user", "parts": 5}]',
    '[{"role": "user", "parts": {"type": "text", "content": "x"}}]',
    '[{"role": ["user"], "parts": [{"type": "text", "content": "x"}]}]',
    '[{"role": "user", "parts": [1, null, "s", {"type": "text"}, {"type": 3, "content": "x"}]}]',
    '[{"role": "user", "role": "user", "parts": []}]',
    '[{"role": "user", "content": "\\ud800"}]',
    "[NaN, Infinity]",
    "[1e999999]",
    "[" * 100_000 + "]" * 100_000,
    '[{"role": "user", "parts": [{"type": "text", "content": '
    + '{"a":' * 50_000
    + "1"
    + "}" * 50_000
    + "}]}]",
    "\N{BYTE ORDER MARK}[]",
    "x" * 5_000_000,
]


@pytest.mark.parametrize("view", CONTRACT)
def test_contract(view: str, tmp_path: Path) -> None:
    """A view begins with the columns that others rely on."""
    with Lake(tmp_path) as lake:
        columns = lake.sql(f"FROM {view}").columns
    expected = CONTRACT[view].split()
    assert columns[: len(expected)] == expected


@pytest.mark.parametrize(
    ("start_ns", "end_ns", "duration_ms"),
    [
        (NOON_NS, NOON_NS + 1_500_000, 1.5),
        (NOON_NS, NOON_NS - 1, 0.0),
        (NOON_NS, 0, 0.0),
        (0, NOON_NS, 0.0),
        (-(2**63), LAST_TIME, (2**64 - 1) / 1e6),
    ],
)
def test_duration(start_ns: int, end_ns: int, duration_ms: float, tmp_path: Path, ask: Ask) -> None:
    """A duration is never negative, nothing where the start is unknown, and never too long."""
    write(tmp_path, {**span("a"), "start_time_ns": start_ns, "end_time_ns": end_ns})
    assert ask("SELECT duration_ms FROM spans") == [(duration_ms,)]
    assert ask("SELECT duration_ms FROM traces") == [(duration_ms,)]


def test_status(tmp_path: Path, ask: Ask) -> None:
    """A span without a status is UNSET, and an error where its status says so."""
    rows = [("a", None, None), ("b", "OK", False), ("c", "ERROR", None), ("d", None, True)]
    write(
        tmp_path,
        *(span(name, status_code=status, is_error=error) for name, status, error in rows),
    )
    assert ask("SELECT name, status_code, is_error FROM spans ORDER BY name") == [
        ("a", "UNSET", False),
        ("b", "OK", False),
        ("c", "ERROR", True),
        ("d", "UNSET", True),
    ]


@pytest.mark.parametrize("column", TEXT_COLUMNS)
def test_attributes_are_whole(column: str, tmp_path: Path, ask: Ask) -> None:
    """A text that a text column holds for an attribute is in the attribute again, as a string."""
    digit = str(TEXT_COLUMNS.index(column))
    attributes = [("n", "1"), ("text", None), ("none", None)]
    stored = span("a", attributes=attributes, attribute_types=f"i{digit}n")
    write(tmp_path, {**stored, column: "[verbatim"})
    rows = ask("SELECT attributes, attribute_types FROM spans")
    assert rows == [({"n": "1", "text": "[verbatim", "none": None}, "isn")]


def test_attributes_that_repeat_a_key(tmp_path: Path, ask: Ask) -> None:
    """Types that are not one a key are left as they are, digits and all."""
    types = '=[{"key":"1","value":{"intValue":"0"}},{"key":"1"}]'
    write(tmp_path, span("a", attributes=[("1", None)], attribute_types=types, input_messages="x"))
    assert ask("SELECT attributes, attribute_types FROM spans") == [({"1": None}, types)]


def test_spans_without_attributes(tmp_path: Path, ask: Ask) -> None:
    """No attributes and no types are no error."""
    write(tmp_path, span("a", attributes=[], attribute_types=""), span("b"))
    assert ask("SELECT attributes, attribute_types FROM spans ORDER BY name") == [
        ({}, ""),
        (None, None),
    ]


@pytest.mark.parametrize("column", JSON_COLUMNS)
def test_json_columns(column: str, tmp_path: Path) -> None:
    """A JSON column is of type JSON, and NULL where the text is none."""
    write(tmp_path, {**span("a"), column: '{"x": [1]}'}, {**span("b"), column: "{broken"})
    with Lake(tmp_path) as lake:
        shown = lake.sql("FROM spans").order("name").project(column)
        assert str(shown.types[0]) == "JSON"
        assert [value and json.loads(value) for (value,) in shown.fetchall()] == [{"x": [1]}, None]


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"input": "said", "tool_arguments": "{}"}, "said"),
        ({"tool_arguments": '{"q": 1}', "input_messages": "[]"}, '{"q": 1}'),
        ([message("user", "first"), message("user", "a", "b"), message("assistant", "c")], "a\nb"),
        ([{"role": "user", "content": "plain"}], "plain"),
        ([message("system", "be kind")], None),
        ([message("user", "asked"), {"role": "user", "parts": [{"type": "blob"}]}], None),
        ([{"role": "user", "parts": [{"type": "text", "content": {"no": "text"}}]}], None),
        ({}, None),
    ],
)
def test_input(columns: Row | list[object], text: str | None, tmp_path: Path, ask: Ask) -> None:
    """The input is what the span says it is, a tool's arguments, or the last user message."""
    if isinstance(columns, list):
        columns = {"input_messages": json.dumps(columns)}
    write(tmp_path, span("a", **columns))
    assert ask("SELECT input FROM spans") == [(text,)]
    assert ask("SELECT input FROM traces") == [(text,)]


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"output": "said", "tool_result": "4"}, "said"),
        ({"tool_result": "4", "output_messages": "[]"}, "4"),
        ([message("assistant", "a"), message("assistant", "b", "c")], "a\nb\nc"),
        ([{"role": "assistant", "parts": [{"type": "tool_call", "name": "f"}]}], None),
        ([{"role": "tool", "content": "4"}, {"role": "assistant", "content": "four"}], "four"),
    ],
)
def test_output(columns: Row | list[object], text: str | None, tmp_path: Path, ask: Ask) -> None:
    """The output is what the span says it is, a tool's result, or what the assistant said."""
    if isinstance(columns, list):
        columns = {"output_messages": json.dumps(columns)}
    write(tmp_path, span("a", **columns))
    assert ask("SELECT output FROM spans") == [(text,)]
    assert ask("SELECT output FROM traces") == [(text,)]


def test_hostile_texts(tmp_path: Path) -> None:
    """No text in any column makes a query fail, and its neighbours are answered."""
    messages = json.dumps([message("user", "asked")])
    texts = (*JSON_COLUMNS, "input", "output", "tool_arguments", "tool_result", "name")
    for number, hostile in enumerate(HOSTILE):
        columns = dict.fromkeys(texts, hostile) | {"input": None, "tool_arguments": None}
        bad = {**span(f"bad {number}", span_type="LLM", trace_id=f"{number:03}"), **columns}
        write(tmp_path, bad)
        own = evaluation("own", {"spanlake.assessment.value": hostile}, body=hostile)
        score = evaluation(hostile, {"gen_ai.evaluation.score.value": hostile})
        write(tmp_path, own, score, table="logs")
    write(tmp_path, span("good", span_type="LLM", input_messages=messages, trace_id="999"))
    with Lake(tmp_path) as lake:
        for view in ("spans", "llm_calls", "assessments", "sessions", "logs"):
            lake.sql(f"FROM {view}").fetchall()
        traces = lake.sql("SELECT trace_id, input FROM traces ORDER BY trace_id").fetchall()
    assert len(traces) == len(HOSTILE) + 1
    assert traces[-1] == ("999", "asked")


def test_text_that_is_no_utf8(tmp_path: Path, ask: Ask) -> None:
    """Bytes that are no text are replaced, and the rest is read."""
    rows = table_of([span("a"), span("b")], SPANS)
    broken = pa.array([b"a\xff", b"b"]).view(pa.string())
    at = SPANS.get_field_index("name")
    content = encode(rows.set_column(at, SPANS.field(at), broken), [], compression_level=1)
    with HotWriter(Layout(tmp_path)) as writer:
        writer.open_table("spans")
        writer.commit("spans", content)
    assert ask("SELECT name FROM spans ORDER BY name") == [("a?",), ("b",)]


def test_logs(tmp_path: Path, ask: Ask) -> None:
    """A log record is a row; its body is text."""
    write(tmp_path, {"body": '{"a":1}', "body_type": "k", "severity_text": "INFO"}, table="logs")
    assert ask("SELECT body, typeof(body), severity_text FROM logs") == [
        ('{"a":1}', "VARCHAR", "INFO")
    ]


def test_metrics(tmp_path: Path, ask: Ask) -> None:
    """A data point is a row; its value is a number, whichever kind of number it was."""
    write(
        tmp_path, {"name": "a", "value_double": 0.5}, {"name": "b", "value_int": 7}, table="metrics"
    )
    assert ask("SELECT name, value FROM metrics ORDER BY name") == [("a", 0.5), ("b", 7.0)]
