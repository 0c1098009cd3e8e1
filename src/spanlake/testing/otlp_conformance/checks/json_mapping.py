"""Statements 36 to 43 and 45: how OTLP is written in JSON."""

import json
from http import HTTPStatus
from typing import Any

from spanlake.testing.otlp_conformance.client import Answer
from spanlake.testing.otlp_conformance.payloads import around_span, document
from spanlake.testing.otlp_conformance.probe import Probe, checks, expect
from spanlake.testing.otlp_conformance.reader import StoredSpan

_TRACE_ID = "5B8EFFF798038103D269B633813FC60C"
_DEPTH = 100_000


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    return {"attributes": [{"key": "k", "value": value}]}


def _kept(probe: Probe, members: dict[str, Any]) -> StoredSpan:
    """The one span that is stored of this document."""
    sent = document(members)
    probe.accept(sent.body)
    return probe.stored_one(sent.trace_id)


def _expect_bad(answer: Answer, what: object) -> None:
    is_bad = answer.http is not None and answer.http.status == HTTPStatus.BAD_REQUEST
    expect(is_bad or answer.rejected, f"{what!r}: {answer}")


@checks(36)
def ids_are_hex(probe: Probe) -> None:
    """In either case; base64 is none."""
    sent = document()
    upper = sent.body.replace(sent.trace_id.encode(), sent.trace_id.upper().encode())
    probe.accept(upper)
    base64 = document({"traceId": "W47/95gDgQPSabYzgT/GDA=="})
    _expect_bad(probe.send(base64.body), "an id in base64")
    stored = probe.stored_one(sent.trace_id)
    expect(stored.trace_id == sent.trace_id, f"stored as {stored.trace_id}")


@checks(37)
def enums_are_integers(probe: Probe) -> None:
    """Names are refused."""
    probe.accept(document({"kind": 3, "status": {"code": 2}}).body)
    for members in ({"kind": "SPAN_KIND_CLIENT"}, {"status": {"code": "STATUS_CODE_ERROR"}}):
        _expect_bad(probe.send(document(members).body), members)


@checks(38)
def unknown_members_are_ignored(probe: Probe) -> None:
    """At every level, whatever they hold."""
    unknowns: tuple[object, ...] = (1, "text", None, [], {"a": [{}]})
    for unknown in unknowns:
        members = {
            "unknown": unknown,
            "events": [{"name": "e", "timeUnixNano": "1", "unknown": unknown}],
            "attributes": [{"key": "k", "value": {"stringValue": "v", "unknown": unknown}}],
        }
        probe.accept(document(members, unknown=unknown).body)


@checks(39)
def keys_are_lower_camel_case(probe: Probe) -> None:
    """Others are unknown: ignored."""
    stored = _kept(probe, {"trace_state": "a=1", "dropped_events_count": 5})
    expect(not stored.trace_state, "trace_state in snake_case is taken")


@checks(40)
def integers_keep_their_digits(probe: Probe) -> None:
    """As strings and as numbers."""
    for number in (2**53 + 1, -(2**63), 2**63 - 1):
        for written in (number, str(number)):
            stored = _kept(probe, _attribute({"intValue": written}))
            expect(stored.has("k", number), f"{written!r}: {dict(stored.attributes)}")


@checks(41)
def doubles_may_be_words(probe: Probe) -> None:
    """NaN, Infinity and -Infinity."""
    for written in (0.1, 5e-324, "NaN", "Infinity", "-Infinity"):
        stored = _kept(probe, _attribute({"doubleValue": written}))
        expect("k" in stored.attributes, f"{written!r} is not kept")
        if isinstance(written, float):
            expect(stored.has("k", written), f"{written!r}: {dict(stored.attributes)}")


@checks(42)
def bytes_are_base64(probe: Probe) -> None:
    """Of either alphabet, padded or not."""
    for written in ("+/++fw==", "-_--fw==", "+/++fw", "-_--fw"):
        stored = _kept(probe, _attribute({"bytesValue": written}))
        found = str(stored.attributes.get("k", "")).strip('"')
        normal = found.replace("-", "+").replace("_", "/").rstrip("=")
        expect(normal == "+/++fw", f"{written}: {found!r}")


@checks(43)
def null_is_unset(probe: Probe) -> None:
    """And an empty value is one."""
    names = ("parentSpanId", "links", "events", "status", "kind", "attributes", "traceState")
    probe.accept(document(dict.fromkeys(names)).body)
    probe.accept(document(_attribute({})).body)
    probe.accept(document({"attributes": [{"key": "k", "value": None}]}).body)


@checks(45)
def odd_json_is_no_fault_of_the_server(probe: Probe) -> None:
    """It is accepted, or a bad request; the next request is served."""
    good = document().body.decode()
    named = json.dumps(around_span({"traceId": _TRACE_ID, "spanId": "EEE19B7EC3C1B174"}))
    odd = {
        "a byte order mark": good.encode("utf-8-sig"),
        "a lone surrogate": named.replace('"spanId"', '"name": "\\ud800", "spanId"').encode(),
        "bad UTF-8": good.encode().replace(b'"step"', b'"st\xffep"'),
        "brackets": b"[" * _DEPTH,
        "objects": b'{"a":' * _DEPTH,
        "a doubled key": good.replace('"name": "step"', '"name": "step", "name": "twice"').encode(),
    }
    for name, body in odd.items():
        answer = probe.send(body)
        is_fault = answer.http is None or answer.http.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        expect(not is_fault, f"{name}: {answer}")
    probe.accept(document().body)
