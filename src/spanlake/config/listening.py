"""Where the receivers may listen, once file and flags have been put together."""

from collections.abc import Mapping

from spanlake.config.document import Document
from spanlake.config.endpoint import Endpoint
from spanlake.config.overrides import Overrides
from spanlake.config.problems import KeyPath, dotted, file_error
from spanlake.config.settings import Settings
from spanlake.errors import ConfigError

_EXPOSED = (
    "must be a loopback address, because there is no authentication yet; bind 127.0.0.1, or on a "
    "network you trust set service.allow_unauthenticated: true (flag --allow-unauthenticated)"
)
_SAME = "must differ from the endpoint of the other protocol; use another port"


def check_listening(settings: Settings, overrides: Overrides, document: Document) -> None:
    """Raise ConfigError for an endpoint that is open to others, or two that are one."""
    protocols = settings.receivers.otlp.protocols
    listening = {"grpc": protocols.grpc, "http": protocols.http}
    endpoints = {name: protocol.endpoint for name, protocol in listening.items() if protocol}
    if not settings.service.allow_unauthenticated:
        _check_loopback(endpoints, overrides, document)
    if len(set(endpoints.values())) < len(endpoints) and endpoints["http"].port != 0:
        raise _same_endpoint(endpoints["http"], overrides, document)


def unusable_endpoint(
    protocol: str, reason: str, overrides: Overrides, document: Document
) -> ConfigError:
    """Make the error of a protocol (grpc or http) whose endpoint cannot be listened on."""
    rule = f"must be an address and port that are free ({reason})"
    flags = {f"--{protocol}-port": getattr(overrides, f"{protocol}_port"), "--host": overrides.host}
    for name, value in flags.items():
        if value is not None:
            return ConfigError(f"{name} is {value}: {rule}; stop what uses it, or give another")
    path = _path(protocol)
    advice = f"stop what uses it, or start with --{protocol}-port and another"
    if path not in document.places:
        endpoint = getattr(Settings().receivers.otlp.protocols, protocol).endpoint
        return ConfigError(f"{document.name}: {dotted(path)} is {endpoint}: {rule}; {advice}")
    finding = f"is {document.place(path).typed}: {rule}; {advice}"
    return file_error(document.name, [document.problem(path, finding)])


def _check_loopback(
    endpoints: Mapping[str, Endpoint], overrides: Overrides, document: Document
) -> None:
    exposed = [name for name, endpoint in endpoints.items() if not endpoint.is_loopback]
    if not exposed:
        return
    if overrides.host is not None:
        raise ConfigError(f"--host is {overrides.host}: {_EXPOSED}")
    problems = []
    for name in exposed:
        path = _path(name)
        problems.append(document.problem(path, f"is {document.place(path).typed}: {_EXPOSED}"))
    raise file_error(document.name, problems)


def _same_endpoint(endpoint: Endpoint, overrides: Overrides, document: Document) -> ConfigError:
    for name, port in (("http", overrides.http_port), ("grpc", overrides.grpc_port)):
        if port is not None:
            return ConfigError(f"--{name}-port is {port}: {_SAME}")
    written = [path for path in (_path("http"), _path("grpc")) if path in document.places]
    return file_error(document.name, [document.problem(written[0], f"is {endpoint}: {_SAME}")])


def _path(protocol: str) -> KeyPath:
    return ("receivers", "otlp", "protocols", protocol, "endpoint")
