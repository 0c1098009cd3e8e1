"""OTLP's export messages, and decoders that take lists of them straight to Arrow.

`AnyValue` is recursive, which no Arrow type can be. In the copy of the descriptors made here its
two recursive fields are plain bytes, so that nested values stay encoded until somebody asks.
"""

from functools import cache
from typing import Any

import ptars
import pyarrow as pa
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanlake.entities import Signal
from spanlake.errors import MalformedError

REQUESTS: dict[Signal, type[Message]] = {
    Signal.TRACES: ExportTraceServiceRequest,
    Signal.LOGS: ExportLogsServiceRequest,
    Signal.METRICS: ExportMetricsServiceRequest,
}
_RECURSIVE_FIELDS = ("array_value", "kvlist_value")


def _files(file: Any, seen: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401  # of upb
    for dependency in file.dependencies:
        _files(dependency, seen)
    seen.setdefault(file.name, file)
    return seen


@cache
def _decoder(signal: Signal) -> Any:  # noqa: ANN401  # ptars names no type for it
    descriptor = REQUESTS[signal].DESCRIPTOR
    pool = descriptor_pool.DescriptorPool()
    for file in _files(descriptor.file, {}).values():
        copy = descriptor_pb2.FileDescriptorProto()
        file.CopyToProto(copy)
        for message in copy.message_type:
            for field in message.field if message.name == "AnyValue" else ():
                if field.name in _RECURSIVE_FIELDS:
                    field.type = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
                    field.ClearField("type_name")
        pool.Add(copy)
    retyped = pool.FindMessageTypeByName(descriptor.full_name)
    return ptars.HandlerPool([retyped.file]).get_for_message(retyped)


def parse(signal: Signal, payload: bytes) -> Message:
    """One export request as a protobuf message; MalformedError when it is not one."""
    try:
        return REQUESTS[signal].FromString(payload)
    except DecodeError as error:
        raise MalformedError(
            f"the body of {len(payload)} bytes is not a protobuf "
            f"{REQUESTS[signal].DESCRIPTOR.name}: {error}"
        ) from None


def canonical(signal: Signal, payload: bytes) -> bytes:
    """The same request as protobuf itself writes it: each field once, a oneof's last value."""
    return parse(signal, payload).SerializeToString()


def to_arrow(signal: Signal, payloads: list[bytes]) -> pa.RecordBatch:
    """Export requests that `parse` accepts as one record batch, a row a request, in their order."""
    decoder = _decoder(signal)
    try:
        return decoder.list_to_record_batch(payloads)
    except ValueError:
        # The two decoders differ on rare legal encodings; protobuf itself writes none of them.
        return decoder.list_to_record_batch([canonical(signal, payload) for payload in payloads])
