from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rows import span, write

from spanlake.errors import UserError
from spanlake.storage.lake import Lake
from spanlake.storage.runs.sql_scores import SCORES, SqlScores, score_by_sql

Score = Callable[..., SqlScores]


def scoring(lake: Lake) -> Score:
    """Scores by a query; further arguments are the ids that matter."""

    def score(query: str, *only: str) -> SqlScores:
        return score_by_sql(lake, query, typed="--query", only=only or None)

    return score


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[Score]:
    """Score what the test writes."""
    with Lake(tmp_path) as lake:
        yield scoring(lake)


@pytest.fixture(scope="module")
def score(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Score]:
    """Score what needs nothing stored."""
    with Lake(tmp_path_factory.mktemp("empty")) as lake:
        yield scoring(lake)


def told(scores: SqlScores) -> list[dict[str, object]]:
    """The rows, in order of their ids, without what is NULL."""
    rows = [
        {name: value for name, value in row.items() if value is not None}
        for row in scores.table.to_pylist()
    ]
    return sorted(rows, key=str)


def test_traces_are_scored_in_one_query(stored: Score, tmp_path: Path) -> None:
    """A SELECT over the view of traces scores each trace that is stored."""
    write(tmp_path, span("a", duration_ms=5), span("b", trace_id="u", duration_ms=50))
    scores = stored(
        "SELECT trace_id, duration_ms < 20 AS value, duration_ms || ' ms' AS rationale FROM traces;"
    )
    assert scores.target == "trace"
    assert scores.table.schema == SCORES
    assert told(scores) == [
        {"trace_id": "t", "value_bool": True, "rationale": "5.0 ms"},
        {"trace_id": "u", "value_bool": False, "rationale": "50.0 ms"},
    ]


def test_spans_and_sessions_are_targets_too(stored: Score, tmp_path: Path) -> None:
    """The columns with ids say what is scored."""
    write(tmp_path, span("a", session_id="s"), span("b", "a", session_id="s"))
    spans = stored("SELECT trace_id, span_id, name AS value FROM spans -- all of them")
    assert spans.target == "span"
    assert told(spans) == [
        {"trace_id": "t", "span_id": name, "value_string": name} for name in ("a", "b")
    ]
    sessions = stored("SELECT session_id, trace_count AS value FROM sessions")
    assert sessions.target == "session"
    assert told(sessions) == [{"session_id": "s", "value_double": 1.0}]


def test_only_the_wanted_targets_are_scored(score: Score) -> None:
    """Ids limit the traces, the spans of traces, or the sessions."""
    query = "SELECT {} AS value FROM range(9)"
    traces = score(query.format("range::VARCHAR AS trace_id, range"), "3", "5", "none")
    assert [row["trace_id"] for row in told(traces)] == ["3", "5"]
    spans = score(query.format("range::VARCHAR AS trace_id, 's' AS span_id, range"), "3")
    assert told(spans) == [{"trace_id": "3", "span_id": "s", "value_double": 3.0}]
    sessions = score(query.format("range::VARCHAR AS session_id, range"), "4")
    assert told(sessions) == [{"session_id": "4", "value_double": 4.0}]


@pytest.mark.parametrize(
    ("value", "row"),
    [
        ("true", {"value_bool": True}),
        ("7", {"value_double": 7.0}),
        ("1.5::DECIMAL(3,1)", {"value_double": 1.5}),
        ("3::HUGEINT", {"value_double": 3.0}),
        ("'good'", {"value_string": "good"}),
        ("'good'::ENUM('good', 'bad')", {"value_string": "good"}),
        ("NULL", {}),
        ("NULL::BOOLEAN", {}),
        ("'nan'::FLOAT", {"error_message": "it gave nan: a number must be finite"}),
        ("'-inf'::DOUBLE", {"error_message": "it gave -inf: a number must be finite"}),
    ],
)
def test_values_stand_in_the_column_of_their_type(
    score: Score, value: str, row: dict[str, object]
) -> None:
    """A value is a boolean, a number or a text; NULL is no verdict, and NaN an error."""
    assert told(score(f"SELECT 'a' AS trace_id, {value} AS value")) == [{"trace_id": "a"} | row]


def test_names_of_columns_have_no_case(score: Score) -> None:
    """TRACE_ID is trace_id, as everywhere in SQL."""
    assert told(score("SELECT 'a' AS Trace_Id, 1 AS VALUE")) == [
        {"trace_id": "a", "value_double": 1.0}
    ]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "--query is '': must be one SELECT"),
        ("-- nothing", "must be one SELECT"),
        ("SELECT 1; SELECT 2", "must be one SELECT"),
        ("DROP VIEW traces", "--query is 'DROP VIEW traces': must be one SELECT"),
        ("SELEC 1", "--query is no SQL: "),
        ("SELECT trace_id, nope AS value FROM traces", r'"nope" not found .*\(line 1, column 18\)'),
        ("SELECT 'a' AS trace_id, error('boom') AS value", "boom"),
        ("SELECT 'a' AS trace_id", "gives the columns trace_id: it must give trace_id, or"),
        ("SELECT 1 AS value", "gives the columns value: it must give"),
        ("SELECT 'a' AS span_id, 1 AS value", "gives the columns span_id, value: it must"),
        ("SELECT 'a' AS trace_id, 'b' AS session_id, 1 AS value", "it must give"),
        ("SELECT 'a' AS trace_id, 1 AS valeu", r"the column valeu: .*; did you mean value\?"),
        ("SELECT 'a' AS trace_id, 1 AS value, 2 AS value", "the column value more than once"),
        ("SELECT 'a' AS trace_id, [1] AS value", r"values of type INTEGER\[\]: must be BOOLEAN"),
        ("SELECT 'a' AS trace_id, now() AS value", "values of type TIMESTAMP WITH TIME ZONE"),
        ("SELECT NULL AS trace_id, 1 AS value FROM range(2)", "gives 2 rows without trace_id"),
        (
            "SELECT 'a' AS trace_id, 1 AS value FROM range(2)",
            "more than one score for 1 of its targets, such as a: ",
        ),
        (
            "SELECT 'a' AS trace_id, 'b' AS span_id, 1 AS value FROM range(3)",
            "more than one score for 1 of its targets, such as a/b",
        ),
    ],
)
def test_what_gives_no_scores_is_refused(score: Score, query: str, message: str) -> None:
    """Anything but one SELECT of a score for each target is an error that says the rule."""
    with pytest.raises(UserError, match=message):
        score(query)


def test_a_refused_statement_is_not_carried_out(score: Score, tmp_path: Path) -> None:
    """What is no SELECT does nothing before it is refused."""
    out = tmp_path / "out.csv"
    with pytest.raises(UserError, match="must be one SELECT"):
        score(f"COPY (SELECT 1) TO '{out}'")
    assert not out.exists()
