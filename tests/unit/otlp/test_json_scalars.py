"""Spellings of scalars, read through whole requests as a client would send them."""

import math
from typing import Any

import orjson
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import ExponentialHistogramDataPoint
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from spanlake.entities import Signal
from spanlake.errors import MalformedError
from spanlake.otlp.json_decode import json_to_protobuf


def read_span(member: str) -> Span:
    body = f'{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{member}}}]}}]}}]}}'
    payload = json_to_protobuf(Signal.TRACES, body.encode())
    return ExportTraceServiceRequest.FromString(payload).resource_spans[0].scope_spans[0].spans[0]


def read_value(member: str) -> AnyValue:
    return read_span(f'"attributes":[{{"key":"k","value":{{{member}}}}}]').attributes[0].value


def read_point(point: dict[str, Any]) -> ExponentialHistogramDataPoint:
    metric = {"exponentialHistogram": {"dataPoints": [point]}}
    body = orjson.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]})
    request = ExportMetricsServiceRequest.FromString(json_to_protobuf(Signal.METRICS, body))
    metrics = request.resource_metrics[0].scope_metrics[0].metrics
    return metrics[0].exponential_histogram.data_points[0]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('"5b8efff798038103d269b633813fc60c"', "5b8efff798038103d269b633813fc60c"),
        ('"5B8EFFF798038103D269B633813FC60C"', "5b8efff798038103d269b633813fc60c"),
        ('"eee19b7ec3c1b174"', "eee19b7ec3c1b174"),
        ('"00"', "00"),
        ('""', ""),
        ("null", ""),
    ],
)
def test_ids_are_hex_of_any_case_and_length(written: str, expected: str) -> None:
    """An id is read from hex of either case; its length is not judged here."""
    span = read_span(f'"traceId":{written},"spanId":{written},"parentSpanId":{written}')
    assert [span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()] == [expected] * 3


@pytest.mark.parametrize(
    "written",
    ['"W47/95gDgQPSabYzgT/GDA=="', '"abc"', '"zz"', '" ab"', '"a b "', '"0x"', '"é0"', "12", "{}"],
)
def test_ids_that_are_not_hex_are_refused(written: str) -> None:
    """An id in base64, of odd length, with other characters or of another type is an error."""
    with pytest.raises(MalformedError, match=r"^resourceSpans\[0\].*\.spans\[0\]\.traceId: "):
        read_span(f'"traceId":{written}')


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0", 0),
        ('"-0"', 0),
        ("9007199254740993", 9007199254740993),
        ('"9007199254740993"', 9007199254740993),
        ("-9223372036854775808", -(2**63)),
        ('"-9223372036854775808"', -(2**63)),
        ('"9223372036854775807"', 2**63 - 1),
        ('"007"', 7),
        ("1.0", 1),
        ("1e3", 1000),
        ('"1.0e3"', 1000),
        ("-9007199254740991.0", -9007199254740991),
    ],
)
def test_64_bit_integers_keep_every_digit(written: str, expected: int) -> None:
    """A 64-bit integer is read from a number or a string without loss."""
    assert read_value(f'"intValue":{written}') == AnyValue(int_value=expected)


@pytest.mark.parametrize(
    "written",
    [
        "9223372036854775808",
        '"9223372036854775808"',
        "-9223372036854775809",
        '"-9223372036854775809"',
        "18446744073709551616",
        "9007199254740993.0",
        '"9007199254740993.0"',
        "1.7e18",
        "1.5",
        '"1.5"',
        '""',
        '"+1"',
        '" 1"',
        '"1_000"',
        '"0x10"',
        '"٣"',
        '"1e999"',
        '"NaN"',
        "true",
        "[]",
        "{}",
    ],
)
def test_integers_out_of_range_or_inexact_are_refused(written: str) -> None:
    """What is no integer of the field's range, or may have lost digits, is an error."""
    with pytest.raises(MalformedError, match=r"intValue: .* is not an integer from -9223372036854"):
        read_value(f'"intValue":{written}')


@pytest.mark.parametrize("written", ["18446744073709551615", '"18446744073709551615"'])
def test_times_span_all_of_64_bits(written: str) -> None:
    """An unsigned 64-bit integer goes up to 2^64-1, as a number or a string."""
    assert read_span(f'"startTimeUnixNano":{written}').start_time_unix_nano == 2**64 - 1


