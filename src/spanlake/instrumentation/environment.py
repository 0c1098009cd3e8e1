"""What OpenTelemetry's environment variables say, where its SDK does not read them itself.

The SDK and its exporters read the rest: resource, sampler, limits, propagators, headers,
certificates, compression and timeouts.
"""

import os
from typing import Literal
from urllib.parse import urlsplit

from spanlake.errors import UserError
from spanlake.instrumentation.outbox import Limits

Protocol = Literal["grpc", "http/protobuf"]
Signal = Literal["traces", "logs"]

_PROTOCOLS: tuple[Protocol, ...] = ("grpc", "http/protobuf")
_GRPC_PORT = 4317
# Apps make bursts: four times what the SDK keeps, sent five times as soon as it does.
_QUEUE, _BATCH, _DELAY_MS = 8192, 512, 1000
_LIMITS = {"traces": "OTEL_BSP", "logs": "OTEL_BLRP"}


def text(name: str) -> str:
    """The value of a variable; the empty text when it is not set."""
    return os.environ.get(name, "").strip()


def is_disabled() -> bool:
    """Whether OpenTelemetry is switched off for this process."""
    return text("OTEL_SDK_DISABLED").lower() == "true"


def exporters(signal: Signal) -> list[str]:
    """The exporters asked for: otlp unless said otherwise, console, none."""
    said = text(f"OTEL_{signal.upper()}_EXPORTER")
    return [each.strip() for each in said.split(",")] if said else ["otlp"]


def disabled_instrumentors() -> list[str]:
    """Names of instrumentors to leave alone."""
    said = text("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS")
    return [each.strip() for each in said.split(",") if each.strip()]


def endpoint(signal: Signal) -> str:
    """Where telemetry goes if no argument says so; the empty text for the protocol's default."""
    return text(f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT") or text(
        "OTEL_EXPORTER_OTLP_ENDPOINT"
    )


def protocol(signal: Signal, argument: str | None, url: str) -> Protocol:
    """How to talk: as told, else gRPC where the port is gRPC's, else HTTP."""
    named = f"OTEL_EXPORTER_OTLP_{signal.upper()}_PROTOCOL"
    for name, value in (
        ("protocol", argument or ""),
        (named, text(named)),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", text("OTEL_EXPORTER_OTLP_PROTOCOL")),
    ):
        if value:
            return _known(name, value)
    return "grpc" if _port(url) == _GRPC_PORT else "http/protobuf"


def _known(name: str, value: str) -> Protocol:
    for known in _PROTOCOLS:
        if value.lower() == known:
            return known
    raise UserError(f"{name} is {value!r}: must be grpc or http/protobuf")


def _port(url: str) -> int | None:
    try:
        return urlsplit(url if "//" in url else f"//{url}").port
    except ValueError as error:
        raise UserError(
            f"endpoint is {url!r}: must be a URL such as http://localhost:4318 ({error})"
        ) from None


def limits(signal: Signal) -> Limits:
    """How much is queued and how often it is sent."""
    prefix = _LIMITS[signal]
    queue = _number(f"{prefix}_MAX_QUEUE_SIZE", _QUEUE)
    batch = _number(f"{prefix}_MAX_EXPORT_BATCH_SIZE", _BATCH)
    return Limits(queue, min(batch, queue), _number(f"{prefix}_SCHEDULE_DELAY", _DELAY_MS) / 1000)


def _number(name: str, otherwise: int) -> int:
    value = text(name)
    if not value:
        return otherwise
    if not value.isdigit() or int(value) == 0:
        raise UserError(f"{name} is {value!r}: must be a whole number, 1 or more")
    return int(value)
