"""The normaliser is total: any attributes whatever have their row, and only their own.

What a mapping raises is caught, and costs the span all its columns. So here the mapping is asked
without that net: it must not raise at all.
"""

from typing import Any

import orjson
import pyarrow as pa
import pytest
import shapes
from chance import chance
from hostile import KNOWN_KEYS
from hostile_spans import SCOPES, hostile_span, raw
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import span, text

from spanlake.semconv.columns import CANONICAL
from spanlake.semconv.normalise import Canonical, default_normaliser
from spanlake.semconv.structures import STRUCTURES

seeds = st.integers(0, 2**64)
fast = settings(derandomize=True, deadline=None, max_examples=40, database=None)

ENDLESS = 1000
"""Levels of JSON: deeper than any reader may follow, not too deep to be parsed."""


def batch(seeds: list[int]) -> pa.Table:
    sources = [chance(seed) for seed in seeds]
    scopes = [source.choice(SCOPES) for source in sources]
    return raw([hostile_span(source) for source in sources], scopes)


def columns(spans: pa.Table) -> Canonical:
    """The columns as they are mapped, without the net."""
    return default_normaliser()._columns(spans, pa.nulls(len(spans), pa.string()))  # noqa: SLF001


def nested(names: list[str | None], innermost: str = "x") -> Any:  # noqa: ANN401  # JSON
    """A value below these names over and over; None for a place in a list."""
    value: Any = innermost
    for level in range(ENDLESS):
        name = names[level % len(names)]
        value = [value] if name is None else {name: value}
    return value


@fast
@given(st.lists(seeds, min_size=1, max_size=40))
def test_any_spans_are_mapped(seeds: list[int]) -> None:
    """Spans of any attributes and events have a row each, and the mapping raises nothing."""
    table = columns(batch(seeds)).table
    assert table.schema == CANONICAL
    assert len(table) == len(seeds)


@fast
@given(st.lists(seeds, min_size=1, max_size=4))
def test_a_span_is_mapped_as_if_it_were_alone(seeds: list[int]) -> None:
    """The columns of a span do not depend on what is beside it in a batch."""
    spans = batch(seeds)
    together = columns(spans)
    before = 0
    for row in range(len(spans)):
        alone = columns(spans.slice(row, 1))
        assert together.table.slice(row, 1).to_pylist() == alone.table.to_pylist()
        after = before + len(spans["attributes"][row])
        for name, positions in alone.verbatim.items():
            mine = [at for at in together.verbatim[name].tolist() if before <= at < after]
            assert mine == (positions + before).tolist()
        before = after


@fast
@given(st.lists(seeds, min_size=1, max_size=10))
def test_spans_are_mapped_alike_each_time(seeds: list[int]) -> None:
    """Mapping twice gives the same columns, and leaves what was sent as it was."""
    spans = batch(seeds)
    sent = spans.to_pylist()
    first, second = columns(spans), columns(spans)
    assert first.table.to_pylist() == second.table.to_pylist()
    assert spans.to_pylist() == sent


@settings(fast, max_examples=400)
@given(seeds)
def test_every_reader_takes_any_value(seed: int) -> None:
    """No reader of structures raises on any JSON value, and each gives JSON or nothing."""
    for value in (shapes.structure(chance(seed)), shapes.text(chance(seed))):
        for name, read in STRUCTURES.items():
            told = read(value)
            if told is not None and name != "answer_text":
                assert isinstance(orjson.loads(told), dict if name == "object" else list)


@pytest.mark.parametrize("other", [None, "content", "kwargs", "value"])
def test_endless_nesting_ends_every_reader(other: str | None) -> None:
    """A reader follows no word a thousand levels down, alone or in turns with another."""
    for word in shapes.WORDS:
        value = nested([word, other])
        for read in STRUCTURES.values():
            read(value)
        for structure in ({"role": "user", word: value}, {"type": word, "content": value}):
            for read in STRUCTURES.values():
                read(structure)


@pytest.mark.parametrize("name", [None, "content", "messages", "message", "text", "tool_calls"])
def test_endless_nesting_in_any_attribute_is_mapped(name: str | None) -> None:
    """JSON a thousand levels deep may be in every attribute that is read."""
    opening, closing = ("[", "]") if name is None else (f'{{"{name}":', "}")
    deep = opening * ENDLESS + "1" + closing * ENDLESS
    spans = [span(attributes=[text(key, deep)]) for key in KNOWN_KEYS]
    assert len(columns(raw(spans, [""] * len(spans))).table) == len(spans)


@pytest.mark.parametrize("prefix", ["llm.input_messages.", "gen_ai.prompt.", "gen_ai.request."])
@pytest.mark.parametrize("end", ["", ".message.content", ".0" * 13])
def test_very_many_keys_are_mapped(prefix: str, end: str) -> None:
    """A span of 10,001 flattened keys has its row, and leaves its neighbour's alone."""
    many = span(attributes=[text(f"{prefix}{number}{end}", "x") for number in range(10_001)])
    neighbour = span(attributes=[text("gen_ai.request.model", "gpt-4o")])
    table = columns(raw([many, neighbour], ["", ""])).table
    assert table["request_model"].to_pylist()[1] == "gpt-4o"
