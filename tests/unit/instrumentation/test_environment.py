import os

import pytest

from spanlake.errors import UserError
from spanlake.instrumentation import environment
from spanlake.instrumentation.outbox import Limits


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of OpenTelemetry is set."""
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("variables", "argument", "url", "protocol"),
    [
        ({}, None, "", "http/protobuf"),
        ({}, None, "http://localhost:4317", "grpc"),
        ({}, None, "collector:4317", "grpc"),
        ({}, None, "https://example.com/otlp", "http/protobuf"),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, None, "http://localhost:4318", "grpc"),
        (
            {
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
                "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
            },
            None, "http://localhost:4317", "http/protobuf",
        ),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "nonsense"}, "grpc", "", "grpc"),
    ],
)  # fmt: skip
def test_protocol(
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    argument: str | None,
    url: str,
    protocol: str,
) -> None:
    """The argument wins, then the signal's variable, then the general one, then the port."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert environment.protocol("traces", argument, url) == protocol


def test_a_protocol_there_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake is told with the variable it is in."""
    with pytest.raises(UserError, match="endpoint is 'http://a:b'"):
        environment.protocol("logs", None, "http://a:b")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/xml")
    with pytest.raises(UserError, match=r"OTEL_EXPORTER_OTLP_PROTOCOL is 'http/xml'"):
        environment.protocol("logs", None, "")


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Queue, batch and delay are the SDK's variables of the signal."""
    assert environment.limits("traces") == Limits(8192, 512, 1.0)
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "100")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "250")
    assert environment.limits("traces") == Limits(100, 100, 0.25)
    assert environment.limits("logs") == Limits(8192, 512, 1.0)
    monkeypatch.setenv("OTEL_BLRP_MAX_QUEUE_SIZE", "many")
    with pytest.raises(UserError, match="OTEL_BLRP_MAX_QUEUE_SIZE is 'many'"):
        environment.limits("logs")


def test_exporters(monkeypatch: pytest.MonkeyPatch) -> None:
    """OTLP is the default; a variable may name others."""
    assert environment.exporters("traces") == ["otlp"]
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "console, otlp")
    assert environment.exporters("traces") == ["console", "otlp"]
