"""What a trace is billed, and spans to be billed for, said in a few words."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from rows import Row, span, usage

from spanlake.storage.lake import Lake


class Bill(NamedTuple):
    """The bill of a trace. calls: the span ids of `llm_calls`, each with its `billed_by`."""

    calls: dict[str, str | None]
    llm_call_count: int
    total_tokens: int | None
    cost_usd: float | None
    unpriced_call_count: int
    unattributed_tokens: int


BillOf = Callable[..., Bill]


def bill(data: Path, trace_id: str) -> Bill:
    """The bill of one trace of the lake in `data`."""
    of_trace = {"id": trace_id}
    with Lake(data) as lake:
        calls = lake.sql(
            "SELECT span_id, billed_by FROM llm_calls WHERE trace_id = $id ORDER BY span_id",
            of_trace,
        )
        trace = lake.sql(
            "SELECT llm_call_count, total_tokens, cost_usd, unpriced_call_count, "
            "unattributed_tokens FROM traces WHERE trace_id = $id",
            of_trace,
        )
        return Bill(dict(calls.fetchall()), *trace.fetchall()[0])


def llm(
    span_id: str, parent: str | None = None, tokens: int | None = None, **columns: object
) -> Row:
    """A model call that costs a dollar a token, if it says how many."""
    reported: Row = {} if tokens is None else {**usage(tokens), "cost_usd": float(tokens)}
    return span(span_id, parent, span_type="LLM", **{**reported, **columns})


def rollup(span_id: str, parent: str | None = None, tokens: int | None = None) -> Row:
    """An agent that sums up the tokens of the calls below it, if it says how many."""
    reported: Row = {} if tokens is None else usage(tokens, is_rollup=True)
    return span(span_id, parent, span_type="AGENT", **reported)
