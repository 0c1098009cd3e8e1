"""OTLP/JSON: its mapping of ids, numbers, enums and values, as stored."""

import json
import os
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from samples import MARK
from server import RunningServer
from stored import exported, stored
from wire import Answer, Client, Transport

from spanlake.entities import Signal

TRACE_ID = "5B8EFFF798038103D269B633813FC60C"
SPAN_ID = "EEE19B7EC3C1B174"
GOOD = {"traceId": TRACE_ID, "spanId": SPAN_ID, "name": "step"}


class Sender:
    """Sends spans written in JSON, and reads back the one that is stored."""

    def __init__(self, server: RunningServer, client: Client) -> None:
        self._server = server
        self._client = client
        self._mark = ""

    def send(self, span: dict[str, Any], **members: Any) -> Answer:  # noqa: ANN401  # any JSON
        """Send a span that has these members beside an id and a name."""
        return self.send_text(json.dumps(self._document(GOOD | span, members)).encode())

    def send_text(self, body: bytes) -> Answer:
        """Send a body as it is."""
        return self._client.send(Transport.JSON, Signal.TRACES, body)

    def document(self, span: str) -> str:
        """The text of a request around the text of a span."""
        return json.dumps(self._document("SPAN", {})).replace('"SPAN"', span)

    def _document(self, span: object, members: dict[str, Any]) -> dict[str, Any]:
        self._mark = os.urandom(8).hex()
        mark = {"key": MARK, "value": {"stringValue": self._mark}}
        scope = {"scope": {"name": "a"}, "spans": [span]}
        of_resource = {"resource": {"attributes": [mark]}, "scopeSpans": [scope]}
        return {"resourceSpans": [of_resource | members], **members}

    def rows(self) -> list[dict[str, Any]]:
        """What is stored of the request sent last."""
        rows: list[dict[str, Any]] = stored(
            self._server.data, Signal.TRACES, self._mark
        ).to_pylist()
        return rows

    def span(self) -> Span:
        """The one span of the request sent last, as it is exported again."""
        request = exported(self._server.data, Signal.TRACES, self._mark)
        assert isinstance(request, ExportTraceServiceRequest)
        (span,) = request.resource_spans[0].scope_spans[0].spans
        return span


@pytest.fixture
def sender(server: RunningServer, client: Client) -> Sender:
    return Sender(server, client)


@pytest.mark.parametrize("digits", [TRACE_ID, TRACE_ID.lower(), TRACE_ID.title()])
def test_ids_are_hex_in_either_case(sender: Sender, digits: str) -> None:
    """OTLP 36: ids are read as hex in upper or lower case, everywhere, and stored in lower."""
    link = {"traceId": digits, "spanId": SPAN_ID}
    sender.send({"traceId": digits, "parentSpanId": SPAN_ID, "links": [link]})
    (row,) = sender.rows()
    assert row["trace_id"] == TRACE_ID.lower()
    assert row["parent_span_id"] == SPAN_ID.lower()
    assert row["links"][0]["trace_id"] == TRACE_ID.lower()
    assert row["links"][0]["span_id"] == SPAN_ID.lower()


@pytest.mark.parametrize(
    ("signal", "body", "path"),
    [
        (
            Signal.TRACES,
            '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"W47/95gDgQPSabYzgT/GDA=="}]}]}]}',
            "resourceSpans[0].scopeSpans[0].spans[0].traceId",
        ),
        (
            Signal.LOGS,
            '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"spanId":"7uGbfsPBsXQ="}]}]}]}',
            "resourceLogs[0].scopeLogs[0].logRecords[0].spanId",
        ),
        (
            Signal.METRICS,
            (
                '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{"dataPoints":['
                '{"exemplars":[{"traceId":"W47/95gDgQPSabYzgT/GDA=="}]}]}}]}]}]}'
            ),
            "dataPoints[0].exemplars[0].traceId",
        ),
    ],
)
def test_ids_in_base64_are_refused(client: Client, signal: Signal, body: str, path: str) -> None:
    """OTLP 36: an id in base64 is refused with the path to it, in every signal."""
    answer = client.send(Transport.JSON, signal, body.encode())
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
    assert answer.status is not None
    assert path in answer.status.message
    assert "hex" in answer.status.message


