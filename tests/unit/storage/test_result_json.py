"""A query's answer as JSON."""

import json

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanlake.storage.results.json import json_rows


def json_of(select: str, **parameters: object) -> bytes:
    """The JSON of a query's only row."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        (row,) = json_rows(connection.sql(select, params=parameters))
    return row


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("NULL", "null"),
        ("true", "true"),
        ("9223372036854775807::BIGINT", "9223372036854775807"),
        ("18446744073709551615::UBIGINT", "18446744073709551615"),
        ("(SELECT sum(9223372036854775807) FROM range(3))", "27670116110564327421"),
        ("1.10::DECIMAL(5, 2)", "1.10"),
        ("0.1::DOUBLE", "0.1"),
        ("'nan'::DOUBLE", "null"),
        ("'-inf'::DOUBLE", "null"),
        ("TIMESTAMPTZ '2026-11-21 09:00:00.123456+09'", '"2026-11-21T00:00:00.123456Z"'),
        ("TIMESTAMP '2026-11-21 09:00:00'", '"2026-11-21T09:00:00"'),
        ("DATE '2026-11-21'", '"2026-11-21"'),
        ("INTERVAL 90 SECOND", '"0:01:30"'),
        (r"'\xFF\x00'::BLOB", '"/wA="'),
        ("'ab'::ENUM('ab')", '"ab"'),
        ("""MAP {'k"1': 1, 'k2': NULL}""", r'{"k\"1":1,"k2":null}'),
        ("MAP {1: '[]'::JSON}", '{"1":[]}'),
        ("MAP {[1]: 2}", '{"key":[[1]],"value":[2]}'),
        ("[1, NULL, 3]", "[1,null,3]"),
        ("{'a': 1, 'b': [{'c': '{}'::JSON}, NULL]}", '{"a":1,"b":[{"c":{}},null]}'),
        (
            """'{"a": 1.50, "b":\n[1e400, 12345678901234567890123]}'::JSON""",
            '{"a": 1.50, "b": [1e400, 12345678901234567890123]}',
        ),
        ("['1'::JSON, NULL]", "[1,null]"),
        ('\'{"not": "json"}\'', r'"{\"not\": \"json\"}"'),
    ],
)
def test_values(expression: str, text: str) -> None:
    """Every type of SQL has its own in JSON, exact, or is text."""
    assert json_of(f"SELECT {expression} AS v").decode() == f'{{"v":{text}}}'
    json.loads(text)


def test_columns_with_one_name_are_all_there() -> None:
    """A name that comes again has a number behind it."""
    assert json.loads(json_of("SELECT 1 AS a, 2 AS a, 3 AS a_1")) == {"a": 1, "a_1": 2, "a_1_1": 3}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
)


@settings(max_examples=50, deadline=None)
@given(_JSON, st.none() | st.integers(0, 4))
def test_json_columns_are_as_they_were(value: object, indent: int | None) -> None:
    """JSON comes out as it went in, however it was laid out, on one line."""
    row = json_of("SELECT $text::JSON AS v", text=json.dumps(value, indent=indent))
    assert b"\n" not in row
    assert json.loads(row)["v"] == value
