"""How stored spans are read back, through the HTTP interface of what is tested."""

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from spanlake.testing.otlp_conformance.endpoint import Endpoint

_TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class StoredSpan:
    """What an interface shows of a span; what it does not show is empty.

    attributes, resource: values as the interface has them, some as JSON text.
    """

    trace_id: str
    name: str
    attributes: Mapping[str, object]
    resource: Mapping[str, object]
    events: tuple[str, ...]
    links: tuple[str, ...]
    status_message: str
    trace_state: str

    def has(self, key: str, value: object) -> bool:
        """Whether an attribute has this JSON value, as it is or as text."""
        return key in self.attributes and is_value(self.attributes[key], value)


Reader = Callable[[Endpoint, str], list[StoredSpan]]
"""The stored spans of a trace; an empty list when there is none (yet)."""


def is_value(found: object, value: object) -> bool:
    """Whether this is the JSON value, as it is or as its text."""
    if type(found) is type(value) and found == value:
        return True
    if not isinstance(found, str):
        return isinstance(found, int | float) and isinstance(value, float) and found == value
    if str(value) == found:
        return True
    try:
        inner = json.loads(found)
    except ValueError:
        return False
    return type(inner) is type(value) and bool(inner == value)


def _from_spanlake(endpoint: Endpoint, trace_id: str) -> list[StoredSpan]:
    found = _get(endpoint, f"/api/v1/traces/{trace_id}?limit=1000")
    return [
        StoredSpan(
            trace_id=each["trace_id"],
            name=each["name"],
            attributes=each["attributes"],
            resource=each["resource"],
            events=tuple(event["name"] for event in each["events"]),
            links=tuple(link["span_id"] for link in each["links"]),
            status_message=each["status_message"] or "",
            trace_state=each["trace_state"] or "",
        )
        for each in found.get("spans", ())
    ]


def _from_phoenix(endpoint: Endpoint, trace_id: str) -> list[StoredSpan]:
    path = f"/v1/projects/default/spans/otlpv1?limit=1000&trace_id={quote(trace_id)}"
    return [_from_otlp(each, trace_id) for each in _get(endpoint, path).get("data", ())]


def _from_mlflow(endpoint: Endpoint, trace_id: str) -> list[StoredSpan]:
    path = f"/api/3.0/mlflow/traces/get?allow_partial=true&trace_id=tr-{quote(trace_id)}"
    spans = _get(endpoint, path).get("trace", {}).get("spans", ())
    return [_from_otlp(each, trace_id) for each in spans]


READERS: Mapping[str, Reader] = {
    "spanlake": _from_spanlake,
    "mlflow": _from_mlflow,
    "phoenix": _from_phoenix,
}


def _from_otlp(span: Mapping[str, Any], trace_id: str) -> StoredSpan:
    """A span in a dialect of OTLP/JSON: keys in either case, ids in hex or base64."""

    def member(of: Mapping[str, Any], camel: str, snake: str) -> Any:  # noqa: ANN401  # any JSON
        return of.get(camel, of.get(snake))

    status = span.get("status") or {}
    return StoredSpan(
        trace_id=trace_id,
        name=span.get("name") or "",
        attributes=_attributes(span.get("attributes")),
        resource=_attributes((span.get("resource") or {}).get("attributes")),
        events=tuple(each.get("name") or "" for each in span.get("events") or ()),
        links=tuple(_hex(member(each, "spanId", "span_id")) for each in span.get("links") or ()),
        status_message=status.get("message") or "",
        trace_state=member(span, "traceState", "trace_state") or "",
    )


def _attributes(given: Iterable[Mapping[str, Any]] | None) -> dict[str, object]:
    return {each["key"]: _value(each.get("value") or {}) for each in given or ()}


def _value(given: Mapping[str, Any]) -> object:
    """The JSON value of an AnyValue, whatever the case of its keys."""
    for key, value in given.items():
        if value is None:
            continue
        match key.replace("_", "").lower():
            case "intvalue":
                return int(value)
            case "arrayvalue":
                return [_value(each or {}) for each in value.get("values") or ()]
            case "kvlistvalue":
                return _attributes(value.get("values"))
            case _:
                return value
    return None


def _hex(id_text: str | None) -> str:
    if not id_text:
        return ""
    if len(id_text) in {16, 32}:
        return id_text
    return base64.b64decode(id_text).hex()


def _get(endpoint: Endpoint, path: str) -> dict[str, Any]:
    connection = endpoint.connection(timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", endpoint.path(path), headers=dict(endpoint.headers))
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != HTTPStatus.OK:
        return {}
    found: dict[str, Any] = json.loads(body)
    return found
