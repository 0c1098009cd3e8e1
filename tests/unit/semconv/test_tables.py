from collections.abc import Iterator

import pytest

from spanlake.semconv.columns import CANONICAL, TEXT_COLUMNS
from spanlake.semconv.prefixed import COLLECTED
from spanlake.semconv.structures import STRUCTURES
from spanlake.semconv.tables import Dialect, Source, load_dialects, load_vocabulary
from spanlake.semconv.transforms import TRANSFORMS
from spanlake.semconv.usage import FIELDS

SPAN_TYPES = {
    "LLM", "EMBEDDING", "RETRIEVER", "RERANKER", "TOOL", "AGENT", "WORKFLOW", "CHAIN", "TASK",
    "PLAN", "MEMORY", "GUARDRAIL", "EVALUATOR", "PROMPT", "PARSER",
}  # fmt: skip


def sources_of(dialect: Dialect) -> Iterator[Source]:
    for table in (dialect.columns, dialect.usage):
        for sources in table.values():
            yield from sources


@pytest.mark.parametrize("dialect", load_dialects(), ids=lambda dialect: dialect.name)
def test_a_dialect_table_speaks_of_canonical_columns_and_known_transforms(
    dialect: Dialect,
) -> None:
    """Every column, usage field and transform in a dialect table exists."""
    assert set(dialect.columns) <= set(CANONICAL.names)
    assert set(dialect.usage) <= set(FIELDS)
    known = {*TRANSFORMS, *STRUCTURES, *COLLECTED}
    assert {source.transform for source in sources_of(dialect)} <= known


def test_no_transform_has_two_meanings() -> None:
    """A name of a transform is one of texts, of structures or of prefixes, never of two."""
    assert len({*TRANSFORMS, *STRUCTURES, *COLLECTED}) == (
        len(TRANSFORMS) + len(STRUCTURES) + len(COLLECTED)
    )


@pytest.mark.parametrize("dialect", load_dialects(), ids=lambda dialect: dialect.name)
def test_a_prefix_has_a_transform_that_reads_all_below_it(dialect: Dialect) -> None:
    """What ends in `*` is rebuilt or collected, and only that is collected."""
    for source in sources_of(dialect):
        if source.value is None and source.key.endswith("*"):
            assert source.transform in {*STRUCTURES, *COLLECTED}
        else:
            assert source.transform not in COLLECTED


@pytest.mark.parametrize("dialect", load_dialects(), ids=lambda dialect: dialect.name)
def test_a_source_says_only_what_its_transform_heeds(dialect: Dialect) -> None:
    """Span types that a source is for are span types, and those it is not for are others."""
    for source in sources_of(dialect):
        assert {*source.when, *source.unless} <= SPAN_TYPES
        assert not (source.when and source.unless)


@pytest.mark.parametrize("dialect", load_dialects(), ids=lambda dialect: dialect.name)
def test_what_a_source_means_by_being_there_is_a_canonical_value(dialect: Dialect) -> None:
    """A source that tells a span type by being there tells one of the contract's."""
    told = {source.value for source in dialect.columns.get("span_type", ())} - {None}
    assert told <= SPAN_TYPES


def test_dialects_are_told_apart_by_name_and_rank() -> None:
    """No two dialects share a name; they are ordered by rank, our own first, anybody's last."""
    dialects = load_dialects()
    assert len({dialect.name for dialect in dialects}) == len(dialects)
    assert [dialect.rank for dialect in dialects] == sorted(dialect.rank for dialect in dialects)
    assert [dialects[0].name, dialects[-1].name] == ["spanlake", "otel"]


def test_the_vocabulary_of_span_types_is_the_contracts() -> None:
    """Operations map to span types of the contract, and every such type can be said by name."""
    vocabulary = load_vocabulary("span_type")
    assert set(vocabulary.values()) == SPAN_TYPES
    assert all(vocabulary[name.lower()] == name for name in SPAN_TYPES)


def test_text_columns_are_text_and_few_enough_for_a_digit() -> None:
    """A text column is a string column, and its place among them is one digit."""
    assert len(TEXT_COLUMNS) <= 10
    assert all(str(CANONICAL.field(name).type) == "string" for name in TEXT_COLUMNS)
