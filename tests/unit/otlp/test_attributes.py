import math

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from otlp_requests import span_with_value

from spanlake.entities import Signal
from spanlake.errors import MalformedError
from spanlake.otlp.anyvalue import any_value, any_value_text, nested_text
from spanlake.otlp.attributes import (
    AmbiguousValueError,
    AttributeColumns,
    attribute_columns,
    key_values,
)
from spanlake.otlp.envelope import open_envelopes
from spanlake.otlp.messages import to_arrow


def array(*values: AnyValue) -> AnyValue:
    return AnyValue(array_value=ArrayValue(values=values))


def kvlist(*pairs: KeyValue) -> AnyValue:
    return AnyValue(kvlist_value=KeyValueList(values=pairs))


def pair(key: str, value: AnyValue) -> KeyValue:
    return KeyValue(key=key, value=value)


def text(value: str) -> AnyValue:
    return AnyValue(string_value=value)


def integer(value: int) -> AnyValue:
    return AnyValue(int_value=value)


def double(value: float) -> AnyValue:
    return AnyValue(double_value=value)


def nested(depth: int, innermost: AnyValue) -> AnyValue:
    return array(nested(depth - 1, innermost)) if depth else innermost


VALUES = [
    (AnyValue(), None, "n"),
    (text(""), "", "s"),
    (text('{"a":1}'), '{"a":1}', "s"),
    (integer(0), "0", "i"),
    (integer(2**63 - 1), "9223372036854775807", "i"),
    (integer(-(2**63)), "-9223372036854775808", "i"),
    (double(0.0), "0.0", "d"),
    (double(-0.0), "-0.0", "d"),
    (double(1.0), "1.0", "d"),
    (double(0.1), "0.1", "d"),
    (double(5e-324), "5e-324", "d"),
    (double(1e16), "1e+16", "d"),
    (double(math.inf), "Infinity", "d"),
    (double(-math.inf), "-Infinity", "d"),
    (AnyValue(bool_value=True), "true", "b"),
    (AnyValue(bool_value=False), "false", "b"),
    (AnyValue(bytes_value=b""), "", "y"),
    (AnyValue(bytes_value=b"\xfb\xff"), "+/8=", "y"),
    (array(), "[]", "a"),
    (array(text("a"), integer(1), double(1.0), AnyValue()), '["a",1,1.0,null]', "a"),
    (array(array(), kvlist()), "[[],{}]", "a"),
    (nested(40, integer(1)), "[" * 40 + "1" + "]" * 40, "a"),
    (kvlist(), "{}", "k"),
    (kvlist(pair("é", text('"')), pair("", array())), '{"é":"\\"","":[]}', "k"),
    (array(double(math.inf)), '{"arrayValue":{"values":[{"doubleValue":"Infinity"}]}}', "x"),
    (array(AnyValue(bytes_value=b"\0")), '{"arrayValue":{"values":[{"bytesValue":"AA=="}]}}', "x"),
    (
        kvlist(pair("k", AnyValue()), pair("k", AnyValue())),
        '{"kvlistValue":{"values":[{"key":"k","value":{}},{"key":"k","value":{}}]}}',
        "x",
    ),
]


@pytest.mark.parametrize(("value", "expected", "letter"), VALUES)
def test_a_value_is_a_text_and_a_letter(value: AnyValue, expected: str | None, letter: str) -> None:
    """Each kind of value has its text and letter, and comes back from them."""
    assert any_value_text(value) == (expected, letter)
    assert any_value(expected, letter) == value


def test_not_a_number_is_kept() -> None:
    """NaN, which equals nothing, comes back alone and inside an array."""
    assert any_value_text(double(math.nan)) == ("NaN", "d")
    assert math.isnan(any_value("NaN", "d").double_value)
    inside = any_value(*any_value_text(nested(40, double(math.nan))))
    assert inside.SerializeToString() == nested(40, double(math.nan)).SerializeToString()


