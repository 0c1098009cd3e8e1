"""What is wrong with a query, in one line."""

from collections.abc import Iterator

import pytest

from spanlake.storage.lake import Lake
from spanlake.storage.query import QueryError, query_errors, run_query, view_columns


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """A lake without any data."""
    with Lake(tmp_path_factory.mktemp("lake")) as opened:
        yield opened


def fault(lake: Lake, query: str) -> str:
    """What is said about a query that fails, whenever it does."""
    with pytest.raises(QueryError) as caught, query_errors(lake, query):
        run_query(lake, query).fetchall()
    return str(caught.value)


def test_an_unknown_table(lake: Lake) -> None:
    """A table that is not there is placed, and the views that are there are named."""
    said = fault(lake, "SELECT *\n  FROM spanz")
    assert said.startswith(
        "Catalog Error: Table with name spanz does not exist (line 2, column 8); the views are "
    )
    assert {"spans", "traces", "llm_calls"} <= set(said.partition("views are ")[2].split(", "))


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("SELECT nope FROM traces", "(line 1, column 8)"),
        ("SELECT 1,\n  foo(1)", "(line 2, column 3)"),
        ("SELECT 1\nFROM range(3) WHERE AND", "(line 2, column 21)"),
        ("SELECT 'a'::INT", "(line 1, column 11)"),
        ("SELEC 1", "(line 1, column 1)"),
        (f"SELECT {'1, ' * 200} 'x\nFROM traces", "(line 1, column 609)"),
        (f"SELECT 1 WHERE {'1 = 1 AND ' * 50} AND {' AND 1 = 1' * 50}", "(line 1, column 517)"),
    ],
)
def test_errors_are_placed(lake: Lake, query: str, place: str) -> None:
    """An error is one line, and says where in the query it is, however long that is."""
    said = fault(lake, query)
    assert said.endswith(place)
    assert "\n" not in said


def test_an_error_while_rows_are_read(lake: Lake) -> None:
    """What fails only while the query runs is the user's as well."""
    query = "SELECT if(range = 5, error('five'), range) FROM range(9)"
    assert fault(lake, query) == "Invalid Input Error: five"


@pytest.mark.parametrize("query", ["", "  ;", "-- nothing"])
def test_an_empty_query(lake: Lake, query: str) -> None:
    """A query that says nothing is refused with an example of one that does."""
    assert fault(lake, query).startswith("the query is empty: it must be a statement, such as ")


def test_the_views_and_their_columns(lake: Lake) -> None:
    """Every view is there with its columns in order and their types."""
    views = view_columns(lake)
    assert list(views["traces"])[:2] == ["trace_id", "name"]
    assert views["spans"]["input_tokens"] == "BIGINT"
    assert views["spans"]["input_messages"] == "JSON"