@pytest.mark.parametrize(
    "member",
    [
        '"startTimeUnixNano":-1',
        '"startTimeUnixNano":18446744073709551616',
        '"startTimeUnixNano":"18446744073709551616"',
        '"droppedEventsCount":-1',
        '"droppedEventsCount":4294967296',
        '"flags":"4294967296"',
        '"kind":2147483648',
    ],
)
def test_every_integer_type_has_its_own_range(member: str) -> None:
    """A value beyond the range of its field's type is an error, never wrapped around."""
    with pytest.raises(MalformedError, match="is not an integer from"):
        read_span(member)


def test_small_integers_are_numbers_or_strings() -> None:
    """Signed and unsigned 32-bit integers are read from either spelling."""
    point = read_point({"scale": "-4", "flags": "1", "positive": {"offset": -7}})
    assert (point.scale, point.flags, point.positive.offset) == (-4, 1, -7)


@pytest.mark.parametrize(
    ("written", "expected"),
    [("3", 3), ("2.0", 2), ("0", 0), ("99", 99), ("-1", -1)],
)
def test_enums_are_integers_known_or_not(written: str, expected: int) -> None:
    """An enum is a number, and one that no name is known for is kept."""
    assert read_span(f'"kind":{written}').kind == expected


@pytest.mark.parametrize("written", ['"SPAN_KIND_CLIENT"', '"3"', '""'])
def test_enum_names_are_refused(written: str) -> None:
    """An enum given as a string is an error that says so."""
    with pytest.raises(MalformedError, match=r'kind: ".*" is not a number \(enums in OTLP/JSON'):
        read_span(f'"kind":{written}')


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0.1", 0.1),
        ("3", 3.0),
        ("18446744073709551616", 2.0**64),
        ('"0.25"', 0.25),
        ('"-1e-7"', -1e-7),
        ('"Infinity"', math.inf),
        ('"-Infinity"', -math.inf),
    ],
)
def test_doubles_are_numbers_or_strings(written: str, expected: float) -> None:
    """A double is a number, a number in a string, or an infinity by name."""
    assert read_value(f'"doubleValue":{written}') == AnyValue(double_value=expected)


def test_nan_is_a_double() -> None:
    """Not-a-number travels by name."""
    assert math.isnan(read_value('"doubleValue":"NaN"').double_value)


@pytest.mark.parametrize(
    "written", ['"nan"', '"inf"', '"+Infinity"', '"1e999"', '"1,5"', '""', '" 1"', "true", "[]"]
)
def test_other_spellings_of_doubles_are_refused(written: str) -> None:
    """A string that is no JSON number, or too large for a double, is an error."""
    with pytest.raises(MalformedError, match=r"doubleValue: .* is not a finite number"):
        read_value(f'"doubleValue":{written}')


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("+/8=", b"\xfb\xff"),
        ("-_8=", b"\xfb\xff"),
        ("-_8", b"\xfb\xff"),
        ("AA==", b"\x00"),
        ("AA", b"\x00"),
        ("", b""),
    ],
)
def test_bytes_are_base64_of_either_alphabet(written: str, expected: bytes) -> None:
    """Bytes are read from standard or URL-safe base64, padded or not."""
    assert read_value(f'"bytesValue":"{written}"') == AnyValue(bytes_value=expected)


@pytest.mark.parametrize(
    "written",
    ['"A"', '"AAA=="', '"AA="', '"AAAA===="', '"="', '"A=A="', '"A A="', '"é"', '"AA==\\n"', "1"],
)
def test_bytes_that_are_not_base64_are_refused(written: str) -> None:
    """Bytes with other characters, a wrong length or partial padding are an error."""
    with pytest.raises(MalformedError, match=r"bytesValue: .* is not (base64|a string)$"):
        read_value(f'"bytesValue":{written}')


@pytest.mark.parametrize("written", ["1", '"true"', "{}"])
def test_booleans_are_only_booleans(written: str) -> None:
    """A boolean is true or false; nothing is taken for one."""
    with pytest.raises(MalformedError, match=r"boolValue: .* is not true or false"):
        read_value(f'"boolValue":{written}')


@pytest.mark.parametrize("written", ["1", "true", "[]", "{}"])
def test_strings_are_only_strings(written: str) -> None:
    """A string is never made of another type."""
    with pytest.raises(MalformedError, match=r"stringValue: .* is not a string"):
        read_value(f'"stringValue":{written}')
