"""Statements 18 to 25: full success, partial success, and items that are bad."""

from http import HTTPStatus

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans

from spanlake.testing.otlp_conformance.payloads import (
    new_trace_id,
    request_of,
    sample,
    span,
    text,
)
from spanlake.testing.otlp_conformance.probe import Probe, checks, expect
from spanlake.testing.otlp_conformance.statement import Transport


@checks(18)
def full_success_says_nothing(probe: Probe) -> None:
    """No partial_success: an empty message, or `{}`."""
    answer = probe.accept(sample(2).request)
    expect(answer.response == b"", f"the response has {len(answer.response)} bytes")
    if answer.http is not None:
        expect(answer.http.body.strip() in {b"", b"{}"}, answer)


@checks(19)
def an_empty_request_succeeds(probe: Probe) -> None:
    """Of no bytes, and of no resource."""
    probe.accept(ExportTraceServiceRequest())
    if probe.transport is not Transport.JSON:
        probe.accept(b"")


@checks(20)
def empty_envelopes_succeed(probe: Probe) -> None:
    """Resources without scopes, scopes without spans."""
    resource = Resource(attributes=[text("service.name", "otlp-conformance")])
    empty = ResourceSpans(resource=resource, scope_spans=[ScopeSpans()])
    for envelope in (ResourceSpans(resource=resource), empty):
        probe.accept(ExportTraceServiceRequest(resource_spans=[envelope]))


@checks(21)
def bad_items_are_counted(probe: Probe) -> None:
    """Exactly; and the good ones are there."""
    sent = sample(5, bad=3)
    answer = probe.send(sent.request)
    expect(answer.accepted, answer)
    expect(answer.rejected == 3, f"{answer.rejected} of 3 bad spans are said to be rejected")  # noqa: PLR2004  # as sent
    if probe.reader is not None:
        probe.stored(sent.trace_id, 5)


@checks(22)
def a_partial_success_has_words(probe: Probe) -> None:
    """Why something was rejected."""
    answer = probe.send(sample(1, bad=1).request)
    if not answer.rejected:
        probe.skip("no partial success is seen")
    expect(answer.message.strip(), "error_message is empty")


@checks(23)
def a_warning_has_words(probe: Probe) -> None:
    """A partial success without a rejection is one."""
    bodies = {
        Transport.JSON: b'{"resourceUnheardOf":[{"a":1}]}',
        Transport.PROTOBUF: b"\xfa\x3f\x03new",
        Transport.GRPC: b"\xfa\x3f\x03new",
    }
    answer = probe.send(bodies[probe.transport])
    if not answer.accepted or not answer.response:
        probe.skip("no warning is seen")
    expect(answer.rejected == 0, answer)
    expect(answer.message.strip(), "error_message is empty")


@checks(24)
def bad_items_alone_are_told(probe: Probe) -> None:
    """As all of them rejected, or as a bad request."""
    answer = probe.send(sample(0, bad=4).request)
    if answer.accepted:
        expect(answer.rejected == 4, f"{answer.rejected} of 4 bad spans are rejected")  # noqa: PLR2004  # as sent
    else:
        is_bad = answer.is_refusal(HTTPStatus.BAD_REQUEST, grpc.StatusCode.INVALID_ARGUMENT)
        expect(is_bad, answer)


@checks(25)
def only_broken_ids_are_rejected(probe: Probe) -> None:
    """Missing, short, long or zero; what is merely odd is kept."""
    trace_id = new_trace_id()
    broken = [
        span(trace_id, "bad", **{name: content})
        for name, length in (("trace_id", 16), ("span_id", 8))
        for content in (b"", bytes(length), b"x" * (length - 1), b"x" * (length + 1))
    ]
    odd = [
        span(trace_id, "backwards", start_time_unix_nano=2_000, end_time_unix_nano=1_000),
        span(trace_id, ""),
        span(trace_id, "to come", end_time_unix_nano=4_000_000_000 * 10**9),
    ]
    answer = probe.send(request_of(*broken, *odd))
    expect(answer.accepted, answer)
    expect(answer.rejected == len(broken), f"{answer.rejected} of {len(broken)} are rejected")
    if probe.reader is not None:
        probe.stored(trace_id.hex(), len(odd))