def test_enums_are_numbers(sender: Sender) -> None:
    """OTLP 37: enums are numbers; a name is refused, and a number nobody knows is kept."""
    sender.send({"kind": 3, "status": {"code": 2}})
    assert (sender.span().kind, sender.span().status.code) == (3, 2)
    sender.send({"kind": 99})
    assert sender.span().kind == 99
    for refused in ({"kind": "SPAN_KIND_CLIENT"}, {"kind": "3"}, {"status": {"code": "OK"}}):
        answer = sender.send(refused)
        assert answer.code is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("unknown", [1, "text", None, [], {"a": [{}]}, [{"deep": {"er": None}}]])
def test_unknown_members_are_ignored(sender: Sender, unknown: object) -> None:
    """OTLP 38: members that OTLP does not have are ignored at every level, whatever they hold."""
    event = {"name": "e", "unknown": unknown}
    value = {"stringValue": "v", "unknown": unknown}
    attribute = {"key": "k", "value": value, "unknown": unknown}
    sender.send({"events": [event], "attributes": [attribute], "unknown": unknown}, unknown=unknown)
    span = sender.span()
    assert [event.name for event in span.events] == ["e"]
    assert span.attributes[0] == KeyValue(key="k", value=AnyValue(string_value="v"))


def test_snake_case_is_unknown(sender: Sender) -> None:
    """OTLP 39: members in snake_case are unknown ones."""
    sender.send({"trace_state": "a=1", "dropped_events_count": 5, "status": {"message": "m"}})
    assert sender.span().trace_state == ""
    assert sender.span().dropped_events_count == 0


@pytest.mark.parametrize("number", [2**53 + 1, -(2**63), 2**63 - 1, 0, -1])
@pytest.mark.parametrize("form", [int, str])
def test_integers_keep_all_their_digits(
    sender: Sender, number: int, form: "type[int | str]"
) -> None:
    """OTLP 40: 64-bit integers, as numbers or as strings, are stored to the last digit."""
    sender.send({"attributes": [{"key": "n", "value": {"intValue": form(number)}}]})
    assert sender.span().attributes[0].value.int_value == number
    assert dict(sender.rows()[0]["attributes"])["n"] == str(number)


@pytest.mark.parametrize("nanos", [2**64 - 1, 1_544_712_660_300_000_001, 0])
@pytest.mark.parametrize("form", [int, str])
def test_times_keep_all_their_digits(sender: Sender, nanos: int, form: "type[int | str]") -> None:
    """OTLP 40: times, as numbers or as strings, are stored to the nanosecond."""
    sender.send({"startTimeUnixNano": form(nanos), "endTimeUnixNano": form(nanos)})
    assert sender.span().start_time_unix_nano == sender.span().end_time_unix_nano == nanos


@pytest.mark.parametrize(
    "wrong", [2**63, "9223372036854775808", "1.5", 1.5, "", " 1", "0x10", "1_000", True, [], {}]
)
def test_what_is_no_integer_is_refused(sender: Sender, wrong: object) -> None:
    """OTLP 40: an integer out of range or in another spelling is refused, not rounded."""
    answer = sender.send({"attributes": [{"key": "n", "value": {"intValue": wrong}}]})
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (0.1, "0.1"),
        (1, "1.0"),
        ("2.5", "2.5"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("-Infinity", "-Infinity"),
        (-0.0, "-0.0"),
    ],
)
def test_doubles_may_be_words(sender: Sender, written: object, meant: str) -> None:
    """OTLP 41: doubles are numbers, or NaN, Infinity and -Infinity, and stored exactly."""
    sender.send({"attributes": [{"key": "d", "value": {"doubleValue": written}}]})
    assert dict(sender.rows()[0]["attributes"])["d"] == meant
    assert str(sender.span().attributes[0].value.double_value) == str(float(meant))


@pytest.mark.parametrize("written", ["+/++fw==", "-_--fw==", "+/++fw", "-_--fw"])
def test_bytes_are_base64_of_either_alphabet(sender: Sender, written: str) -> None:
    """OTLP 42: bytes are base64 of either alphabet, padded or not."""
    sender.send({"attributes": [{"key": "y", "value": {"bytesValue": written}}]})
    assert sender.span().attributes[0].value.bytes_value == b"\xfb\xff\xbe\x7f"


def test_null_is_unset(sender: Sender) -> None:
    """OTLP 43: a member that is null is not set, in whatever place."""
    names = ("parentSpanId", "links", "events", "status", "kind", "attributes", "traceState")
    sender.send(dict.fromkeys(names))
    assert [field.name for field, _ in sender.span().ListFields()] == [
        "trace_id",
        "span_id",
        "name",
    ]
    answer = sender.send({"attributes": [{"key": "k", "value": {"stringValue": None}}]})
    assert answer.response == b""
    assert sender.span().attributes[0].value.WhichOneof("value") is None


