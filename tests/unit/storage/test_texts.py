from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanlake.semconv.columns import TEXT_COLUMNS
from spanlake.storage.texts import Positions, StoredAttributes, restored, without_verbatim

MAP = pa.map_(pa.string(), pa.string())
REPEATED = '=[{"key":"0","value":{"stringValue":"012345678"}},{"key":"0"}]'

Entry = tuple[str, str | None]


class Spans(NamedTuple):
    """Attributes and types of some spans, and of each what its text columns hold."""

    attributes: list[list[Entry]]
    types: list[str]
    columns: list[dict[str, str]]

    def table(self) -> pa.Table:
        held = {
            name: pa.array([row.get(name) for row in self.columns], pa.string())
            for name in TEXT_COLUMNS
        }
        values = pa.array(self.attributes, MAP)
        types = pa.array(self.types, pa.string())
        return pa.table({"name": types, "attributes": values, "attribute_types": types, **held})


def stored(spans: Spans, claims: dict[str, list[int]]) -> pa.Table:
    """Take the claimed texts out. claims: positions among all entries, by column."""
    table = spans.table()
    none: Positions = np.empty(0, np.int64)
    verbatim = {name: np.array(claims.get(name, none), np.int64) for name in TEXT_COLUMNS}
    attributes = without_verbatim(
        table["attributes"].combine_chunks(),
        table["attribute_types"].combine_chunks(),
        verbatim,
        table.select(TEXT_COLUMNS),
    )
    return with_attributes(table, attributes)


def with_attributes(table: pa.Table, attributes: StoredAttributes) -> pa.Table:
    columns = {name: table[name] for name in table.column_names}
    return pa.table(
        columns | {"attributes": attributes.values, "attribute_types": attributes.types}
    )


def test_a_text_that_a_column_holds_is_stored_there_alone() -> None:
    """The attribute keeps its key and place, and its type is the digit of the column."""
    spans = Spans(
        [[("a", "1"), ("in", "[long]")], [], [("out", "[more]"), ("in", "[last]")]],
        ["is", "", "ss"],
        [{"input_messages": "[long]"}, {}, {"input_messages": "[last]", "output": "[more]"}],
    )
    table = stored(spans, {"input_messages": [1, 3], "output": [2]})
    assert table["attributes"].to_pylist() == [
        [("a", "1"), ("in", None)],
        [],
        [("out", None), ("in", None)],
    ]
    assert table["attribute_types"].to_pylist() == ["i0", "", "50"]
    assert restored(table) == spans.table()


@pytest.mark.parametrize("held", [None, "", "other", "tex"])
def test_a_text_that_its_column_does_not_hold_stays(held: str | None) -> None:
    """Whatever the mapping claims, no text is lost."""
    columns = [{} if held is None else {"output": held}]
    spans = Spans([[("out", "text")]], ["s"], columns)
    assert stored(spans, {"output": [0]}) == spans.table()


def test_a_value_that_is_no_string_stays() -> None:
    """Its type would be lost with its text."""
    spans = Spans([[("out", "1"), ("none", None)]], ["in"], [{"output": "1"}])
    assert stored(spans, {"output": [0, 1]}) == spans.table()


def test_a_text_goes_to_one_column_only() -> None:
    """Of two columns that claim the same attribute the first has it."""
    spans = Spans([[("in", "text")]], ["s"], [{"input_messages": "text", "input": "text"}])
    table = stored(spans, {"input_messages": [0], "input": [0]})
    assert table["attribute_types"].to_pylist() == ["0"]
    assert restored(table) == spans.table()


def test_spans_that_repeat_a_key_are_left_alone() -> None:
    """Their types hold the whole list, digits and all; the spans around them are not."""
    spans = Spans(
        [[("in", "[a]")], [("0", "012345678"), ("in", "[b]")], [("x", "1"), ("in", "[c]")]],
        ["s", REPEATED, "is"],
        [{"input": "[a]"}, {"input": "[b]"}, {"input": "[c]"}],
    )
    table = stored(spans, {"input": [0, 2, 4]})
    assert table["attribute_types"].to_pylist() == ["4", REPEATED, "i4"]
    assert table["attributes"].to_pylist()[1] == spans.attributes[1]
    assert restored(table) == spans.table()


