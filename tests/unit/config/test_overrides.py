from collections.abc import Callable
from pathlib import Path

import pytest

from spanlake.config import Endpoint, Overrides, Settings, load_settings
from spanlake.errors import ConfigError


def endpoints(settings: Settings) -> list[Endpoint]:
    protocols = settings.receivers.otlp.protocols
    return [protocol.endpoint for protocol in (protocols.grpc, protocols.http) if protocol]


def test_each_flag_sets_its_own_value() -> None:
    """Every flag that is given replaces one default, and nothing else changes."""
    overrides = Overrides(
        data="lake",
        host="::1",
        grpc_port=0,
        http_port=8080,
        log_level="DEBUG",
        allow_unauthenticated=True,
    )
    settings = load_settings(None, overrides)
    assert endpoints(settings) == [Endpoint("::1", 0), Endpoint("::1", 8080)]
    assert settings.exporters.lake.path == "lake"
    assert settings.service.telemetry.logs.level == "debug"
    assert settings.service.allow_unauthenticated
    assert settings.processors == Settings().processors
    assert settings.service.pipelines == Settings().service.pipelines


def test_flags_stand_above_the_file() -> None:
    """A flag replaces what the file says, and leaves the rest of the same endpoint."""
    Path("c.yaml").write_text(
        "receivers: {otlp: {protocols: {grpc: {endpoint: 'localhost:1'}}}}\n"
        "exporters: {lake: {path: file}}\n"
        "service: {telemetry: {logs: {level: error}}}\n"
    )
    overrides = Overrides(data="flag", grpc_port=2, log_level="info")
    settings = load_settings(Path("c.yaml"), overrides)
    assert endpoints(settings) == [Endpoint("localhost", 2)]
    assert settings.exporters.lake.path == "flag"
    assert settings.service.telemetry.logs.level == "info"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (Overrides(data=""), "--data is empty: must not be empty"),
        (
            Overrides(host=""),
            "--host is empty: must be a host name or an IP address, such as 127.0.0.1",
        ),
        (
            Overrides(host="127.0.0.1:4317"),
            "--host is 127.0.0.1:4317: must be a host name or an IP address, such as 127.0.0.1",
        ),
        (Overrides(grpc_port=65536), "--grpc-port is 65536: must be at most 65535"),
        (Overrides(http_port=-1), "--http-port is -1: must be at least 0"),
        (Overrides(log_level="loud"), "--log-level is loud: must be debug, info, warn or error"),
    ],
)
def test_a_wrong_flag_is_named(overrides: Overrides, message: str) -> None:
    """A flag that breaks its rule is named as it is typed, with its value and the rule."""
    with pytest.raises(ConfigError) as caught:
        load_settings(None, overrides)
    assert str(caught.value) == f"{message}; correct the flag or leave it out"


def test_several_wrong_flags_are_counted() -> None:
    """The first wrong flag is told in full, the others are counted."""
    with pytest.raises(ConfigError, match=r"^--grpc-port is 99999: .* \(and 1 more\)$"):
        load_settings(None, Overrides(grpc_port=99999, http_port=99999))


@pytest.mark.parametrize(("on", "off"), [("http", "grpc"), ("grpc", "http")])
def test_a_port_for_a_protocol_that_is_off_is_refused(
    load: Callable[[str], Settings], on: str, off: str
) -> None:
    """A port is not quietly ignored because its protocol is off."""
    load(f"receivers: {{otlp: {{protocols: {{{on}: }}}}}}")
    with pytest.raises(ConfigError) as caught:
        load_settings(None, Overrides(grpc_port=7, http_port=7))
    assert str(caught.value) == (
        f"--{off}-port is 7: must be for a protocol that is on; "
        f"add `{off}:` under receivers.otlp.protocols, or leave the flag out"
    )
