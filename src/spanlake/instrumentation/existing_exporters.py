"""OTLP exporters that an app has on its providers already, and whether they go where ours would.

OpenTelemetry has no way to ask a provider for its exporters. Where its SDK keeps them elsewhere one
day nothing is found, and spans are sent by both, which the collector recognises.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

_OTLP = "opentelemetry.exporter.otlp."
# One collector listens on both: gRPC on the first, HTTP on the second.
_OTLP_PORTS = {4317, 4318}
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_USUAL_PORT = {"http": 80, "https": 443}


class Existing(NamedTuple):
    """An OTLP exporter of the app. processor: what feeds it. kind: what it sends, for the log."""

    processor: Any
    endpoint: str
    kind: str

    @property
    def uncounted(self) -> str:
        """Why a report counts nothing of what it sends."""
        return f"{self.kind} are sent by the app's own exporter, which counts nothing"


class _Place(NamedTuple):
    """A collector, as far as a URL tells. path: the empty text for gRPC, and for the usual one."""

    host: str
    port: int | None
    path: str


def exporter_to(
    provider: object, kind: str, endpoint: str, headers: Mapping[str, str] | None
) -> Existing | None:
    """The exporter of a provider that sends to the collector at this endpoint already, if any.

    Another key or experiment in `headers` makes it another destination.
    """
    for existing, exporter in _otlp_exporters(provider, kind):
        is_same = _is_same(_place(existing.endpoint), _place(endpoint))
        if is_same and _has(exporter, headers or {}):
            return existing
    return None


def _otlp_exporters(provider: object, kind: str) -> Iterator[tuple[Existing, Any]]:
    """The OTLP exporters behind a tracer or logger provider."""
    for processor in _processors(provider):
        batching = getattr(processor, "_batch_processor", processor)
        exporter = getattr(batching, "_exporter", None) or getattr(batching, "span_exporter", None)
        endpoint = getattr(exporter, "_endpoint", None)
        if type(exporter).__module__.startswith(_OTLP) and isinstance(endpoint, str):
            yield Existing(processor, endpoint, kind), exporter


def _processors(provider: object) -> Iterable[Any]:
    spans = getattr(provider, "_active_span_processor", None)
    logs = getattr(provider, "_multi_log_record_processor", None)
    return [
        *getattr(spans, "_span_processors", ()),
        *getattr(logs, "_log_record_processors", ()),
    ]


def _place(endpoint: str) -> _Place:
    # gRPC's exporter keeps HOST:PORT of what it was given.
    parts = urlsplit(endpoint if "//" in endpoint else f"//{endpoint}")
    host = (parts.hostname or "").lower()
    path = parts.path.rstrip("/")
    for signal in ("traces", "logs"):
        path = path.removesuffix(f"/v1/{signal}")
    return _Place(
        "localhost" if host in _LOOPBACK else host,
        parts.port or _USUAL_PORT.get(parts.scheme),
        path,
    )


def _is_same(one: _Place, other: _Place) -> bool:
    if one.host != other.host or one.path != other.path:
        return False
    return one.port == other.port or {one.port, other.port} == _OTLP_PORTS


def _has(exporter: object, headers: Mapping[str, str]) -> bool:
    """Whether an exporter sends all of these headers."""
    # gRPC's exporter keeps them itself, HTTP's has given them to its client.
    keeper = exporter if hasattr(exporter, "_headers") else getattr(exporter, "_client", None)
    given: Any = getattr(keeper, "_headers", None) or {}
    sent = {key.lower(): value for key, value in dict(given).items()}
    return all(sent.get(key.lower()) == value for key, value in headers.items())
