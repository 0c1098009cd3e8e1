"""TLS of a listening port, in the words of the OpenTelemetry Collector."""

from typing import Annotated, Literal

from pydantic import Field

from spanlake.config.section import Section
from spanlake.config.values import Seconds

FilePath = Annotated[str, Field(min_length=1)]
"""The path of a file, relative to the working directory."""


class Tls(Section):
    """The certificate that a port shows, and who may connect.

    cert_file, key_file: PEM; the first has the whole chain. client_ca_file: PEM; clients must have
    a certificate of one of these authorities. reload_interval: how often changed files are read
    anew, in seconds; 0 is never.
    """

    cert_file: FilePath
    key_file: FilePath
    client_ca_file: FilePath | None = None
    reload_interval: Seconds = 60.0


class HttpTls(Tls):
    """TLS over HTTP. min_version: gRPC takes 1.2 and 1.3, whatever it is told."""

    min_version: Literal["1.2", "1.3"] = "1.2"
