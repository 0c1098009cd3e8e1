"""The exporters `otlp` and `otlphttp`: other backends that accepted data is sent on to.

Their keys are those of the OpenTelemetry Collector.
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from spanlake.config.section import Section
from spanlake.config.tls import FilePath
from spanlake.config.values import PositiveInt, PositiveSeconds

_TARGET = re.compile(r"(https?://)?(\[[0-9A-Fa-f:.]+\]|[^\s/:@\[\]]+):\d{1,5}/?")
_URL = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[^\s/:@\[\]?#]+)(:\d{1,5})?(/[^\s?#]*)?")


def _target(value: str) -> str:
    if not _TARGET.fullmatch(value):
        raise ValueError("must be HOST:PORT, such as backend.example.com:4317")
    return value


def _url(value: str) -> str:
    if not _URL.fullmatch(value):
        raise ValueError("must be a URL without /v1/traces, such as https://backend.example.com")
    return value.rstrip("/")


class ClientTls(Section):
    """TLS towards a backend.

    insecure: none at all, over gRPC; over HTTP the URL decides. ca_file: PEM, whom to trust beside
    nobody else. cert_file, key_file: PEM, what to show. server_name_override: over gRPC, the name
    that the certificate must have.
    """

    insecure: bool = False
    ca_file: FilePath | None = None
    cert_file: FilePath | None = None
    key_file: FilePath | None = None
    server_name_override: str | None = None


class Retry(Section):
    """How long to wait after a failure: first, and at most, in seconds; it grows in between."""

    initial_interval: PositiveSeconds = 5.0
    max_interval: PositiveSeconds = 30.0


class SendingQueue(Section):
    """What waits to be sent. size_mib: of it on disk; above it the oldest goes."""

    size_mib: PositiveInt = 1024


class Forwarding(Section):
    """A backend. headers: sent with every request. timeout: of a request, in seconds."""

    headers: dict[str, str] = Field(default_factory=dict)
    compression: Literal["gzip", "none"] = "gzip"
    timeout: PositiveSeconds = 10.0
    tls: ClientTls = ClientTls()
    retry_on_failure: Retry = Retry()
    sending_queue: SendingQueue = SendingQueue()


class OtlpExporter(Forwarding):
    """A backend over gRPC."""

    endpoint: Annotated[str, AfterValidator(_target)]


class OtlpHttpExporter(Forwarding):
    """A backend over HTTP; endpoint: its URL, to which /v1/traces and so on are added."""

    endpoint: Annotated[str, AfterValidator(_url)]
