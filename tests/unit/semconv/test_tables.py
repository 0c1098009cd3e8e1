import pytest

from spanlake.semconv.columns import CANONICAL, TEXT_COLUMNS
from spanlake.semconv.tables import Dialect, load_dialects, load_vocabulary
from spanlake.semconv.transforms import TRANSFORMS
from spanlake.semconv.usage import FIELDS

SPAN_TYPES = {
    "LLM", "EMBEDDING", "RETRIEVER", "RERANKER", "TOOL", "AGENT", "WORKFLOW", "CHAIN", "TASK",
    "PLAN", "MEMORY", "GUARDRAIL", "EVALUATOR", "PROMPT", "PARSER",
}  # fmt: skip


@pytest.mark.parametrize("dialect", load_dialects(), ids=lambda dialect: dialect.name)
def test_a_dialect_table_speaks_of_canonical_columns_and_known_transforms(
    dialect: Dialect,
) -> None:
    """Every column, usage field and transform in a dialect table exists."""
    assert set(dialect.columns) <= set(CANONICAL.names)
    assert set(dialect.usage) <= set(FIELDS)
    sources = [
        s for group in (dialect.columns, dialect.usage) for each in group.values() for s in each
    ]
    assert {s.transform for s in sources} <= {*TRANSFORMS, "map", "parameters"}
    for source in sources:
        assert source.key.endswith("*") == (source.transform in ("map", "parameters"))


def test_dialects_are_told_apart_by_name_and_rank() -> None:
    """No two dialects share a name or a rank, and our own is the most trusted."""
    dialects = load_dialects()
    assert len({dialect.name for dialect in dialects}) == len(dialects)
    assert [dialect.rank for dialect in dialects] == sorted({d.rank for d in dialects})
    assert dialects[0].name == "spanlake"


def test_the_vocabulary_of_span_types_is_the_contracts() -> None:
    """Operations map to span types of the contract, and every such type can be said by name."""
    vocabulary = load_vocabulary("span_type")
    assert set(vocabulary.values()) == SPAN_TYPES
    assert all(vocabulary[name.lower()] == name for name in SPAN_TYPES)


def test_text_columns_are_text_and_few_enough_for_a_digit() -> None:
    """A text column is a string column, and its place among them is one digit."""
    assert len(TEXT_COLUMNS) <= 10
    assert all(str(CANONICAL.field(name).type) == "string" for name in TEXT_COLUMNS)