def test_an_index_into_a_string_table_is_no_value() -> None:
    """The string tables of profiles do not exist here, and what points to them is skipped."""
    index = AnyValue(string_value_strindex=7)
    assert any_value_text(index) == (None, "n")
    assert any_value_text(array(index, integer(1))) == ("[null,1]", "a")


def test_bytes_that_are_no_value_are_malformed() -> None:
    """A nested value that protobuf cannot read is an error of the request."""
    with pytest.raises(MalformedError, match="not a protobuf AnyValue"):
        nested_text(b"\xff", "k")


def columns_of(*lists: list[KeyValue]) -> AttributeColumns:
    request = ExportTraceServiceRequest()
    scope_spans = request.resource_spans.add().scope_spans.add()
    for attributes in lists:
        scope_spans.spans.add(attributes=attributes)
    return columns_in(request.SerializeToString())


def columns_in(payload: bytes) -> AttributeColumns:
    batch = to_arrow(Signal.TRACES, [payload])
    return attribute_columns(
        open_envelopes(batch, "scope_spans", "spans").structs.field("attributes")
    )


def test_lists_become_maps_with_a_letter_an_entry() -> None:
    """Every kind of value, in lists of any length, is in the columns and comes back."""
    lists = [
        [pair(f"key {i}", value) for i, (value, _, _) in enumerate(VALUES)],
        [],
        [pair("key 1", text("again")), pair("key 0", integer(5))],
    ]
    columns = columns_of(*lists)
    assert columns.values.to_pylist() == [
        [(f"key {i}", expected) for i, (_, expected, _) in enumerate(VALUES)],
        [],
        [("key 1", "again"), ("key 0", "5")],
    ]
    assert columns.types.to_pylist() == ["".join(letter for _, _, letter in VALUES), "", "si"]
    rows = zip(columns.values.to_pylist(), columns.types.to_pylist(), strict=True)
    assert [key_values(*row) for row in rows] == lists


def test_no_attributes_at_all_are_empty_maps() -> None:
    """Owners without attributes have empty maps, and no owners have no rows."""
    assert columns_of([], []).values.to_pylist() == [[], []]
    assert columns_of([], []).types.to_pylist() == ["", ""]
    assert len(columns_of().values) == 0


def test_a_list_that_repeats_a_key_is_kept_whole() -> None:
    """The map has the last value of each key; the types hold the list, so that none is lost."""
    repeating = [
        pair("a", text("first")),
        pair("b", kvlist(pair("n", double(math.inf)), pair("m", AnyValue(bytes_value=b"\0")))),
        pair("a", integer(2)),
        pair("c", AnyValue()),
    ]
    plain = [pair("a", integer(1))]
    columns = columns_of(plain, repeating, plain)
    values, types = columns.values.to_pylist(), columns.types.to_pylist()
    assert [entries[0] for entries in values] == [("a", "1"), ("a", "2"), ("a", "1")]
    assert [key for key, _ in values[1]] == ["a", "b", "c"]
    assert types[0] == types[2] == "i"
    assert types[1].startswith('=[{"key":"a","value":{"stringValue":"first"}}')
    assert key_values(values[1], types[1]) == repeating
    assert key_values(values[0], types[0]) == plain


def test_an_attribute_without_a_value_has_the_empty_one() -> None:
    """OTLP does not tell a value left out from an empty one."""
    columns = columns_of([KeyValue(key="k")])
    assert (columns.values.to_pylist(), columns.types.to_pylist()) == ([[("k", None)]], ["n"])
    assert key_values([("k", None)], "n") == [pair("k", AnyValue())]


def test_a_value_of_two_kinds_is_noticed() -> None:
    """The columnar decoder shows both members of a oneof, of which only one may count."""
    two_kinds = text("a").SerializeToString() + integer(1).SerializeToString()
    with pytest.raises(AmbiguousValueError):
        columns_in(span_with_value(two_kinds))
