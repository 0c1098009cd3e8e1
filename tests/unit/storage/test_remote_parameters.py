"""Parameters of a query that is sent to a server as one text."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from spanlake.errors import UserError
from spanlake.storage.remote.parameters import written_out
from spanlake.storage.settings import connect

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "params"),
    [
        ('SELECT ?, ? + 1, \'?\', "?" FROM (SELECT 1 AS "?") -- ?', ["it's", 2]),
        ("SELECT 'é ?', $b, $a, $b, '{\"x\": 1}'::JSON ->> '$.x' /* $a */", {"a": None, "b": True}),
        ("SELECT $2 -$2, $1, 1 -$3, $$ ? $1 $$", [NOON, -0.1, -1]),
        ("SELECT ? IN (SELECT unnest(?::VARCHAR[]))", ["a", ["a", "b"]]),
        ("SELECT 1", None),
    ],
)
def test_written_out(query: str, params: Sequence[Any] | Mapping[str, Any] | None) -> None:
    """A query means the same with its parameters written out; texts and comments stay."""
    with connect() as connection:
        expected = connection.execute(query, params).fetchall()
        assert connection.execute(written_out(query, params)).fetchall() == expected


@pytest.mark.parametrize(("query", "params"), [("SELECT ?, ?", [1]), ("SELECT $b", {"a": 1})])
def test_a_parameter_without_a_value(query: str, params: Sequence[Any] | Mapping[str, Any]) -> None:
    """A parameter that is not given is named."""
    with pytest.raises(UserError, match=r"params has no value for parameter [2b] of the query"):
        written_out(query, params)


def test_a_value_that_cannot_be_written() -> None:
    """A value that has no literal is refused."""
    with pytest.raises(UserError, match="params has a dict, which a server cannot be sent"):
        written_out("SELECT ?", [{"a": 1}])
