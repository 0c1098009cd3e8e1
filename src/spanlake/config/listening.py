"""Where the receivers may listen, once file and flags have been put together."""

from collections.abc import Mapping

from spanlake.config.document import Document
from spanlake.config.endpoint import Endpoint
from spanlake.config.overrides import Overrides
from spanlake.config.problems import KeyPath, dotted, file_error
from spanlake.config.settings import Settings
from spanlake.errors import ConfigError

_TRUSTED = (
    "on a network you trust set service.allow_unauthenticated: true (flag --allow-unauthenticated)"
)
_UNENCRYPTED = (
    "must be a loopback address, because without tls keys can be read on the way; add "
    "receivers.otlp.protocols.{name}.tls with cert_file and key_file, or bind 127.0.0.1, or "
    + _TRUSTED
)
_OPEN = (
    "must be a loopback address, because extensions.spanlake_auth.require is never; set that to "
    "always, or bind 127.0.0.1, or " + _TRUSTED
)
_KEYLESS = (
    "must be a loopback address as long as there is neither key nor user, because nobody could be "
    "let in; make one with `spanlake keys create NAME --scope ingest` or `spanlake users create "
    "NAME`, or bind 127.0.0.1, or " + _TRUSTED
)
_SAME = "must differ from the endpoint of the other protocol; use another port"


def check_listening(settings: Settings, overrides: Overrides, document: Document) -> None:
    """Raise ConfigError for an endpoint that is open to others, or two that are one."""
    protocols = settings.receivers.otlp.protocols
    listening = {"grpc": protocols.grpc, "http": protocols.http}
    endpoints = {name: protocol.endpoint for name, protocol in listening.items() if protocol}
    if not settings.service.allow_unauthenticated:
        _check_exposed(settings, overrides, document)
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


def exposed_protocols(settings: Settings) -> list[str]:
    """The protocols, grpc or http, whose endpoint others than this machine can reach."""
    protocols = settings.receivers.otlp.protocols
    listening = {"grpc": protocols.grpc, "http": protocols.http}
    return [name for name, each in listening.items() if each and not each.endpoint.is_loopback]


def keyless_endpoint(settings: Settings, overrides: Overrides, document: Document) -> ConfigError:
    """Make the error of endpoints that others can reach, while nobody could be let in."""
    rules = dict.fromkeys(exposed_protocols(settings), _KEYLESS)
    return _exposed_error(rules, settings, overrides, document)


def _check_exposed(settings: Settings, overrides: Overrides, document: Document) -> None:
    protocols = settings.receivers.otlp.protocols
    is_open = settings.extensions.spanlake_auth.require == "never"
    rules = {}
    for name in exposed_protocols(settings):
        if is_open:
            rules[name] = _OPEN
        elif getattr(protocols, name).tls is None:
            rules[name] = _UNENCRYPTED.format(name=name)
    if rules:
        raise _exposed_error(rules, settings, overrides, document)


def _exposed_error(
    rules: Mapping[str, str], settings: Settings, overrides: Overrides, document: Document
) -> ConfigError:
    if overrides.host is not None:
        return ConfigError(f"--host is {overrides.host}: {next(iter(rules.values()))}")
    problems = []
    for name, rule in rules.items():
        path = _path(name)
        typed = document.place(path).typed
        if path not in document.places:
            typed = str(getattr(settings.receivers.otlp.protocols, name).endpoint)
        problems.append(document.problem(path, f"is {typed}: {rule}"))
    return file_error(document.name, problems)


def _same_endpoint(endpoint: Endpoint, overrides: Overrides, document: Document) -> ConfigError:
    for name, port in (("http", overrides.http_port), ("grpc", overrides.grpc_port)):
        if port is not None:
            return ConfigError(f"--{name}-port is {port}: {_SAME}")
    written = [path for path in (_path("http"), _path("grpc")) if path in document.places]
    return file_error(document.name, [document.problem(written[0], f"is {endpoint}: {_SAME}")])


def _path(protocol: str) -> KeyPath:
    return ("receivers", "otlp", "protocols", protocol, "endpoint")
