"""Which traces a filter finds."""

from datetime import UTC, datetime

import pytest

from spanlake.storage.lake import Lake
from spanlake.storage.search.compile import compile_filter, filter_as_sql, filter_condition
from spanlake.storage.search.errors import FilterError
from spanlake.storage.search.fields import SCOPES, Field, FieldKind, all_fields

# The traces of the lake start at 14:13:20, 14:14:20 and 14:15:20 on this day.
NOW = datetime(2026, 9, 21, 15, tzinfo=UTC)

FILTERS = [
    ("", "abc"),
    # Of the trace.
    (f"trace_id = 'tr-{'A' * 32}'", "a"),
    ("request_id IN ('%s')" % ("b" * 32), "b"),
    ("name = 'plan a trip'", "a"),
    ("trace.name LIKE 'p%' AND attributes.name != 'pay'", "a"),
    ("tags.`mlflow.traceName` ILIKE 'PLAN%'", "a"),
    ("name RLIKE '^(pay|late)$'", "bc"),
    ("name NOT RLIKE 'a' OR name CONTAINS 'TRIP'", "a"),
    ("status = 'OK'", "a"),
    ("status = 'error'", "b"),
    ("status != 'OK'", "bc"),
    ("status IN ('IN_PROGRESS')", "c"),
    ("status_code = 'UNSET'", "c"),
    ("has_errors", "b"),
    ("NOT has_errors", "ac"),
    ("has_errors = false AND NOT is_complete", "c"),
    ("duration > 2.5s", "a"),
    ("execution_time_ms >= 10 AND execution_time_ms <= 3000", "abc"),
    ("latency BETWEEN 1ms AND 1s", "bc"),
    ("cost > 0.4 AND total_tokens >= 1500", "a"),
    ("total_tokens IS NULL", "bc"),
    ("NOT total_tokens > 5", "bc"),
    ("span_count = 3 OR span_count IN (1)", "ac"),
    ("model = 'gpt-4o'", "a"),
    ("model != 'gpt-4o'", "bc"),
    ("model LIKE 'gpt%' AND tool IN ('web', 'mail')", "a"),
    ("model IS NULL", "bc"),
    ("model IS NOT NULL", "a"),
    ("session = 's-1' OR session_id = 's-2'", "ac"),
    ("metadata.`mlflow.trace.session` = 's-1'", "a"),
    ("request_metadata.mlflow.trace.user = 'bob'", "b"),
    ("user NOT IN ('ada')", "bc"),
    ("tags = 'eu'", "a"),
    ("tag NOT LIKE 'e%'", "bc"),
    ("env = 'prod' AND version = '1.2' AND service = 'bot' AND experiment = 'travel'", "a"),
    ("input CONTAINS 'rome' AND output LIKE 'By%'", "a"),
    # Of time.
    ("start_time > '2026-09-21T14:14'", "bc"),
    ("timestamp_ms <= 1790000060000", "ab"),
    ("timestamp = 1790000060000", "b"),
    ("start_time = '2026-09-21'", "abc"),
    ("start_time = '2026-09-21T16:15+02:00'", "c"),
    ("start_time != '2026-09-21T14:13'", "bc"),
    ("start_time >= 46m ago", "bc"),
    ("end_time BETWEEN '2026-09-21T14:14' AND '2026-09-21T14:15'", "b"),
    # What any span says.
    ("'the bank'", "b"),
    ("text LIKE '%Bank'", "b"),
    ("text NOT LIKE '%Bank'", "ac"),
    ("trace.text ILIKE '0.7'", "a"),
    ("tag.plan = 'pro'", "a"),
    ("tag.tier = 'gold'", "a"),
    ("tag.tier IS NULL", "bc"),
    ("metadata.seats > 5 AND metadata.seats != 13", "a"),
    ("metadata.plan NOT LIKE 'p%'", ""),
    ("NOT metadata.plan LIKE 'p%'", "abc"[1:]),
    ("resource.`k8s.pod` = 'p-7'", "b"),
    ("prompt = 'qa/4'", "a"),
    # Of spans: one span where they are in one chain, several where they are not.
    ("span.name = 'chat'", "ab"),
    ("span.name = 'chat' AND span.type = 'TOOL'", "b"),
    ("(span.name = 'chat') AND (span.type = 'TOOL')", "ab"),
    ("SPAN(name = 'chat' AND type = 'LLM') AND SPAN(span.tool = 'web')", "a"),
    ("SPAN(type = 'LLM' OR NOT (name = 'chat' OR name = 'late' OR parent_id IS NULL))", "a"),
    ("NOT SPAN(type = 'TOOL')", "c"),
    ("NOT span.type = 'TOOL' AND span.name IS NOT NULL", "c"),
    ("span.name = 'chat' AND status = 'ERROR' AND span.type = 'TOOL'", "b"),
    ("span.type = 'CHAT_MODEL'", "a"),
    ("span.status = 'ERROR' AND span.error_type = 'TimeoutError'", "b"),
    ("span.attributes.temperature LIKE '%0.7%'", "a"),
    ("span.attributes.http.status_code >= 200", "a"),
    ("span.attributes.`http.status_code` = 200 AND span.attributes.stream = true", "a"),
    ("span.attributes.temperature BETWEEN 0.5 AND 1 AND span.duration < 2s", "a"),
    ("span.content LIKE '%Bank%'", "b"),
    ("span.finish_reason = 'stop' AND span.input_tokens > 1000 AND span.cost < 1", "a"),
    ("SPAN(is_error)", "b"),
    # Of assessments.
    ("feedback.quality > 3", "a"),
    ("feedback.quality = 'good'", "a"),
    ("feedback.quality = '1'", "b"),
    ("feedback.quality != '1'", "a"),
    ("feedback.quality IS NULL", "c"),
    ("feedback.correct = true", "a"),
    ("feedback.correct = 'true'", "a"),
    ("feedback.broken IS NOT NULL", ""),
    ("expectation.city ILIKE 'rome'", "a"),
    ("feedback.city IS NOT NULL", ""),
    ("assessment.source_type = 'human' AND assessment.value >= 4", "a"),
    ("ASSESSMENT(name = 'broken' AND error = 'Timeout')", "b"),
    ("NOT ASSESSMENT(kind = 'feedback')", "c"),
    # Together.
    (
        "time > '2026-09-21' AND (span.type = 'TOOL' OR session = 's-2') AND NOT user = 'ada'",
        "bc",
    ),
]


