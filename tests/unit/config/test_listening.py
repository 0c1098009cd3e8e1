from pathlib import Path

import pytest

from spanlake.config import Overrides, exposed_protocols, keyless_error, load_settings
from spanlake.errors import ConfigError

TRUSTED = (
    "on a network you trust set service.allow_unauthenticated: true (flag --allow-unauthenticated)"
)
RULE = (
    "must be a loopback address, because without tls keys can be read on the way; add "
    "receivers.otlp.protocols.grpc.tls with cert_file and key_file, or bind 127.0.0.1, or "
    f"{TRUSTED}"
)
TLS = "        tls: {cert_file: a.pem, key_file: b.pem}\n"
NEVER = "extensions: {spanlake_auth: {require: never}}\n"
SAME = "must differ from the endpoint of the other protocol; use another port"


def settings_file(grpc: str, http: str, service: str = "") -> Path:
    path = Path("c.yaml")
    path.write_text(
        "receivers:\n  otlp:\n    protocols:\n"
        f"      http:\n        endpoint: '{http}'\n"
        f"      grpc:\n        endpoint: '{grpc}'\n{service}"
    )
    return path


@pytest.mark.parametrize("endpoint", ["0.0.0.0:4317", "[::]:0", "lake:4317"])
def test_an_endpoint_open_to_others_is_refused(endpoint: str) -> None:
    """An endpoint beyond loopback in the file is refused at its line, with both ways out."""
    with pytest.raises(ConfigError) as caught:
        load_settings(settings_file(endpoint, "localhost:4318"), Overrides())
    subject = f"c.yaml:7: receivers.otlp.protocols.grpc.endpoint is '{endpoint}'"
    assert str(caught.value) == f"{subject}: {RULE}"


def test_the_first_open_endpoint_in_the_file_is_told() -> None:
    """Of two open endpoints the one that stands first is told, whatever its protocol."""
    with pytest.raises(ConfigError, match=r"^c\.yaml:5: .*\.http\.endpoint .* \(and 1 more\)$"):
        load_settings(settings_file("[::]:4317", "[::]:4318"), Overrides())


def test_an_open_host_from_the_flag_is_named_as_the_flag() -> None:
    """A host beyond loopback on the command line is refused once, under the flag's name."""
    with pytest.raises(ConfigError) as caught:
        load_settings(None, Overrides(host="::"))
    assert str(caught.value) == f"--host is ::: {RULE}"


def encrypted_file(rest: str = "") -> Path:
    path = Path("c.yaml")
    path.write_text(
        "receivers:\n  otlp:\n    protocols:\n"
        f"      http:\n        endpoint: '[::]:4318'\n{TLS}"
        f"      grpc:\n        endpoint: '[::]:4317'\n{TLS}{rest}"
    )
    return path


def test_an_endpoint_with_tls_may_be_open_to_others() -> None:
    """Endpoints beyond loopback are accepted when both are encrypted and somebody is asked."""
    settings = load_settings(encrypted_file(), Overrides())
    assert exposed_protocols(settings) == ["grpc", "http"]


def test_nobody_asked_is_refused_beyond_loopback() -> None:
    """TLS alone does not do: with `require: never` an open endpoint is refused."""
    with pytest.raises(ConfigError, match="require is never; set that to always, or bind"):
        load_settings(encrypted_file(NEVER), Overrides())


def test_nobody_to_let_in_is_told_with_the_command_that_changes_it() -> None:
    """The error for a server without a key names the line and how a key is made."""
    path = encrypted_file()
    error = str(keyless_error(load_settings(path, Overrides()), path, Overrides()))
    assert error.startswith("c.yaml:5: receivers.otlp.protocols.http.endpoint is '[::]:4318': ")
    assert "`spanlake keys create NAME --scope ingest`" in error
    assert error.endswith("(flag --allow-unauthenticated) (and 1 more)")


def test_the_ways_out_work() -> None:
    """An open endpoint is accepted with the setting, with the flag, and with another host."""
    allowed = "service: {allow_unauthenticated: true}\n"
    load_settings(settings_file("[::]:4317", "[::]:4318", allowed), Overrides())
    path = settings_file("[::]:4317", "[::]:4318")
    load_settings(path, Overrides(allow_unauthenticated=True))
    load_settings(path, Overrides(host="127.0.0.1"))


def test_the_flag_can_take_the_permission_back() -> None:
    """An open endpoint that the file allows is refused if the flag says no."""
    path = settings_file("[::]:1", "[::1]:2", "service: {allow_unauthenticated: true}\n")
    with pytest.raises(ConfigError, match="must be a loopback address"):
        load_settings(path, Overrides(allow_unauthenticated=False))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (Overrides(grpc_port=4318), f"--grpc-port is 4318: {SAME}"),
        (Overrides(http_port=4317), f"--http-port is 4317: {SAME}"),
    ],
)
def test_two_flags_cannot_meet_at_one_port(overrides: Overrides, message: str) -> None:
    """A port that the other protocol has by default is refused under the flag's name."""
    with pytest.raises(ConfigError) as caught:
        load_settings(None, overrides)
    assert str(caught.value) == message


def test_two_protocols_cannot_share_an_endpoint() -> None:
    """Two protocols at one address and port are refused at the line of the HTTP endpoint."""
    with pytest.raises(ConfigError) as caught:
        load_settings(settings_file("[::1]:7", "[::1]:7"), Overrides())
    assert str(caught.value) == (
        f"c.yaml:5: receivers.otlp.protocols.http.endpoint is [::1]:7: {SAME}"
    )


def test_port_0_may_be_asked_for_twice() -> None:
    """Two endpoints with port 0 get two free ports, and so do not meet."""
    load_settings(None, Overrides(grpc_port=0, http_port=0))
