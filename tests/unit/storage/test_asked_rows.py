"""What is read off a query: which rows of the one view that it reads it can be about."""

from collections.abc import Mapping, Sequence

import pytest

from spanlake.storage.asked_rows import Asked, asked_rows

Params = Sequence[object] | Mapping[str, object] | None

COLUMNS = {"spans": {"trace_id"}, "llm_calls": {"trace_id", "start_time"}}
TOLD = (
    ("FROM spans WHERE trace_id = 'a'", "((trace_id = 'a'))"),
    (
        "SELECT s.name FROM spans AS s WHERE s.trace_id IN ('a', 'b') AND s.input ILIKE '%x%'",
        "((trace_id IN ('a', 'b')))",
    ),
    (
        "SELECT count(*) FROM (SELECT * FROM main.Spans WHERE Trace_ID LIKE 'a%')",
        "((Trace_ID ~~ 'a%'))",
    ),
    ("WITH few AS (FROM llm_calls WHERE start_time < now()) SELECT 1", "((start_time < now()))"),
    ("FROM llm_calls LIMIT 3", "true LIMIT 3"),
    (
        "FROM llm_calls WHERE trace_id = 'a' ORDER BY start_time DESC LIMIT 2 OFFSET 3",
        "((trace_id = 'a')) ORDER BY start_time DESC LIMIT 5",
    ),
)
NOTHING = (
    "FROM spans",
    "FROM spans LIMIT 3",
    "FROM spans WHERE name = 'a'",
    "FROM spans WHERE trace_id = 'a' OR name = 'b'",
    "FROM spans WHERE trace_id = (SELECT max(trace_id) FROM traces)",
    "FROM spans JOIN traces USING (trace_id) WHERE trace_id = 'a'",
    "FROM spans AS s(trace_id) WHERE trace_id = 'a'",
    "FROM elsewhere.spans WHERE trace_id = 'a'",
    "FROM spans WHERE trace_id > random()::VARCHAR",
    "FROM spans WHERE trace_id = $unknown",
    "FROM llm_calls WHERE other.start_time > now()",
    "FROM llm_calls WHERE model = 'm' LIMIT 3",
    "SELECT model, count(*) FROM llm_calls GROUP BY model LIMIT 3",
    "SELECT count(*) FROM llm_calls LIMIT 3",
    "SELECT DISTINCT model FROM llm_calls LIMIT 3",
    "SELECT model AS start_time FROM llm_calls ORDER BY start_time LIMIT 3",
    "FROM llm_calls ORDER BY input LIMIT 3",
    "FROM llm_calls LIMIT 3 PERCENT",
    "DESCRIBE llm_calls",
    "FROM llm_calls WHERE",
)


def asked(query: str, params: Params = None) -> Asked | None:
    return asked_rows(query, params, COLUMNS, limited="llm_calls")


@pytest.mark.parametrize(("query", "sql"), TOLD)
def test_what_is_asked(query: str, sql: str) -> None:
    """Conditions on some columns that must all hold are told, and how many rows are listed."""
    found = asked(query)
    assert found is not None
    assert found.sql == sql


@pytest.mark.parametrize("query", NOTHING)
def test_what_cannot_be_told(query: str) -> None:
    """Nothing is told of a query that may notice other rows, or reads other things."""
    assert asked(query) is None


@pytest.mark.parametrize(
    ("query", "params", "used"),
    [
        ("FROM spans WHERE trace_id = $id AND name = $name", {"id": "a", "name": "b"}, {"id": "a"}),
        ("FROM spans WHERE name = ? AND trace_id = ?", ["b", "a"], {"2": "a"}),
    ],
)
def test_parameters(query: str, params: Params, used: object) -> None:
    """Of a query's parameters those are told that its conditions have."""
    found = asked(query, params)
    assert found is not None
    assert found.params == used