@pytest.mark.parametrize(("text", "found"), FILTERS)
def test_a_filter_finds(lake: Lake, text: str, found: str) -> None:
    """A filter finds the traces that it is true of, as a bound condition and as written SQL."""
    assert _ids(lake, text) == found
    written = filter_as_sql(text, now=NOW)
    assert "$p" not in written
    rows = lake.sql(written).project("trace_id").fetchall()
    assert "".join(sorted(trace_id[0] for (trace_id,) in rows)) == found


@pytest.mark.parametrize(("text", "found"), FILTERS)
def test_what_a_filter_leads_to(lake: Lake, text: str, found: str) -> None:
    """The candidates of a filter are at least what it finds, and are it if they decide."""
    compiled = compile_filter(text, now=NOW)
    if compiled.candidates is None:
        assert not compiled.is_decided
        return
    rows = lake.sql(compiled.candidates.sql, dict(compiled.candidates.params)).fetchall()
    candidates = {trace_id[0] for (trace_id,) in rows}
    assert candidates >= set(found)
    assert not compiled.is_decided or candidates == set(found)


def _ids(lake: Lake, text: str) -> str:
    condition = filter_condition(text, now=NOW)
    found = lake.sql(f"FROM traces WHERE {condition.sql}", dict(condition.params) or None)
    rows = found.project("trace_id").fetchall()
    return "".join(sorted(trace_id[0] for (trace_id,) in rows))


def test_values_are_bound() -> None:
    """No value is part of the SQL, whatever it is."""
    typed = "'; DROP VIEW traces; --"
    condition = filter_condition(f"name = {typed!r} AND tag.`{typed}` IN ({typed!r}, 'b')")
    assert "DROP" not in condition.sql
    assert list(condition.params.values()).count(typed) == 3


def test_written_values_stay_values(lake: Lake) -> None:
    """In SQL written for people, quotes and parameter names in a value stand for themselves."""
    text = "name = 'it''s $p1' OR tag.`$key` = '$p2'"
    assert lake.sql(filter_as_sql(text)).fetchall() == []


def test_a_time_bounds_what_spans_are_read() -> None:
    """Spans are looked for from the time on at which the traces have to have started."""
    since, then = datetime(2026, 9, 21, tzinfo=UTC), datetime(2026, 9, 22, tzinfo=UTC)
    compiled = compile_filter("start_time >= '2026-09-22' AND NOT SPAN(type = 'LLM')", since=since)
    assert "span_type = $p2 AND start_time >= $p3" in compiled.condition.sql
    assert compiled.condition.params["p3"] == then
    either = compile_filter("start_time >= '2026-09-22' OR SPAN(type = 'LLM')")
    assert "AND start_time" not in either.condition.sql


