import base64
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList

from spanlake.entities import Signal
from spanlake.errors import MalformedError
from spanlake.otlp.json_decode import json_to_protobuf
from spanlake.otlp.messages import parse

CORPUS = Path(__file__).parents[2] / "data" / "corpus"
ID_KEYS = ("traceId", "spanId", "parentSpanId")


def document_with(span: dict[str, Any]) -> bytes:
    return orjson.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})


def document_with_value(value: object) -> bytes:
    return document_with({"attributes": [{"key": "k", "value": value}]})


def decode_trace(body: bytes) -> ExportTraceServiceRequest:
    return ExportTraceServiceRequest.FromString(json_to_protobuf(Signal.TRACES, body))


def read_value(value: object) -> AnyValue:
    request = decode_trace(document_with_value(value))
    return request.resource_spans[0].scope_spans[0].spans[0].attributes[0].value


def nested(kind: str, depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {"intValue": 1}
    for _ in range(depth - 1):
        value = {kind: {"values": [value if kind == "arrayValue" else {"key": "", "value": value}]}}
    return value


def ids_in_base64(members: dict[str, Any]) -> dict[str, Any]:
    for key in ID_KEYS:
        if key in members:
            members[key] = base64.b64encode(bytes.fromhex(members[key])).decode()
    return members


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*/*.otlp.json")), ids=lambda path: path.stem)
def test_real_requests_decode_as_protobufs_own_json_reader_has_them(path: Path) -> None:
    """A real request decodes to what protobuf's JSON reader makes of it once ids are base64."""
    document = json.loads(path.read_bytes(), object_hook=ids_in_base64)
    expected = json_format.ParseDict(document, ExportTraceServiceRequest())
    assert decode_trace(path.read_bytes()) == expected


def test_every_signal_has_its_request() -> None:
    """Logs and metrics are read into their own requests, ids of exemplars included."""
    ids = {"traceId": "0102", "spanId": "0A"}
    record = {**ids, "severityNumber": 9, "body": {"stringValue": "x"}}
    body = orjson.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]})
    logs = ExportLogsServiceRequest.FromString(json_to_protobuf(Signal.LOGS, body))
    log = logs.resource_logs[0].scope_logs[0].log_records[0]
    assert (log.trace_id, log.span_id, log.severity_number) == (b"\x01\x02", b"\x0a", 9)

    metric = {"name": "m", "sum": {"dataPoints": [{"asInt": "3", "exemplars": [ids]}]}}
    body = orjson.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]})
    metrics = ExportMetricsServiceRequest.FromString(json_to_protobuf(Signal.METRICS, body))
    point = metrics.resource_metrics[0].scope_metrics[0].metrics[0].sum.data_points[0]
    assert (point.as_int, point.exemplars[0].trace_id) == (3, b"\x01\x02")


@pytest.mark.parametrize("signal", Signal)
@pytest.mark.parametrize("body", [b"", b"{}", b"\xef\xbb\xbf{}", b" {}\n"])
def test_an_empty_request_is_a_request(signal: Signal, body: bytes) -> None:
    """An empty body and an empty object are the request without content."""
    assert json_to_protobuf(signal, body) == b""


def test_a_byte_order_mark_is_accepted() -> None:
    """A UTF-8 byte order mark before the document changes nothing."""
    body = document_with({"name": "café"})
    assert decode_trace(b"\xef\xbb\xbf" + body) == decode_trace(body)


@pytest.mark.parametrize("unknown", [1, "x", [None, {"a": []}], {"spans": 7}, 1e300, True])
def test_unknown_fields_are_ignored_at_every_level(unknown: object) -> None:
    """A field that is not in the schema may hold anything, wherever it stands."""
    value = {"stringValue": "v", "unknown": unknown}
    attribute = {"key": "k", "value": value, "unknown": unknown}
    span = {"attributes": [attribute], "unknown": unknown}
    scope = {"spans": [span], "unknown": unknown}
    resource = {"scopeSpans": [scope], "unknown": unknown}
    body = orjson.dumps({"resourceSpans": [resource], "unknown": unknown})
    assert decode_trace(body) == decode_trace(document_with_value({"stringValue": "v"}))


def test_snake_case_names_are_unknown_fields() -> None:
    """Only lowerCamelCase names are fields; protobuf's own names are ignored, not validated."""
    body = document_with({"name": "a", "trace_id": "not hex", "start_time_unix_nano": []})
    assert decode_trace(body) == decode_trace(document_with({"name": "a"}))


def test_null_is_an_unset_field() -> None:
    """Null leaves any field unset: scalar, message, repeated, or one of a choice."""
    span: dict[str, Any] = {
        "name": None,
        "status": None,
        "events": None,
        "kind": None,
        "attributes": [{}],
    }
    assert decode_trace(document_with(span)) == decode_trace(document_with({"attributes": [{}]}))
    value = {"stringValue": None, "intValue": "1"}
    assert read_value(value) == AnyValue(int_value=1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, AnyValue()),
        ({"stringValue": ""}, AnyValue(string_value="")),
        ({"intValue": 0}, AnyValue(int_value=0)),
        ({"boolValue": False}, AnyValue(bool_value=False)),
        ({"doubleValue": 0}, AnyValue(double_value=0)),
        ({"bytesValue": ""}, AnyValue(bytes_value=b"")),
        ({"arrayValue": {}}, AnyValue(array_value=ArrayValue())),
        ({"arrayValue": {"values": []}}, AnyValue(array_value=ArrayValue())),
        ({"kvlistValue": {}}, AnyValue(kvlist_value=KeyValueList())),
        ({"arrayValue": {"values": [{}]}}, AnyValue(array_value=ArrayValue(values=[AnyValue()]))),
    ],
)
def test_empty_values_are_values(value: dict[str, Any], expected: AnyValue) -> None:
    """An attribute value that is empty, zero or false is kept apart from an unset one."""
    read = read_value(value)
    assert read == expected
    assert read.WhichOneof("value") == expected.WhichOneof("value")


def test_an_empty_value_is_not_a_missing_one() -> None:
    """An attribute with the value `{}` has a value; one without the key has none."""
    body = document_with({"attributes": [{"key": "k", "value": {}}, {"key": "k"}]})
    attributes = decode_trace(body).resource_spans[0].scope_spans[0].spans[0].attributes
    assert [attribute.HasField("value") for attribute in attributes] == [True, False]


def test_values_nest_and_mix() -> None:
    """Arrays may hold different types, and objects and arrays each other."""
    inner = {"kvlistValue": {"values": [{"key": "a", "value": {"bytesValue": "AAE="}}]}}
    expected = KeyValue(key="a", value=AnyValue(bytes_value=b"\x00\x01"))
    value = read_value({"arrayValue": {"values": [{"boolValue": True}, inner]}})
    first, second = value.array_value.values
    assert first == AnyValue(bool_value=True)
    assert second == AnyValue(kvlist_value=KeyValueList(values=[expected]))


def test_the_last_of_duplicate_keys_counts() -> None:
    """Of a key that occurs twice the last is read and the first is not even validated."""
    span = decode_trace(
        b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":1,"name":"last"}]}]}]}'
    )
    assert span == decode_trace(document_with({"name": "last"}))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"[]", "the document: an array is not an object"),
        (b'"x"', 'the document: "x" is not an object'),
        (b"null", "the document: null is not an object"),
        (b'{"resourceSpans":{}}', "resourceSpans: an object is not an array"),
        (b'{"resourceSpans":[{},null]}', "resourceSpans[1]: null is not an object"),
        (b'{"resourceSpans":[{"resource":[]}]}', "resourceSpans[0].resource: an array is not"),
        (b'{"resourceSpans":[{"schemaUrl":true}]}', "resourceSpans[0].schemaUrl: true is not a st"),
        (
            b'{"resourceSpans":[{"schemaUrl":"a","resource":{"entityRefs":[{"idKeys":["a",null]}]}}]}',
            "resourceSpans[0].resource.entityRefs[0].idKeys[1]: null is not a string",
        ),
        (
            document_with({"attributes": [{}, {"value": {"stringValue": "", "intValue": 1}}]}),
            "spans[0].attributes[1].value: an object sets stringValue and intValue, but only one",
        ),
        (
            document_with({"spanId": "spät\n" * 99}),
            'spanId: "' + r"spät\n" * 11 + 'spät…" is not an even number of hex digits (ids in',
        ),
    ],
)
def test_errors_name_the_path_the_value_and_the_rule(body: bytes, message: str) -> None:
    """An error tells on one line where in the document which value breaks which rule."""
    with pytest.raises(MalformedError) as caught:
        json_to_protobuf(Signal.TRACES, body)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b" ",
        b"{}{}",
        b'{"a":NaN}',
        b'{"a":1e999}',
        b"\xff\xfe{\x00}\x00",
        b'{"resourceSpans":[{"schemaUrl":"\xff"}]}',
        b'{"resourceSpans":[{"schemaUrl":"\\ud800"}]}',
        b'{"\\udfff":1}',
        b'{"unknown":"\xed\xa0\x80"}',
        b"\n\x18\n\x00\x12\x12",
    ],
)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    """Broken syntax, invalid UTF-8 and lone surrogates are an error wherever they stand."""
    with pytest.raises(MalformedError, match=r"^the body is not JSON: .* at line \d+ column \d+$"):
        json_to_protobuf(Signal.TRACES, body)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 10_000,
        b'{"unknown":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"unknown":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"resourceSpans":[' * 10_000 + b"]}" * 10_000,
        document_with({"attributes": []}).replace(
            b"[]",
            b'[{"value":' + b'{"arrayValue":{"values":[' * 10_000 + b"]}}" * 10_000 + b"}]",
        ),
        document_with_value(nested("arrayValue", 51)),
        document_with_value(nested("kvlistValue", 51)),
    ],
    ids=["open", "array", "object", "known", "value", "51 arrays", "51 objects"],
)
def test_deep_nesting_is_refused(body: bytes) -> None:
    """Whatever is nested too deep is an error, in known and unknown fields."""
    with pytest.raises(MalformedError) as caught:
        json_to_protobuf(Signal.TRACES, body)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(("kind", "depth"), [("arrayValue", 48), ("kvlistValue", 32)])
def test_the_limit_on_nesting_is_that_of_protobuf(kind: str, depth: int) -> None:
    """The deepest value accepted is the deepest that protobuf's parser accepts."""
    payload = json_to_protobuf(Signal.TRACES, document_with_value(nested(kind, depth)))
    parse(Signal.TRACES, payload)
    with pytest.raises(MalformedError, match="nested more than 100 messages deep"):
        json_to_protobuf(Signal.TRACES, document_with_value(nested(kind, depth + 1)))


def test_unknown_fields_may_nest_as_deep_as_the_parser_goes() -> None:
    """The limit on nesting messages does not apply to what is ignored."""
    assert json_to_protobuf(Signal.TRACES, b'{"a":' + b"[" * 1000 + b"]" * 1000 + b"}") == b""
