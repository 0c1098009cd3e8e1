"""Load for any product: the same requests over OTLP/HTTP, so many at a time."""

import http.client
import threading
import time
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import workload

_TIMEOUT_SECONDS = 300


class Sent(NamedTuple):
    """What senders saw. spans: acknowledged. latencies: of requests, seconds."""

    spans: int
    seconds: float
    latencies: list[float]
    refused: int


def requests(spans: int, first_pass: int) -> list[bytes]:
    """So many spans of agents' traces in whole requests, with ids that no other pass has."""
    return [workload.fresh(each, first_pass) for each in workload.requests(spans)]


def send(port: int, bodies: list[bytes], headers: Mapping[str, str], *, concurrency: int) -> Sent:
    """Send every request once, on connections that are kept."""
    waiting: Iterator[bytes] = iter(bodies)
    lock = threading.Lock()
    latencies: list[float] = []
    refused: list[int] = []

    def take() -> bytes | None:
        with lock:
            return next(waiting, None)

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)
        fields = {"Content-Type": "application/x-protobuf", **headers}
        while (body := take()) is not None:
            began = time.perf_counter()
            connection.request("POST", "/v1/traces", body, fields)
            answer = connection.getresponse()
            answer.read()
            if answer.status == http.HTTPStatus.OK:
                latencies.append(time.perf_counter() - began)
            else:
                refused.append(answer.status)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(concurrency)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    return Sent(len(latencies) * workload.SPANS_PER_REQUEST, seconds, latencies, len(refused))
