import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    InstrumentationScope,
    KeyValue,
    KeyValueList,
)
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs, SeverityNumber
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from spanlake.otlp.decoded import Decoded
from spanlake.otlp.logs import decode_logs


def text(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def request(*records: LogRecord) -> bytes:
    of_resource = ResourceLogs(scope_logs=[ScopeLogs(log_records=records)])
    return ExportLogsServiceRequest(resource_logs=[of_resource]).SerializeToString()


def decoded(*records: LogRecord) -> Decoded:
    return decode_logs([request(*records)])


def test_every_field_has_its_column() -> None:
    """All that a record says and what surrounds it is in the raw columns."""
    record = LogRecord(
        time_unix_nano=1_700_000_000_000_000_123,
        observed_time_unix_nano=1_700_000_001_000_000_456,
        severity_number=SeverityNumber.SEVERITY_NUMBER_WARN,
        severity_text="warning",
        event_name="e",
        body=AnyValue(string_value="hello"),
        trace_id=bytes(range(16)),
        span_id=bytes(range(8)),
        flags=1,
        attributes=[text("k", "v")],
        dropped_attributes_count=2,
    )
    of_resource = ResourceLogs(
        resource=Resource(attributes=[text("service.name", "s")]),
        schema_url="resource/1",
        scope_logs=[
            ScopeLogs(
                scope=InstrumentationScope(name="n", version="v"),
                schema_url="scope/1",
                log_records=[record],
            )
        ],
    )
    payload = ExportLogsServiceRequest(resource_logs=[of_resource]).SerializeToString()
    (row,) = decode_logs([payload]).table.to_pylist()
    times = [row.pop(name).isoformat() for name in ("time", "observed_time")]
    assert times == ["2023-11-14T22:13:20+00:00", "2023-11-14T22:13:21+00:00"]
    assert row == {
        "time_ns": 1_700_000_000_000_000_123,
        "observed_time_ns": 1_700_000_001_000_000_456,
        "severity_number": 13,
        "severity_text": "warning",
        "event_name": "e",
        "body": "hello",
        "body_type": "s",
        "trace_id": "000102030405060708090a0b0c0d0e0f",
        "span_id": "0001020304050607",
        "flags": 1,
        "resource": [("service.name", "s")],
        "resource_types": "s",
        "resource_dropped_attributes_count": 0,
        "resource_entity_refs": [],
        "resource_schema_url": "resource/1",
        "scope_name": "n",
        "scope_version": "v",
        "scope_attributes": [],
        "scope_attribute_types": "",
        "scope_dropped_attributes_count": 0,
        "scope_schema_url": "scope/1",
        "attributes": [("k", "v")],
        "attribute_types": "s",
        "dropped_attributes_count": 2,
    }


def test_a_body_is_any_value() -> None:
    """A body is text with a letter like an attribute; none at all differs from an empty one."""
    bodies = [
        None,
        AnyValue(),
        AnyValue(string_value=""),
        AnyValue(int_value=1),
        AnyValue(double_value=0.5),
        AnyValue(bool_value=True),
        AnyValue(bytes_value=b"\0"),
        AnyValue(array_value=ArrayValue(values=[AnyValue(int_value=1)])),
        AnyValue(kvlist_value=KeyValueList(values=[text("k", "v")])),
    ]
    table = decoded(*(LogRecord(body=body) for body in bodies)).table
    assert table["body"].to_pylist() == [
        None,
        None,
        "",
        "1",
        "0.5",
        "true",
        "AA==",
        "[1]",
        '{"k":"v"}',
    ]
    assert table["body_type"].to_pylist() == [None, "n", "s", "i", "d", "b", "y", "a", "k"]


def test_a_record_without_a_time_has_the_one_it_was_seen_at() -> None:
    """Many records carry only an observed time; time_ns still says what was sent."""
    seen = 1_700_000_001_000_000_000
    (row,) = decoded(LogRecord(observed_time_unix_nano=seen)).table.to_pylist()
    assert row["time"] == row["observed_time"]
    assert (row["time_ns"], row["observed_time_ns"]) == (0, seen)


def test_what_a_record_does_not_say_is_null() -> None:
    """Texts and ids that are not there are nulls, an unspecified severity is 0."""
    (row,) = decoded(LogRecord(trace_id=bytes(16), span_id=bytes(8))).table.to_pylist()
    unsaid = ("severity_text", "event_name", "body", "body_type", "trace_id", "span_id")
    assert [row[name] for name in unsaid] == [None] * len(unsaid)
    assert (row["severity_number"], row["flags"]) == (0, 0)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (
            LogRecord(event_name="bad", trace_id=b"\1\2"),
            "log record 'bad': trace_id is '0102': it must be 16 bytes, or empty",
        ),
        (
            LogRecord(event_name="bad", trace_id=b"\1" * 16, span_id=b"\1"),
            "log record 'bad': span_id is '01': it must be 8 bytes, or empty",
        ),
    ],
)
def test_a_record_with_an_id_of_a_wrong_length_is_refused_alone(
    bad: LogRecord, reason: str
) -> None:
    """A record may have no ids at all, but not broken ones."""
    result = decoded(LogRecord(), bad, LogRecord())
    assert len(result.table) == 2
    assert (result.rejected, result.reasons) == ([1], [reason])


def test_bytes_protobuf_would_not_write_are_read_as_it_reads_them() -> None:
    """A body sent twice over is merged, as protobuf merges any message."""
    twice = LogRecord()
    for body in (AnyValue(string_value="a"), AnyValue(int_value=1)):
        twice.MergeFromString(LogRecord(body=body).SerializeToString())
    assert decoded(twice).table == decoded(LogRecord(body=AnyValue(int_value=1))).table


def test_no_requests_are_no_rows() -> None:
    """An empty batch has all the columns and no rows."""
    result = decode_logs([])
    assert (len(result.table), result.rejected) == (0, [])
    assert result.table.column_names == decoded(LogRecord()).table.column_names
