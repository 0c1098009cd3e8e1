"""How long one small request takes when nothing else is going on.

python benchmarks/lone.py 127.0.0.1:4317
"""

import json
import statistics
import sys
import time

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

import workload

_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_REQUESTS = 200
_WARM_UP = 20
_PAUSE_SECONDS = 0.01


def latencies(endpoint: str, content: bytes, *, pause: float, first: int) -> list[float]:
    """Seconds that each of `_REQUESTS` requests took, sent one at a time, `pause` seconds apart."""
    taken = []
    with grpc.insecure_channel(endpoint) as channel:
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(_EXPORT)
        for number in range(first, first + _REQUESTS + _WARM_UP):
            fresh = workload.fresh(content, number)
            began = time.perf_counter()
            call(fresh)
            taken.append(time.perf_counter() - began)
            time.sleep(pause)
    return taken[_WARM_UP:]


def main() -> None:
    """Send requests of one trace (six spans) and print their latency."""
    request = ExportTraceServiceRequest.FromString(workload.requests(512)[0])
    del request.resource_spans[0].scope_spans[0].spans[6:]
    content = request.SerializeToString()
    report = {}
    for name, pause, first in (("busy", 0.0, 1), ("idle", _PAUSE_SECONDS, 1001)):
        cuts = statistics.quantiles(
            latencies(sys.argv[1], content, pause=pause, first=first), n=100
        )
        report[f"{name}_p50_ms"] = cuts[49] * 1e3
        report[f"{name}_p99_ms"] = cuts[98] * 1e3
    print(json.dumps(report))


if __name__ == "__main__":
    main()
