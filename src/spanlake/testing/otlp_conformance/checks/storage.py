"""Statements 50 to 53 and 58 to 60: what is stored, exporters of the SDK, and probes."""

import importlib
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult

from spanlake.testing.otlp_conformance.endpoint import shell
from spanlake.testing.otlp_conformance.payloads import (
    new_trace_id,
    request_of,
    sample,
    span,
    text,
)
from spanlake.testing.otlp_conformance.probe import Probe, checks, expect
from spanlake.testing.otlp_conformance.reader import StoredSpan
from spanlake.testing.otlp_conformance.statement import Transport

_AT_A_TIME = 100
_LINKED = b"linkedid"


def _full(trace_id: bytes) -> Span:
    """A span with every part there is."""
    event = Span.Event(name="happened", time_unix_nano=time.time_ns())
    event.attributes.append(text("of", "event"))
    link = Span.Link(trace_id=new_trace_id(), span_id=_LINKED, trace_state="b=2")
    return span(
        trace_id,
        "full",
        kind=Span.SPAN_KIND_CLIENT,
        trace_state="a=1",
        attributes=[text("key", "value")],
        events=[event],
        links=[link],
        status=Status(code=Status.STATUS_CODE_ERROR, message="it went wrong"),
    )


@checks(50)
def every_part_is_kept(probe: Probe) -> None:
    """As far as can be read back."""
    trace_id = new_trace_id()
    probe.accept(request_of(_full(trace_id)))
    stored = probe.stored_one(trace_id.hex())
    parts = {
        "attributes": stored.has("key", "value"),
        "events": stored.events == ("happened",),
        "links": stored.links == (_LINKED.hex(),),
        "the status message": stored.status_message == "it went wrong",
        "the trace state": stored.trace_state == "a=1",
        "the resource": stored.resource.get("service.name") == "otlp-conformance",
    }
    lost = [name for name, is_kept in parts.items() if not is_kept]
    expect(not lost, f"cannot be read back: {', '.join(lost)}")


@checks(51)
def a_request_sent_again_is_there_once(probe: Probe) -> None:
    """And is answered as the first time."""
    sent = sample(4)
    answers = [probe.accept(sent.request) for _ in range(3)]
    expect(len({answer.response for answer in answers}) == 1, "the answers differ")
    probe.stored(sent.trace_id, 4)


@checks(52)
def many_at_a_time_are_stored(probe: Probe) -> None:
    """Each of them."""
    sent = [sample(2) for _ in range(_AT_A_TIME)]
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        answers = list(pool.map(lambda each: probe.send(each.request), sent))
    refused = [answer for answer in answers if not answer.accepted]
    expect(not refused, f"{len(refused)} of {_AT_A_TIME} are refused: {refused[:1]}")
    if probe.reader is not None:
        for each in sent[:: _AT_A_TIME // 4]:
            probe.stored(each.trace_id, 2)


@checks(53)
def what_is_answered_can_be_read(probe: Probe) -> None:
    """At that moment, not some time later."""
    if probe.reader is None:
        probe.skip("stored spans cannot be read back: choose a --reader")
    for _ in range(3):
        sent = sample(2)
        probe.accept(sent.request)
        began = time.monotonic()
        if len(probe.reader(probe.endpoint, sent.trace_id)) == 2:  # noqa: PLR2004  # as sent
            continue
        probe.stored(sent.trace_id, 2)
        expect(condition=False, seen=f"{time.monotonic() - began:.1f} s after its answer")


@checks(58)
def every_way_stores_the_same(probe: Probe) -> None:
    """As the first transport that was tried."""
    trace_id = new_trace_id()
    probe.accept(request_of(_full(trace_id)))
    stored = _comparable(probe.stored_one(trace_id.hex()))
    first = probe.shared.setdefault("stored by another way", stored)
    expect(stored == first, f"{stored} is not {first}")


def _comparable(stored: StoredSpan) -> tuple[object, ...]:
    return (
        stored.name,
        sorted((key, str(value)) for key, value in stored.attributes.items() if key == "key"),
        stored.events,
        stored.links,
        stored.status_message,
        stored.trace_state,
    )


@checks(59)
def exporters_of_the_sdk_work(probe: Probe) -> None:
    """The official one of this transport, as apps use it."""
    exporter = _exporter(probe)
    provider = TracerProvider(resource=Resource.create({"service.name": "otlp-conformance"}))
    results: list[SpanExportResult] = []
    original: Any = exporter.export

    def export(*args: Any, **kwargs: Any) -> SpanExportResult:  # noqa: ANN401  # as it takes them
        results.append(original(*args, **kwargs))
        return results[-1]

    exporter.export = export  # type: ignore[method-assign]  # to see what it says
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("otlp-conformance").start_as_current_span("exported") as exported:
        trace_id = f"{exported.get_span_context().trace_id:032x}"
    provider.shutdown()
    expect(results == [SpanExportResult.SUCCESS], f"the exporter says {results}")
    if probe.reader is not None:
        probe.stored(trace_id)


def _exporter(probe: Probe) -> SpanExporter:
    endpoint, headers = probe.endpoint, dict(probe.endpoint.headers)
    if probe.transport is Transport.GRPC:
        module = "opentelemetry.exporter.otlp.proto.grpc.trace_exporter"
        target = {"endpoint": endpoint.grpc, "insecure": endpoint.ca is None}
    else:
        kind = "json" if probe.transport is Transport.JSON else "proto"
        module = f"opentelemetry.exporter.otlp.{kind}.http.trace_exporter"
        target = {"endpoint": f"{(endpoint.http or '').rstrip('/')}/v1/traces"}
    try:
        exporter_type = importlib.import_module(module).OTLPSpanExporter
    except ImportError:
        probe.skip(f"{module} is not installed")
    exporter: SpanExporter = exporter_type(headers=headers, timeout=30, **target)
    return exporter


@checks(60)
def liveness_is_not_readiness(probe: Probe) -> None:
    """Both answer; without storage only the first one."""
    endpoint = probe.endpoint

    def code(path: str) -> int:
        return probe.client.request("GET", path).status

    for path in (endpoint.live, endpoint.ready):
        expect(code(path) == HTTPStatus.OK, f"{path}: HTTP {code(path)}")
    expect(endpoint.live != endpoint.ready, "there is one probe")
    if endpoint.break_storage is None or endpoint.mend_storage is None:
        return
    shell(endpoint.break_storage)
    try:
        expect(code(endpoint.live) == HTTPStatus.OK, f"{endpoint.live} without storage")
        expect(code(endpoint.ready) != HTTPStatus.OK, f"{endpoint.ready} is 200 without storage")
    finally:
        shell(endpoint.mend_storage)
