"""What is tested: where a receiver listens, and what the suite may know of and do to it."""

import os
import socket
import ssl
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

import grpc as rpc

_CONNECT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A receiver of OTLP.

    grpc: HOST:PORT. http: a URL, to which `/v1/traces` is appended; each None where not served.
    headers: sent with every request, as metadata over gRPC. ca: certificates for TLS on both.
    limit: bytes of a request at most. budget: bytes of all requests at a time, None when unknown.
    read_timeout: seconds that a client has for a head or a body.
    patience: seconds until what was answered can be read back. live, ready: the probes' paths.
    break_storage, mend_storage: shell commands that let every write fail, and end that.
    pid: of the server, which is sent SIGTERM at the end; None to let it live.
    """

    grpc: str | None = None
    http: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    ca: Path | None = None
    limit: int = 64 << 20
    budget: int | None = None
    read_timeout: float = 60.0
    patience: float = 10.0
    live: str = "/healthz"
    ready: str = "/readyz"
    break_storage: str | None = None
    mend_storage: str | None = None
    pid: int | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of HTTP; ValueError when there is none."""
        if self.http is None:
            raise ValueError("the endpoint has no HTTP")
        parts = urlsplit(self.http)
        default = 443 if parts.scheme == "https" else 80
        return parts.hostname or "localhost", parts.port or default

    def path(self, path: str) -> str:
        """A path below the URL's own."""
        return urlsplit(self.http or "").path.rstrip("/") + path

    def connection(self, *, timeout: float) -> HTTPConnection:
        """An HTTP connection, not opened yet."""
        if self._is_tls:
            context = ssl.create_default_context(cafile=self.ca)
            return HTTPSConnection(*self.address, timeout=timeout, context=context)
        return HTTPConnection(*self.address, timeout=timeout)

    def socket(self) -> socket.socket:
        """An open connection to speak HTTP on byte by byte."""
        host, port = self.address
        plain = socket.create_connection((host, port), timeout=_CONNECT_SECONDS)
        if self._is_tls:
            context = ssl.create_default_context(cafile=self.ca)
            return context.wrap_socket(plain, server_hostname=host)
        return plain

    def channel(self) -> rpc.Channel:
        """A gRPC channel; ValueError when there is no gRPC."""
        if self.grpc is None:
            raise ValueError("the endpoint has no gRPC")
        options = [
            ("grpc.max_send_message_length", -1),
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.enable_retries", 0),
        ]
        if self.ca is not None:
            credentials = rpc.ssl_channel_credentials(self.ca.read_bytes())
            return rpc.secure_channel(self.grpc, credentials, options)
        return rpc.insecure_channel(self.grpc, options)

    @property
    def _is_tls(self) -> bool:
        return urlsplit(self.http or "").scheme == "https"


def shell(command: str) -> None:
    """Run what the user gave to break or mend the storage; CalledProcessError when it fails."""
    subprocess.run(command, shell=True, check=True, env=os.environ)  # noqa: S602  # the user's own
