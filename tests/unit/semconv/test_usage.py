import pyarrow as pa
import pytest
from spans import Attributes, SpanSpec, raw_spans

from spanlake.semconv.normalise import Normaliser, default_normaliser
from spanlake.semconv.tables import Dialect, Source, Speakers
from spanlake.semconv.usage import FIELDS

IN, OUT = "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"
READ, WRITE = "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_write.input_tokens"


def usage(attributes: Attributes) -> dict[str, int | None]:
    table = (
        default_normaliser()
        .normalise(raw_spans(SpanSpec(attributes)), pa.nulls(1, pa.string()))
        .table
    )
    return {name: table[name].to_pylist()[0] for name in FIELDS}


@pytest.mark.parametrize(
    ("attributes", "tokens", "total"),
    [
        ({IN: 100, OUT: 5, READ: 80, WRITE: 10}, 100, 105),
        ({IN: 10, OUT: 5, READ: 80, WRITE: 10}, 100, 105),
        ({IN: 10, OUT: 5, READ: 80}, 90, 95),
        ({IN: 90, READ: 80, WRITE: 10}, 90, 90),
        ({IN: 0, READ: 0}, 0, 0),
    ],
)
def test_input_includes_cached_tokens(attributes: Attributes, tokens: int, total: int) -> None:
    """A reporter that leaves cached tokens out has more of them than input; they are added."""
    counted = usage(attributes)
    assert counted["input_tokens"] == tokens
    assert counted["total_tokens"] == total


def test_the_same_number_spelled_twice_counts_once() -> None:
    """Old and new spelling of one count beside each other are one count."""
    counted = usage({IN: 100, OUT: 5, "gen_ai.usage.prompt_tokens": 100})
    assert counted["input_tokens"] == 100


def test_a_reported_total_is_kept() -> None:
    """A total that is more than input and output stands as it was sent."""
    assert usage({IN: 1, OUT: 2, "gen_ai.usage.total_tokens": 10})["total_tokens"] == 10


def test_a_total_needs_input_or_output() -> None:
    """Nothing is known of a call that reports neither input nor output."""
    assert usage({READ: 5})["total_tokens"] is None


def test_all_counts_come_from_one_dialect() -> None:
    """Where two dialects report usage, every field is the more trusted one's, or nothing."""

    def dialect(name: str, rank: int) -> Dialect:
        sources = {
            "input_tokens": (Source(f"{name}.in", transform="count"),),
            "output_tokens": (Source(f"{name}.out", transform="count"),),
            "reasoning_tokens": (Source(f"{name}.reasoning", transform="count"),),
        }
        return Dialect(name, name, rank, Speakers((f"{name}.",), ()), {}, sources)

    normaliser = Normaliser((dialect("first", 1), dialect("second", 2)), prices=False)
    spans = raw_spans(
        SpanSpec({"first.in": 1, "second.in": 10, "second.out": 20, "second.reasoning": 5}),
        SpanSpec({"second.in": 10, "second.out": 20, "second.reasoning": 5}),
    )
    table = normaliser.normalise(spans, pa.nulls(2, pa.string())).table
    assert table["input_tokens"].to_pylist() == [1, 10]
    assert table["output_tokens"].to_pylist() == [None, 20]
    assert table["reasoning_tokens"].to_pylist() == [None, 5]
    assert table["dialect"].to_pylist() == ["first", "second"]


@pytest.mark.parametrize(
    ("operation", "is_rollup"),
    [("invoke_agent", True), ("invoke_workflow", True), ("chat", False), ("embeddings", False)],
)
def test_an_agents_usage_sums_up_the_calls_below_it(operation: str, *, is_rollup: bool) -> None:
    """Usage on an agent or a workflow is a rollup; usage on a model call is not."""
    attributes: Attributes = {"gen_ai.operation.name": operation, IN: 1}
    table = (
        default_normaliser()
        .normalise(raw_spans(SpanSpec(attributes)), pa.nulls(1, pa.string()))
        .table
    )
    assert table["usage_is_rollup"].to_pylist() == [is_rollup]
