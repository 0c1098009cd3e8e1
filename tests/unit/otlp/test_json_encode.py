import math
from pathlib import Path

import orjson
import pytest
from google.protobuf.message import Message
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    Exemplar,
    ExponentialHistogramDataPoint,
    HistogramDataPoint,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from spanlake.entities import Signal
from spanlake.otlp.json_decode import json_to_protobuf
from spanlake.otlp.json_encode import protobuf_to_json
from spanlake.otlp.messages import parse

CORPUS = Path(__file__).parents[2] / "data" / "corpus"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (AnyValue(), {}),
        (AnyValue(string_value=""), {"stringValue": ""}),
        (AnyValue(bool_value=False), {"boolValue": False}),
        (AnyValue(int_value=0), {"intValue": "0"}),
        (AnyValue(int_value=-(2**63)), {"intValue": "-9223372036854775808"}),
        (AnyValue(double_value=0.0), {"doubleValue": 0.0}),
        (AnyValue(double_value=math.nan), {"doubleValue": "NaN"}),
        (AnyValue(double_value=math.inf), {"doubleValue": "Infinity"}),
        (AnyValue(double_value=-math.inf), {"doubleValue": "-Infinity"}),
        (AnyValue(bytes_value=b""), {"bytesValue": ""}),
        (AnyValue(bytes_value=b"\xfb\xff"), {"bytesValue": "+/8="}),
        (AnyValue(array_value=ArrayValue()), {"arrayValue": {}}),
        (AnyValue(kvlist_value=KeyValueList()), {"kvlistValue": {}}),
        (KeyValue(key="k", value=AnyValue()), {"key": "k", "value": {}}),
        (KeyValue(), {}),
        (Status(code=Status.STATUS_CODE_ERROR), {"code": 2}),
        (Exemplar(span_id=b"\xab", as_int=0), {"spanId": "ab", "asInt": "0"}),
        (HistogramDataPoint(count=2**64 - 1), {"count": "18446744073709551615"}),
        (HistogramDataPoint(bucket_counts=[0, 7]), {"bucketCounts": ["0", "7"]}),
        (
            HistogramDataPoint(explicit_bounds=[0.5, math.inf]),
            {"explicitBounds": [0.5, "Infinity"]},
        ),
        (HistogramDataPoint(sum=0), {"sum": 0.0}),
        (ExponentialHistogramDataPoint(scale=-3), {"scale": -3}),
        (ExportTraceServiceResponse(), {}),
        (
            ExportTraceServiceResponse(
                partial_success=ExportTracePartialSuccess(rejected_spans=2, error_message="bad")
            ),
            {"partialSuccess": {"rejectedSpans": "2", "errorMessage": "bad"}},
        ),
    ],
)
def test_each_type_has_its_spelling(message: Message, expected: object) -> None:
    """Every type is spelt as OTLP/JSON wants it, and a chosen empty value is not left out."""
    assert orjson.loads(protobuf_to_json(message)) == expected


def test_a_span_is_written_as_the_specification_shows_it() -> None:
    """Ids are lower-case hex, names lowerCamelCase, times strings, enums numbers."""
    span = Span(
        trace_id=bytes.fromhex("5B8EFFF798038103D269B633813FC60C"),
        span_id=bytes.fromhex("EEE19B7EC3C1B174"),
        parent_span_id=bytes.fromhex("EEE19B7EC3C1B173"),
        name="I'm a server span",
        start_time_unix_nano=1544712660000000000,
        kind=Span.SPAN_KIND_SERVER,
        links=[Span.Link(trace_id=b"\xff" * 16, span_id=b"\x01" * 8)],
    )
    assert orjson.loads(protobuf_to_json(span)) == {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": "eee19b7ec3c1b174",
        "parentSpanId": "eee19b7ec3c1b173",
        "name": "I'm a server span",
        "startTimeUnixNano": "1544712660000000000",
        "kind": 2,
        "links": [{"traceId": "ff" * 16, "spanId": "01" * 8}],
    }


@pytest.mark.parametrize(
    "folder", sorted(path for path in CORPUS.iterdir() if path.is_dir()), ids=lambda path: path.name
)
def test_real_requests_survive_json(folder: Path) -> None:
    """A real protobuf request written as JSON and read back is the same request."""
    for path in folder.glob("*.pb"):
        signal = Signal.LOGS if "otlp-logs" in path.name else Signal.TRACES
        request = parse(signal, path.read_bytes())
        assert parse(signal, json_to_protobuf(signal, protobuf_to_json(request))) == request
