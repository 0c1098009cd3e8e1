"""Checks of what `spanlake serve` needs: a good configuration, and its ports."""

import http.client
import json
import socket
from dataclasses import dataclass

from spanlake.cli.doctor.check import Check, fail, ok, warn
from spanlake.config import Endpoint, Overrides, load_settings
from spanlake.errors import ConfigError

_TIMEOUT = 2.0


def check_serving(data: str | None) -> list[Check]:
    """Every check of this module, by the configuration that serve would start with here."""
    try:
        settings = load_settings(None, Overrides(data=data))
    except ConfigError as error:
        return [fail("configuration", str(error), "correct it: serve will not start")]
    protocols = settings.receivers.otlp.protocols
    http_at = protocols.http and protocols.http.endpoint
    grpc_at = protocols.grpc and protocols.grpc.endpoint
    answer = _readyz(http_at) if http_at else None
    checks = [ok("configuration", "can be read")]
    if grpc_at:
        checks.append(_port("grpc port", grpc_at, answer))
    if http_at:
        checks.append(_port("http port", http_at, answer))
    return checks


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a running Spanlake says of itself; no problems when it is ready."""

    problems: tuple[str, ...]


def _port(name: str, endpoint: Endpoint, answer: _Answer | None) -> Check:
    reason = _why_taken(endpoint)
    if reason is None:
        return ok(name, f"{endpoint} is free")
    if answer is None:
        return fail(
            name,
            f"{endpoint} cannot be had: {reason}; nothing there says it is Spanlake",
            f"stop what uses it, or serve with --{name.replace(' ', '-')} and another",
        )
    if answer.problems:
        return warn(
            name,
            f"{endpoint}: a running Spanlake is not ready: {'; '.join(answer.problems)}",
            "see to that, and to its log",
        )
    return ok(name, f"{endpoint}: a running Spanlake is ready")


def _why_taken(endpoint: Endpoint) -> str | None:
    """Why nobody could listen there now; None if one could."""
    try:
        found = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error.strerror or str(error)
    return None


def _readyz(endpoint: Endpoint) -> _Answer | None:
    """Ask whoever listens there; None if nobody does, or it is not Spanlake."""
    connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=_TIMEOUT)
    try:
        connection.request("GET", "/readyz")
        body = json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    match body:
        case {"status": "ready"}:
            return _Answer(())
        case {"status": "not ready", "problems": [*problems]}:
            return _Answer(tuple(map(str, problems)))
        case _:
            return None
