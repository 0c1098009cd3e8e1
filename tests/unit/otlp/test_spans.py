import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    EntityRef,
    InstrumentationScope,
    KeyValue,
    KeyValueList,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status
from otlp_requests import span_with_value

from spanlake.otlp.decoded import Decoded
from spanlake.otlp.spans import decode_spans

TRACE_ID, SPAN_ID = bytes(range(16)), bytes(range(8))
STRING = AnyValue(string_value="a")


def text(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def good(**fields: object) -> Span:
    ids = {"trace_id": TRACE_ID, "span_id": SPAN_ID}
    return Span(**(ids | fields))  # type: ignore[arg-type]  # the fields are the caller's


def decoded(*spans: Span) -> Decoded:
    return decode_spans([request(*spans)])


def request(*spans: Span) -> bytes:
    of_resource = ResourceSpans(scope_spans=[ScopeSpans(spans=spans)])
    return ExportTraceServiceRequest(resource_spans=[of_resource]).SerializeToString()


def test_every_field_has_its_column() -> None:
    """All that a span says and all that surrounds it is in the raw columns."""
    span = good(
        parent_span_id=b"\xff" * 8,
        trace_state="a=1",
        flags=0x301,
        name="chat",
        kind=Span.SPAN_KIND_CLIENT,
        start_time_unix_nano=1_700_000_000_000_000_123,
        end_time_unix_nano=1_700_000_001_000_000_456,
        attributes=[text("k", "v")],
        dropped_attributes_count=1,
        events=[
            Span.Event(
                name="e",
                time_unix_nano=1_700_000_000_500_000_789,
                attributes=[text("ek", "ev")],
                dropped_attributes_count=2,
            )
        ],
        dropped_events_count=3,
        links=[
            Span.Link(
                trace_id=b"\xaa" * 16,
                span_id=b"\xbb" * 8,
                trace_state="b=2",
                attributes=[text("lk", "lv")],
                dropped_attributes_count=4,
                flags=5,
            )
        ],
        dropped_links_count=6,
        status=Status(code=Status.STATUS_CODE_ERROR, message="no"),
    )
    of_resource = ResourceSpans(
        resource=Resource(
            attributes=[text("service.name", "s")],
            dropped_attributes_count=7,
            entity_refs=[
                EntityRef(schema_url="u", type="t", id_keys=["i"], description_keys=["d"])
            ],
        ),
        schema_url="resource/1",
        scope_spans=[
            ScopeSpans(
                scope=InstrumentationScope(
                    name="n",
                    version="v",
                    attributes=[text("sk", "sv")],
                    dropped_attributes_count=8,
                ),
                schema_url="scope/1",
                spans=[span],
            )
        ],
    )
    payload = ExportTraceServiceRequest(resource_spans=[of_resource]).SerializeToString()
    (row,) = decode_spans([payload]).table.to_pylist()
    times = {name: row.pop(name).isoformat() for name in ("start_time", "end_time")}
    times["event"] = row["events"][0].pop("time").isoformat()
    assert times == {
        "start_time": "2023-11-14T22:13:20+00:00",
        "end_time": "2023-11-14T22:13:21+00:00",
        "event": "2023-11-14T22:13:20.500000+00:00",
    }
    assert row == {
        "trace_id": "000102030405060708090a0b0c0d0e0f",
        "span_id": "0001020304050607",
        "parent_span_id": "ff" * 8,
        "trace_state": "a=1",
        "flags": 0x301,
        "name": "chat",
        "otel_kind": "CLIENT",
        "start_time_ns": 1_700_000_000_000_000_123,
        "end_time_ns": 1_700_000_001_000_000_456,
        "status_code": "ERROR",
        "status_message": "no",
        "resource": [("service.name", "s")],
        "resource_types": "s",
        "resource_dropped_attributes_count": 7,
        "resource_entity_refs": [
            {"schema_url": "u", "type": "t", "id_keys": ["i"], "description_keys": ["d"]}
        ],
        "resource_schema_url": "resource/1",
        "scope_name": "n",
        "scope_version": "v",
        "scope_attributes": [("sk", "sv")],
        "scope_attribute_types": "s",
        "scope_dropped_attributes_count": 8,
        "scope_schema_url": "scope/1",
        "attributes": [("k", "v")],
        "attribute_types": "s",
        "dropped_attributes_count": 1,
        "events": [
            {
                "name": "e",
                "time_ns": 1_700_000_000_500_000_789,
                "attributes": [("ek", "ev")],
                "attribute_types": "s",
                "dropped_attributes_count": 2,
            }
        ],
        "dropped_events_count": 3,
        "links": [
            {
                "trace_id": "aa" * 16,
                "span_id": "bb" * 8,
                "trace_state": "b=2",
                "attributes": [("lk", "lv")],
                "attribute_types": "s",
                "dropped_attributes_count": 4,
                "flags": 5,
            }
        ],
        "dropped_links_count": 6,
    }


def test_what_a_span_does_not_say_is_null_or_empty() -> None:
    """No parent, status, resource or scope are nulls; no attributes, events or links are empty."""
    (row,) = decoded(good()).table.to_pylist()
    unsaid = ["parent_span_id", "trace_state", "status_code", "status_message", "resource"]
    unsaid += ["resource_schema_url", "scope_name", "scope_version", "scope_schema_url"]
    assert [row[name] for name in unsaid] == [None] * len(unsaid)
    empty = ("attributes", "events", "links", "scope_attributes", "resource_entity_refs")
    assert [row[name] for name in empty] == [[]] * len(empty)
    assert (row["name"], row["otel_kind"], row["flags"]) == ("", "UNSPECIFIED", 0)


def test_what_is_there_but_empty_is_not_null() -> None:
    """An empty status, resource or scope differs from none."""
    of_scope = ScopeSpans(scope=InstrumentationScope(), spans=[good(status=Status())])
    of_resource = ResourceSpans(resource=Resource(), scope_spans=[of_scope])
    payload = ExportTraceServiceRequest(resource_spans=[of_resource]).SerializeToString()
    (row,) = decode_spans([payload]).table.to_pylist()
    assert (row["status_code"], row["resource"], row["scope_name"]) == ("UNSET", [], "")


def test_an_id_of_zeros_is_none() -> None:
    """A parent or link of zeros is no parent and no link."""
    span = good(parent_span_id=bytes(8), links=[Span.Link(trace_id=bytes(16), span_id=bytes(8))])
    (row,) = decoded(span).table.to_pylist()
    assert row["parent_span_id"] is None
    assert (row["links"][0]["trace_id"], row["links"][0]["span_id"]) == (None, None)


def test_numbers_without_a_name_stay_numbers() -> None:
    """Kinds and status codes of a later OTLP are kept."""
    span = good(kind=9, status=Status(code=-1))  # type: ignore[arg-type]  # no kind of today
    (row,) = decoded(span).table.to_pylist()
    assert (row["otel_kind"], row["status_code"]) == ("9", "-1")


def test_times_past_2262_wrap() -> None:
    """Nanoseconds beyond 63 bits are kept as negative ones."""
    (row,) = decoded(
        good(start_time_unix_nano=2**64 - 1, end_time_unix_nano=2**63)
    ).table.to_pylist()
    assert (row["start_time_ns"], row["end_time_ns"]) == (-1, -(2**63))


@pytest.mark.parametrize(
    ("ids", "reason"),
    [
        ({"trace_id": b""}, "span 'bad': trace_id is '': it must be 16 bytes, not all zero"),
        ({"trace_id": bytes(16)}, "span 'bad': trace_id is '': it must be 16 bytes, not all zero"),
        (
            {"trace_id": b"\1\2"},
            "span 'bad': trace_id is '0102': it must be 16 bytes, not all zero",
        ),
        ({"span_id": b""}, "span 'bad': span_id is '': it must be 8 bytes, not all zero"),
        (
            {"span_id": b"\xab" * 9},
            f"span 'bad': span_id is '{'ab' * 9}': it must be 8 bytes, not all zero",
        ),
    ],
)
def test_a_span_without_proper_ids_is_refused_alone(ids: dict[str, bytes], reason: str) -> None:
    """The others of its request are accepted; the reason has its name, the value and the rule."""
    result = decoded(good(name="before"), good(name="bad", **ids), good(name="after"))
    assert result.table["name"].to_pylist() == ["before", "after"]
    assert (result.rejected, result.reasons) == ([1], [reason])


def test_each_request_has_its_own_count_and_first_reason() -> None:
    """Rows are told apart by request, also where some requests have none."""
    bad = Span(name="bad")
    payloads = [
        request(good(), bad, good()),
        b"",
        request(good()),
        request(bad, Span(name="worse")),
    ]
    result = decode_spans(payloads)
    assert result.requests.tolist() == [0, 0, 2]
    assert result.rejected == [1, 0, 0, 2]
    assert [reason[:10] for reason in result.reasons] == ["span 'bad'", "", "", "span 'bad'"]


def test_long_names_are_shortened_in_reasons() -> None:
    """A reason travels back to the client, so it stays short."""
    (reason,) = decoded(Span(name="n" * 1000, trace_id=b"\1" * 1000)).reasons
    assert len(reason) < 300


def test_no_requests_are_no_rows() -> None:
    """An empty batch has all the columns and no rows."""
    result = decode_spans([])
    assert (len(result.table), result.rejected, result.reasons) == (0, [], [])
    assert result.table.column_names == decoded(good()).table.column_names


def test_envelopes_are_those_of_each_span() -> None:
    """Spans of several resources and scopes, some of them empty, keep what surrounds them."""
    payload = ExportTraceServiceRequest()
    for service, scopes in {"a": ["x", "y"], "b": [], "c": ["z"]}.items():
        of_resource = payload.resource_spans.add(
            resource=Resource(attributes=[text("service.name", service)])
        )
        of_resource.scope_spans.add(scope=InstrumentationScope(name="without spans"))
        for scope in scopes:
            spans = [good(name=f"{service}{scope}{n}") for n in range(2)]
            of_resource.scope_spans.add(scope=InstrumentationScope(name=scope), spans=spans)
    table = decode_spans([payload.SerializeToString()]).table
    rows = table.select(["name", "resource", "scope_name"]).to_pylist()
    assert [(row["resource"][0][1] + row["scope_name"], row["name"][:2]) for row in rows] == [
        *[("ax", "ax")] * 2,
        *[("ay", "ay")] * 2,
        *[("cz", "cz")] * 2,
    ]


@pytest.mark.parametrize(
    ("members", "expected", "letter"),
    [
        ([STRING, AnyValue(int_value=1)], "1", "i"),
        ([AnyValue(int_value=1), STRING], "a", "s"),
        ([STRING, AnyValue(array_value=ArrayValue())], "[]", "a"),
        ([AnyValue(kvlist_value=KeyValueList()), AnyValue(bytes_value=b"\0")], "AA==", "y"),
        ([AnyValue(bool_value=True), AnyValue(double_value=0.5), STRING], "a", "s"),
    ],
)
def test_the_last_member_of_a_oneof_counts(
    members: list[AnyValue], expected: str, letter: str
) -> None:
    """Legal bytes that set several members of an AnyValue are read as protobuf reads them."""
    encoded = b"".join(member.SerializeToString() for member in members)
    (row,) = decode_spans([span_with_value(encoded)]).table.to_pylist()
    assert (row["attributes"], row["attribute_types"]) == ([("key", expected)], letter)
