import numpy as np
import pytest
from spans import Attributes, SpanSpec, raw_spans

from spanlake.semconv.arrays import whole
from spanlake.semconv.attributes import AttributeIndex
from spanlake.semconv.flattened import TooManyError, trees


def index(*spans: Attributes) -> AttributeIndex:
    table = raw_spans(*(SpanSpec(attributes) for attributes in spans))
    return AttributeIndex(whole(table["attributes"]), whole(table["attribute_types"]))


def tree(attributes: Attributes) -> object:
    return trees(index(attributes), "m.").get(0)


@pytest.mark.parametrize(
    ("attributes", "structure"),
    [
        ({"m.0.role": "user", "m.0.content": "Hi"}, [{"content": "Hi", "role": "user"}]),
        ({"m.1.x": "b", "m.0.x": "a"}, [{"x": "a"}, {"x": "b"}]),
        ({"m.10.x": "c", "m.9.x": "b", "m.2.x": "a"}, [{"x": "a"}, {"x": "b"}, {"x": "c"}]),
        ({"m.0.a.0.b": "1", "m.0.a.1.b": "2"}, [{"a": [{"b": "1"}, {"b": "2"}]}]),
        ({"m.0": "a", "m.1": "b"}, ["a", "b"]),
        ({"m.text": "a", "m.more.x": "b"}, {"more": {"x": "b"}, "text": "a"}),
        ({"m.0.x": "a", "m.0.x.y": "b"}, [{"x": {"y": "b"}}]),
        ({"m.0.x": "a", "m.name": "b"}, [{"x": "a"}]),
        ({"other.0.x": "a"}, None),
        ({"m.": "a", "m..x": "b", "m.0..x": "c"}, None),
        ({"m.__proto__.x": "a"}, {"__proto__": {"x": "a"}}),
    ],
)
def test_keys_spell_out_a_structure(attributes: Attributes, structure: object) -> None:
    """Names are members and numbers are places; gaps and any order of the keys are allowed."""
    assert tree(attributes) == structure


@pytest.mark.parametrize("place", ["999999999", "9999999", "-1", "+1", "01", "00", "٣", "1" * 5000])
def test_a_number_that_is_no_place_spoils_nothing(place: str) -> None:
    """A key with an absurd index, or one in another script, leaves the others as they are."""
    assert tree({"m.0.x": "a", f"m.{place}.x": "b", f"m.0.y.{place}0000000": "c"}) == [{"x": "a"}]


def test_the_deepest_structure_has_twelve_levels() -> None:
    """Deeper keys are no part of the structure, however deep they are."""
    names = [".".join(["a"] * depth) for depth in (12, 13, 20_000)]
    expected: object = "12"
    for _ in range(12):
        expected = {"a": expected}
    assert tree({f"m.{name}": str(name.count("a")) for name in names}) == expected


def test_too_many_keys_are_told() -> None:
    """A span with more keys than any message has is told apart, and its neighbour is read."""
    many = {f"m.{number}.x": "a" for number in range(10_001)}
    found = trees(index(many, {"m.0.x": "a"}), "m.")
    assert isinstance(found[0], TooManyError)
    assert found[1] == [{"x": "a"}]


def test_only_the_rows_wanted_are_read() -> None:
    """Rows that are not wanted have no structure."""
    found = trees(index({"m.0": "a"}, {"m.0": "b"}), "m.", np.array([False, True]))
    assert found == {1: ["b"]}


def test_the_order_of_keys_elsewhere_does_not_matter() -> None:
    """A structure is the same whatever order the keys have in it or in its neighbours."""
    first, second = {"m.0.a": "1", "m.0.b": "2"}, {"m.0.b": "2", "m.0.a": "1"}
    structures = [*trees(index(first, second), "m.").values(), *trees(index(second), "m.").values()]
    assert {str(structure) for structure in structures} == {str([{"a": "1", "b": "2"}])}
