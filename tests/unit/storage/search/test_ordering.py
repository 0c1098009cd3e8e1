"""The order of traces."""

import pytest

from spanlake.errors import UserError
from spanlake.storage.search.ordering import order_clause


@pytest.mark.parametrize(
    ("keys", "clause"),
    [
        ([], "start_time DESC NULLS LAST, trace_id"),
        (["timestamp_ms DESC"], "start_time DESC NULLS LAST, trace_id"),
        (["cost", "trace.name desc"], "cost_usd ASC NULLS LAST, name DESC NULLS LAST, trace_id"),
        (["attributes.execution_time"], "duration_ms ASC NULLS LAST, trace_id"),
    ],
)
def test_an_order(keys: list[str], clause: str) -> None:
    """Traces are ordered by fields, by MLflow's names, too; what is equal, by id."""
    assert order_clause(keys) == clause


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (
            "cots DESC",
            "order_by is cots DESC: must be one of trace_id, name,.*did you mean cost",
        ),
        ("span.name", "order_by is span.name: must be one of"),
        ("tags", "order_by is tags: must be one of"),
        ("name; DROP VIEW traces", "order_by is 'name; DROP VIEW traces': must be a field, then"),
        ("", "order_by is '': must be a field"),
    ],
)
def test_what_is_no_order(key: str, message: str) -> None:
    """What traces cannot be ordered by is refused."""
    with pytest.raises(UserError, match=message):
        order_clause([key])
