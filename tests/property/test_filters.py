"""Filters of every form: printed and read again, mistyped, and asked in SQL and in Python."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from at_hand import at_hand
from filter_oracle import Facts, all_facts, meets
from filter_texts import FILTERS, FILTERS_WITH_MISTAKES
from hypothesis import example, given, settings
from hypothesis import strategies as st
from random_traces import write_traces

from spanlake.storage.condition import Condition
from spanlake.storage.lake import Lake
from spanlake.storage.search.compile import compile_filter, filter_as_sql
from spanlake.storage.search.completion import complete
from spanlake.storage.search.errors import FilterError
from spanlake.storage.search.parser import parse_filter
from spanlake.storage.search.printing import print_filter

Find = Callable[[Condition], set[str]]
"""Gives the ids of the traces that a query finds."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of random traces."""
    folder = tmp_path_factory.mktemp("lake")
    write_traces(folder, seed=0)
    return folder


@pytest.fixture(scope="module")
def facts(data: Path) -> list[Facts]:
    """What the views say of each trace."""
    with Lake(data) as lake:
        return all_facts(lake)


@pytest.fixture(scope="module")
def find(data: Path) -> Iterator[Find]:
    """Ask the lake."""
    with Lake(data) as lake:
        at_hand(lake)

        def find(query: Condition) -> set[str]:
            found = lake.sql(query.sql, dict(query.params) or None).project("trace_id")
            return {trace_id for (trace_id,) in found.fetchall()}

        yield find


@settings(max_examples=80)
@given(text=FILTERS)
@example(text="span.name = 'chat' AND span.type = 'TOOL'")
@example(
    text="(span.name = 'chat') AND (span.type = 'TOOL') AND start_time >= '2026-09-21T14:13:24Z'"
)
def test_sql_finds_what_a_filter_means(find: Find, facts: list[Facts], text: str) -> None:
    """Any filter finds the same traces in SQL, bound or written out, and in plain Python."""
    tree = parse_filter(text)
    meant = {each.trace["trace_id"] for each in facts if meets(tree, each)}
    compiled = compile_filter(text)
    condition = compiled.condition
    assert find(Condition(f"FROM traces WHERE {condition.sql}", condition.params)) == meant
    assert find(Condition(filter_as_sql(text))) == meant
    if compiled.candidates is not None:
        leads_to = find(compiled.candidates)
        assert leads_to >= meant
        assert not compiled.is_decided or leads_to == meant


@given(text=st.one_of(FILTERS, FILTERS_WITH_MISTAKES, st.text(max_size=40)))
def test_any_text_is_a_filter_or_a_mistake_with_a_place(text: str) -> None:
    """Any text compiles, and prints as a text of the same tree, or the mistake is in the text."""
    mistake, tree = None, None
    try:
        tree = parse_filter(text)
        compile_filter(text)
    except FilterError as error:
        mistake = error
    if mistake is not None:
        assert 0 <= mistake.place.start <= mistake.place.end <= len(text)
        assert str(mistake).count("\n") == 2
    assert parse_filter(print_filter(tree)) == tree


@given(text=st.one_of(FILTERS, FILTERS_WITH_MISTAKES), at=st.integers(0, 100))
def test_completions_fit_anywhere(text: str, at: int) -> None:
    """At any character of any text, completions replace what is there, or there are none."""
    cursor = min(at, len(text))
    for each in complete(text, cursor, lambda *_: ["a'b"]):
        assert 0 <= each.start <= each.end == cursor
        assert each.text