def test_no_letter_is_looked_for_in_a_whole_list() -> None:
    """A long list that repeats a key has an s in its JSON where a letter might be."""
    types = '=[{"key":"ssss"},{"key":"ssss"}]'
    spans = Spans([[(f"{n}", "text") for n in range(14)]], [types], [{"input": "text"}])
    assert stored(spans, {"input": list(range(14))}) == spans.table()


def test_positions_count_from_the_first_entry_of_a_slice() -> None:
    """Part of a column is as good as a whole one."""
    spans = Spans(
        [[("in", "[a]")], [("x", "2"), ("in", "[b]")], [("in", "[c]")]],
        ["s", "is", "s"],
        [{"input": "[a]"}, {"input": "[b]"}, {"input": "[c]"}],
    )
    table = spans.table()
    attributes = without_verbatim(
        table["attributes"].chunk(0).slice(1, 1),
        table["attribute_types"].chunk(0).slice(1, 1),
        dict.fromkeys(TEXT_COLUMNS, np.empty(0, np.int64)) | {"input": np.array([1])},
        table.slice(1, 1),
    )
    assert attributes.values.to_pylist() == [[("x", "2"), ("in", None)]]
    assert attributes.types.to_pylist() == ["i4"]


def test_any_rows_can_be_restored() -> None:
    """A part of a table, also one in several chunks, has its own texts put back."""
    spans = Spans(
        [[*[("in", f"[{n}]")] * (n % 2), ("x", "1")] for n in range(9)],
        ["s" * (n % 2) + "i" for n in range(9)],
        [{"input": f"[{n}]"} for n in range(9)],
    )
    table = stored(spans, {"input": [1, 4, 7, 10]})
    assert (
        restored(table.slice(3, 4)).combine_chunks() == spans.table().slice(3, 4).combine_chunks()
    )
    parts = pa.concat_tables([table.slice(5, 4), table.slice(0, 2)])
    expected = pa.concat_tables([spans.table().slice(5, 4), spans.table().slice(0, 2)])
    assert restored(parts).combine_chunks() == expected.combine_chunks()


def test_no_rows_are_restored_to_none() -> None:
    """A table without rows, and spans without attributes, are as they were."""
    for spans in (Spans([], [], []), Spans([[], []], ["", ""], [{}, {}])):
        assert restored(stored(spans, {})) == spans.table()


TEXTS = st.sampled_from(["", "0", "[]", "[1]", "text"])
LETTERS = st.sampled_from("sssidbynakx")
SPAN = st.tuples(
    st.lists(st.tuples(st.sampled_from("abc"), TEXTS, LETTERS), max_size=4),
    st.booleans(),
    st.dictionaries(st.sampled_from(TEXT_COLUMNS), TEXTS, max_size=3),
)


@st.composite
def any_spans(draw: st.DrawFn) -> Spans:
    spans = Spans([], [], [])
    for entries, repeats_a_key, columns in draw(st.lists(SPAN, max_size=5)):
        attributes = [(key, None if letter == "n" else text) for key, text, letter in entries]
        letters = "".join(letter for _, _, letter in entries)
        spans.attributes.append(attributes)
        spans.types.append(REPEATED if repeats_a_key else letters)
        spans.columns.append(columns)
    return spans


@given(spans=any_spans(), data=st.data())
def test_whatever_is_claimed_comes_back(spans: Spans, data: st.DataObject) -> None:
    """Restored, any spans are as they were before any claims, true or false."""
    length = sum(map(len, spans.attributes))
    positions = st.lists(st.integers(0, max(length - 1, 0)), max_size=length, unique=True)
    claims = data.draw(st.dictionaries(st.sampled_from(TEXT_COLUMNS), positions))
    assert restored(stored(spans, claims)) == spans.table()
