"""Two physical floors to hold the collector against.

A: parse, attributes to JSON, Arrow, Parquet (zstd 3), in one plain Python thread, nothing synced.
B: a gRPC server that appends raw requests to a file and fdatasyncs, many to a sync; no decoding.
"""

import argparse
import os
import queue
import threading
import time
from concurrent import futures
from pathlib import Path

import grpc
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

import workload

_REQUESTS_PER_FILE = 24


def _plain(value: AnyValue) -> object:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_plain(item) for item in value.array_value.values]
    return getattr(value, kind) if kind else None


def _rows(requests: list[bytes]) -> pa.Table:
    columns: dict[str, list[object]] = {
        name: []
        for name in ("trace_id", "span_id", "parent", "name", "kind", "start", "end", "attributes")
    }
    for request in requests:
        for resource in ExportTraceServiceRequest.FromString(request).resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    columns["trace_id"].append(span.trace_id.hex())
                    columns["span_id"].append(span.span_id.hex())
                    columns["parent"].append(span.parent_span_id.hex())
                    columns["name"].append(span.name)
                    columns["kind"].append(span.kind)
                    columns["start"].append(span.start_time_unix_nano)
                    columns["end"].append(span.end_time_unix_nano)
                    values = {pair.key: _plain(pair.value) for pair in span.attributes}
                    columns["attributes"].append(orjson.dumps(values).decode())
    return pa.table(columns)


def floor_a(requests: list[bytes]) -> tuple[float, float]:
    """Spans a second and bytes a span of floor A."""
    size = 0
    began = time.perf_counter()
    for first in range(0, len(requests), _REQUESTS_PER_FILE):
        sink = pa.BufferOutputStream()
        table = _rows(requests[first : first + _REQUESTS_PER_FILE])
        pq.write_table(table, sink, compression="zstd", compression_level=3)
        size += sink.getvalue().size
    spans = len(requests) * workload.SPANS_PER_REQUEST
    return spans / (time.perf_counter() - began), size / spans


def serve_floor_b(path: Path) -> None:
    """Run floor B: prints its port, serves until it is killed."""
    waiting: queue.Queue[tuple[bytes, threading.Event]] = queue.Queue()

    def sync() -> None:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        while True:
            group = [waiting.get()]
            while not waiting.empty():
                group.append(waiting.get())
            for request, _ in group:
                os.write(file, request)
            os.fdatasync(file)
            for _, done in group:
                done.set()

    def export(request: bytes, _: grpc.ServicerContext) -> bytes:
        done = threading.Event()
        waiting.put((request, done))
        done.wait()
        return b""

    threading.Thread(target=sync, daemon=True).start()
    server = grpc.server(
        futures.ThreadPoolExecutor(64), options=[("grpc.max_receive_message_length", 64 << 20)]
    )
    handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        "Export": grpc.unary_unary_rpc_method_handler(export)
    }
    service = "opentelemetry.proto.collector.trace.v1.TraceService"
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, handlers)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"ready grpc=127.0.0.1:{port}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    serve_floor_b(parser.parse_args().path)