@pytest.mark.parametrize(
    ("text", "at", "reason", "suggestion"),
    [
        ("nme = 'x'", "nme", "nme is no field of a trace", "name"),
        ("span.nam = 'x'", "span.nam", "span.nam is no field of a trace", "span.name"),
        ("feedbak.q = 1", "feedbak.q", "feedbak.q is no field of a trace", "feedback.q"),
        ("feedback > 1", "feedback", "feedback needs a name: type feedback. and", None),
        ("issue.id = 'x'", "issue.id", "issue.id is no field of a trace; names with a dot", None),
        ("refund", "refund", "refund is no field of a trace; to look for a text", "'refund'"),
        ("SPAN(has_errors)", "has_errors", "has_errors is no field of a span: in SPAN(", None),
        ("SPAN(SPAN(id = '1'))", "SPAN", "SPAN(...) stands inside of SPAN(...)", None),
        ("status = 'OKAY'", "'OKAY'", "'OKAY' does not fit status: must be OK, ERROR or", "'OK'"),
        ("session = 42", "42", "42 does not fit session: must be a text in quotes", "'42'"),
        ("cost > '5'", "'5'", "'5' does not fit cost_usd: must be a number, without", "5"),
        ("cost > 1e999", "1e999", "1e999 does not fit cost_usd: must be a number of up to", None),
        ("metadata.x > 'y'", "'y'", "'y' does not fit metadata.: must be a number", None),
        ("duration > 'x'", "'x'", "'x' does not fit duration: must be a duration, such as", None),
        ("start_time > 7d", "7d", "7d does not fit start_time: must be a time", "7d ago"),
        ("start_time > 1e99", "1e99", "1e99 does not fit start_time: must be a time", None),
        ("start_time > 'soon'", "'soon'", "'soon' does not fit start_time", None),
        ("has_errors = 'true'", "'true'", "'true' does not fit has_errors: must be true", "true"),
        ("name RLIKE '('", "'('", "'(' does not fit name: must be a regular expression", None),
        ("cost LIKE 'x'", "LIKE", "cost has no LIKE: must be one of =, !=, <", None),
        ("text = 'x'", "=", "text has no =: must be one of LIKE, ILIKE, RLIKE, CONTAINS", None),
        ("name NOT IN (1)", "1", "1 does not fit name: must be a text in quotes", "'1'"),
        ("name", "name", "name is neither true nor false: compare it, with =", None),
    ],
)
def test_a_mistake_is_pointed_at(text: str, at: str, reason: str, suggestion: str | None) -> None:
    """What a field is not, or cannot be, is pointed at, with the rule and what may be meant."""
    with pytest.raises(FilterError) as raised:
        filter_condition(text)
    error = raised.value
    assert text[error.place.start : error.place.end].rstrip("(") == at
    assert error.reason.startswith(reason)
    assert error.suggestion == suggestion


_QUESTIONS = {
    FieldKind.CHOICE: ["LIKE 'x'", "IS NULL"],
    FieldKind.LIST: ["= 'x'", "IN ('x')", "RLIKE 'x'", "IS NULL"],
    FieldKind.WORD: ["= 'x'", "> 1", "= true", "IS NOT NULL"],
    FieldKind.NUMBER: ["> 1", "NOT IN (1, 2)", "IS NULL"],
    FieldKind.DURATION: ["> 1s", "NOT BETWEEN 1 AND 2", "IS NULL"],
    FieldKind.TIME: ["= '2026-11-21'", "> 1h ago", "IS NULL"],
    FieldKind.BOOLEAN: ["= true", "", "IS NULL"],
    FieldKind.CONTENT: ["CONTAINS 'x'", "NOT LIKE 'x'"],
    FieldKind.ASSESSMENT: ["= 'x'", "!= '4'", "> 1", "= true", "IS NULL", "LIKE 'x'"],
}
_OF_TEXT = ["= 'x'", "NOT ILIKE 'x'", "IN ('x', 'y')", "CONTAINS 'x'", "IS NOT NULL"]
EVERY_FIELD = [field for scope in SCOPES for field in all_fields(scope)]


@pytest.mark.parametrize("field", EVERY_FIELD, ids=lambda field: field.shown_name)
def test_every_field_is_there(lake: Lake, field: Field) -> None:
    """All that a field can be asked is SQL that the views answer, inside of groups and outside."""
    name = field.shown_name + ("key" if field.is_family else "")
    asked = [f"{name} {question}" for question in _QUESTIONS.get(field.kind, _OF_TEXT)]
    if field.values:
        asked += [f"{name} = '{value}'" for value in field.values]
    everything = " OR ".join(asked)
    text = everything if field.scope == "trace" else f"{asked[0]} OR {field.scope}({everything})"
    assert set(_ids(lake, text)) <= set("abc")
