"""What the command line sets on top of the file."""

from dataclasses import asdict, dataclass
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from spanlake.config.endpoint import Endpoint
from spanlake.config.problems import first_error, quoted
from spanlake.config.section import Section
from spanlake.config.settings import GrpcProtocol, HttpProtocol, Settings
from spanlake.config.validation import broken_rule
from spanlake.config.values import Host, LakePath, LogLevelName, Port
from spanlake.errors import ConfigError

_S = TypeVar("_S", bound=Section)


@dataclass(frozen=True, slots=True)
class Overrides:
    """The flags of `spanlake serve` that stand above the file; None is a flag that is not given."""

    data: LakePath | None = None
    host: Host | None = None
    grpc_port: Port | None = None
    http_port: Port | None = None
    log_level: LogLevelName | None = None
    allow_unauthenticated: bool | None = None


def flag(name: str) -> str:
    """Write the name of an override as it is typed: --grpc-port."""
    return f"--{name.replace('_', '-')}"


def checked(overrides: Overrides) -> Overrides:
    """Return the overrides as they are meant; ConfigError for a flag against its rule."""
    try:
        return TypeAdapter(Overrides).validate_python(asdict(overrides))
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise first_error(
            [
                f"{flag(str(detail['loc'][0]))} is {quoted(str(detail['input'])) or 'empty'}: "
                f"{broken_rule(detail).rule}; correct the flag or leave it out"
                for detail in details
            ]
        ) from None


def with_overrides(settings: Settings, overrides: Overrides) -> Settings:
    """Set checked overrides on top; ConfigError for a port of a protocol that is off."""
    protocols = settings.receivers.otlp.protocols
    grpc = _endpoint("grpc", protocols.grpc, overrides.host, overrides.grpc_port)
    http = _endpoint("http", protocols.http, overrides.host, overrides.http_port)
    changes = (
        ("exporters.lake.path", overrides.data),
        ("receivers.otlp.protocols.grpc.endpoint", grpc),
        ("receivers.otlp.protocols.http.endpoint", http),
        ("service.telemetry.logs.level", overrides.log_level),
        ("service.allow_unauthenticated", overrides.allow_unauthenticated),
    )
    for path, value in changes:
        if value is not None:
            settings = _replaced(settings, path, value)
    return settings


def with_catalog(settings: Settings, url: str | None) -> Settings:
    """Set a checked URL of the catalog on top, if there is one."""
    if url is None:
        return settings
    return _replaced(settings, "extensions.spanlake_catalog.url", url)


def _endpoint(
    name: str, protocol: GrpcProtocol | HttpProtocol | None, host: str | None, port: int | None
) -> Endpoint | None:
    """Where a protocol listens with the flags; None if it is off, and no flag moves it."""
    if protocol is None:
        if port is None:
            return None
        raise ConfigError(
            f"--{name}-port is {port}: must be for a protocol that is on; "
            f"add `{name}:` under receivers.otlp.protocols, or leave the flag out"
        )
    endpoint = protocol.endpoint
    return Endpoint(
        endpoint.host if host is None else host, endpoint.port if port is None else port
    )


def _replaced(section: _S, path: str, value: object) -> _S:
    """Copy a section with the value at a dotted path below it replaced by a checked one."""
    key, _, rest = path.partition(".")
    if rest:
        value = _replaced(getattr(section, key), rest, value)
    return section.model_copy(update={key: value})
