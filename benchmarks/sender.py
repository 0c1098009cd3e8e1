"""A client process: sends requests to a gRPC endpoint as fast as they are acknowledged.

    python benchmarks/sender.py 127.0.0.1:4317 --spans 196608 --concurrency 16

Prints one JSON object. Requests are built and serialised before the clock starts.
"""

import argparse
import itertools
import json
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import grpc

import mixes
import workload

_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_OPTIONS = [("grpc.max_send_message_length", -1), ("grpc.use_local_subchannel_pool", 1)]


class Sent(NamedTuple):
    """What one run of the sender saw; times in seconds."""

    spans: int
    wall: float
    latencies: list[float]
    errors: int

    def report(self) -> dict[str, float]:
        """The figures that are printed; latencies in milliseconds."""
        cuts = statistics.quantiles(self.latencies, n=100) if len(self.latencies) > 1 else [0] * 99
        return {
            "spans": self.spans,
            "wall_s": self.wall,
            "spans_per_s": self.spans / self.wall,
            "ack_p50_ms": cuts[49] * 1e3,
            "ack_p99_ms": cuts[98] * 1e3,
            "errors": self.errors,
        }


def passes(mix: str, spans: int, distinct: int, first: int) -> Iterator[bytes]:
    """Requests worth `spans`: `distinct` spans of a mix built once, repeated with fresh ids."""
    built = mixes.MIXES[mix](min(spans, distinct))
    wanted = spans // workload.SPANS_PER_REQUEST
    for number in itertools.count(first):
        for request in built:
            if wanted == 0:
                return
            wanted -= 1
            yield request if number == 0 else workload.fresh(request, number)


class Access(NamedTuple):
    """How to be let in. authority: PEM of who signed the server's certificate; None is no TLS."""

    authority: Path | None = None
    key: str | None = None

    def channel(self, endpoint: str) -> grpc.Channel:
        """A channel of its own."""
        if self.authority is None:
            return grpc.insecure_channel(endpoint, options=_OPTIONS)
        credentials = grpc.ssl_channel_credentials(self.authority.read_bytes())
        return grpc.secure_channel(endpoint, credentials, options=_OPTIONS)

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What goes with each request."""
        return (("authorization", f"Bearer {self.key}"),) if self.key else ()


def send(endpoint: str, requests: Iterator[bytes], concurrency: int, access: Access) -> Sent:
    """Send every request, `concurrency` at a time, each over a channel of its own."""
    lock = threading.Lock()
    latencies: list[float] = []
    errors = itertools.count()

    def take() -> bytes | None:
        with lock:
            return next(requests, None)

    def work() -> None:
        with access.channel(endpoint) as channel:
            call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(_EXPORT)
            while (request := take()) is not None:
                began = time.perf_counter()
                try:
                    call(request, timeout=120, metadata=access.metadata)
                except grpc.RpcError:
                    next(errors)
                else:
                    latencies.append(time.perf_counter() - began)

    threads = [threading.Thread(target=work) for _ in range(concurrency)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - began
    return Sent(len(latencies) * workload.SPANS_PER_REQUEST, wall, latencies, next(errors))


def main() -> None:
    """Build the requests, send them, print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("endpoint")
    parser.add_argument("--spans", type=int, default=196_608)
    parser.add_argument("--distinct", type=int, default=49_152)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--mix", choices=mixes.MIXES, default="agents")
    parser.add_argument("--first-pass", type=int, default=0)
    parser.add_argument("--authority", type=Path)
    parser.add_argument("--key")
    args = parser.parse_args()
    stream = passes(args.mix, args.spans, args.distinct, args.first_pass)
    # A short run is serialised whole beforehand; a long one as it goes, which costs 2 µs a span.
    if args.spans <= 400_000:
        stream = iter(list(stream))
    access = Access(args.authority, args.key)
    print(json.dumps(send(args.endpoint, stream, args.concurrency, access).report()))


if __name__ == "__main__":
    main()