_NESTED = ArrayValue(
    values=[
        AnyValue(string_value=""),
        AnyValue(int_value=1),
        AnyValue(),
        AnyValue(bytes_value=b""),
        AnyValue(kvlist_value=KeyValueList(values=[KeyValue(key="", value=AnyValue())])),
    ]
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({}, AnyValue()),
        ({"stringValue": ""}, AnyValue(string_value="")),
        ({"boolValue": False}, AnyValue(bool_value=False)),
        ({"bytesValue": ""}, AnyValue(bytes_value=b"")),
        ({"arrayValue": {}}, AnyValue(array_value=ArrayValue())),
        ({"kvlistValue": {}}, AnyValue(kvlist_value=KeyValueList())),
        (
            {
                "arrayValue": {
                    "values": [
                        {"stringValue": ""},
                        {"intValue": "1"},
                        {},
                        {"bytesValue": ""},
                        {"kvlistValue": {"values": [{"key": "", "value": {}}]}},
                    ]
                }
            },
            AnyValue(array_value=_NESTED),
        ),
    ],
)
def test_values_may_be_empty_mixed_and_nested(
    sender: Sender, written: dict[str, Any], meant: AnyValue
) -> None:
    """OTLP 43, 44: values may be of no kind, empty, of mixed kinds and nested, and stay so."""
    sender.send({"attributes": [{"key": "v", "value": written}]})
    assert sender.span().attributes[0].value == meant


def test_a_byte_order_mark_is_skipped(sender: Sender) -> None:
    """OTLP 45: a byte order mark before the document is no fault."""
    body = sender.document(json.dumps(GOOD)).encode("utf-8-sig")
    assert sender.send_text(body).response == b""
    assert sender.span().name == "step"


@pytest.mark.parametrize(
    "name",
    [b'"\\ud800"', b'"\\udc00\\ud800"', b'"\xff"', b'"\xed\xa0\x80"', b'"\xc0\xaf"', b'"\n"'],
)
def test_text_that_is_none_is_refused(sender: Sender, name: bytes) -> None:
    """OTLP 45: lone surrogates, invalid UTF-8 and bare control characters are refused."""
    body = sender.document('{"name":NAME}').encode().replace(b"NAME", name)
    assert sender.send_text(body).code is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("name", ['"\\u0000"', '"\\ud83d\\ude00"', '"\\u202e \\uffff"', '"😀"'])
def test_text_of_any_character_is_kept(sender: Sender, name: str) -> None:
    """OTLP 45: every character that Unicode has is kept, escaped or not."""
    span = json.dumps(GOOD | {"name": "NAME"}).replace('"NAME"', name)
    assert sender.send_text(sender.document(span).encode()).response == b""
    assert sender.span().name == json.loads(name)
    assert sender.rows()[0]["name"] == json.loads(name)


def test_nesting_ends_where_that_of_protobuf_does(sender: Sender) -> None:
    """OTLP 44, 45: a value nested 40 lists deep is kept; one of 60, or of 100,000, is refused."""

    def nested(depth: int) -> bytes:
        value = '{"arrayValue":{"values":[' * depth + '{"intValue":1}' + "]}}" * depth
        span = json.dumps(GOOD | {"attributes": [{"key": "k", "value": "VALUE"}]})
        return sender.document(span.replace('"VALUE"', value)).encode()

    assert sender.send_text(nested(40)).response == b""
    value = sender.span().attributes[0].value
    for _ in range(40):
        (value,) = value.array_value.values
    assert value.int_value == 1
    for depth in (60, 1_000, 100_000):
        assert sender.send_text(nested(depth)).code is grpc.StatusCode.INVALID_ARGUMENT
    for brackets in (b"[" * 100_000, b'{"a":' * 100_000):
        assert sender.send_text(brackets).code is grpc.StatusCode.INVALID_ARGUMENT


def test_of_a_member_given_twice_the_last_counts(sender: Sender) -> None:
    """OTLP 45: of a member that stands twice in an object the last counts."""
    span = json.dumps(GOOD)[:-1] + ', "name": "again"}'
    assert sender.send_text(sender.document(span).encode()).response == b""
    assert sender.span().name == "again"


def test_a_value_of_two_kinds_is_refused(sender: Sender) -> None:
    """OTLP 44: a value that sets two of its kinds is refused."""
    both = {"stringValue": "a", "intValue": 1}
    answer = sender.send({"attributes": [{"key": "k", "value": both}]})
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
    assert answer.status is not None
    assert "attributes[0].value: an object sets stringValue and intValue" in answer.status.message
