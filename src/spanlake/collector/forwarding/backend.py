"""Other OTLP backends, over gRPC and HTTP, and what their answers mean."""

import gzip
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import grpc
import httpx2
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from spanlake.collector.answers import rejected_in
from spanlake.collector.grpc_receiver import SERVICES
from spanlake.config import ClientTls, OtlpExporter, OtlpHttpExporter
from spanlake.entities import Signal
from spanlake.errors import ConfigError
from spanlake.otlp import retryable

_OK = 200
_MOST_ANSWER_BYTES = 1 << 20
# Beside OTLP's own, those of a key or an address that somebody will correct.
_RETRYABLE_STATUSES = retryable.STATUSES | {401, 403, 404}
_RETRYABLE_CODES = retryable.CODES | {"UNAUTHENTICATED", "PERMISSION_DENIED", "UNIMPLEMENTED"}
_DETAILS = "grpc-status-details-bin"


class RefusedError(Exception):
    """A backend does not take a request, and never will."""


@dataclass
class LaterError(Exception):
    """A backend does not take a request now. wait: seconds it asks for, if it does."""

    reason: str
    wait: float | None = None


class Backend(Protocol):
    """Where requests are sent."""

    def send(self, signal: Signal, payload: bytes) -> int:
        """Send an export request; return how many of its items were rejected.

        Raises RefusedError or LaterError.
        """

    def close(self) -> None:
        """Give its connections back."""


class GrpcBackend:
    """A backend over gRPC."""

    def __init__(self, settings: OtlpExporter) -> None:
        scheme, _, target = settings.endpoint.rstrip("/").rpartition("//")
        tls, options = settings.tls, []
        if tls.server_name_override:
            options.append(("grpc.ssl_target_name_override", tls.server_name_override))
        if tls.insecure or scheme == "http:":
            self._channel = grpc.insecure_channel(target)
        else:
            credentials = grpc.ssl_channel_credentials(
                _read("otlp", "ca_file", tls.ca_file),
                _read("otlp", "key_file", tls.key_file),
                _read("otlp", "cert_file", tls.cert_file),
            )
            self._channel = grpc.secure_channel(target, credentials, options)
        self._metadata = tuple((name.lower(), value) for name, value in settings.headers.items())
        self._timeout = settings.timeout
        is_gzip = settings.compression == "gzip"
        self._compression = grpc.Compression.Gzip if is_gzip else grpc.Compression.NoCompression
        self._exports: dict[Signal, grpc.UnaryUnaryMultiCallable[bytes, bytes]] = {
            signal: self._channel.unary_unary(f"/{service}/Export")
            for signal, service in SERVICES.items()
        }

    def send(self, signal: Signal, payload: bytes) -> int:
        """Send an export request; return how many of its items were rejected."""
        try:
            answer = self._exports[signal](
                payload,
                timeout=self._timeout,
                metadata=self._metadata,
                compression=self._compression,
            )
        except grpc.RpcError as error:
            raise _of_call(error) from None
        return rejected_in(signal, answer)

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()


class HttpBackend:
    """A backend over HTTP, in protobuf."""

    def __init__(self, settings: OtlpHttpExporter) -> None:
        self._endpoint = settings.endpoint
        self._headers = {"Content-Type": "application/x-protobuf", **settings.headers}
        self._is_gzip = settings.compression == "gzip"
        if self._is_gzip:
            self._headers["Content-Encoding"] = "gzip"
        self._client = httpx2.Client(
            verify=_context(settings.tls), timeout=settings.timeout, follow_redirects=False
        )

    def send(self, signal: Signal, payload: bytes) -> int:
        """Send an export request; return how many of its items were rejected."""
        body = gzip.compress(payload, 1) if self._is_gzip else payload
        url = f"{self._endpoint}/v1/{signal}"
        try:
            with self._client.stream("POST", url, content=body, headers=self._headers) as response:
                answer = b""
                for piece in response.iter_bytes():
                    answer += piece
                    if len(answer) > _MOST_ANSWER_BYTES:
                        break
        except httpx2.HTTPError as error:
            raise LaterError(f"{type(error).__name__}: {error}") from None
        if response.status_code in _RETRYABLE_STATUSES:
            raise LaterError(f"HTTP {response.status_code}", _retry_after(response))
        if response.status_code != _OK:
            raise RefusedError(f"HTTP {response.status_code}")
        if response.headers.get("content-type", "").startswith("application/x-protobuf"):
            return rejected_in(signal, answer)
        return 0

    def close(self) -> None:
        """Close its connections."""
        self._client.close()


def _of_call(error: grpc.RpcError) -> RefusedError | LaterError:
    code = error.code()
    wait = _retry_info(error)
    reason = f"gRPC {code.name}"
    is_full = code is grpc.StatusCode.RESOURCE_EXHAUSTED and wait is not None
    if is_full or code.name in _RETRYABLE_CODES:
        return LaterError(reason, wait)
    return RefusedError(reason)


def _retry_info(error: grpc.RpcError) -> float | None:
    """The seconds that a gRPC answer asks to wait."""
    for entry in error.trailing_metadata() or ():
        if entry.key != _DETAILS or not isinstance(entry.value, bytes):
            continue
        try:
            for detail in Status.FromString(entry.value).details:
                told = RetryInfo()
                if detail.Unpack(told):
                    return float(told.retry_delay.seconds + told.retry_delay.nanos / 1e9)
        except DecodeError:
            return None
    return None


def _retry_after(response: httpx2.Response) -> float | None:
    told = response.headers.get("retry-after", "")
    return float(told) if told.isdecimal() else None


def _context(tls: ClientTls) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=tls.ca_file)
        if tls.cert_file:
            context.load_cert_chain(tls.cert_file, tls.key_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"exporters.otlphttp.tls: its files cannot be read ({error}); name PEM files"
        ) from None
    return context


def _read(exporter: str, key: str, path: str | None) -> bytes | None:
    if path is None:
        return None
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(
            f"exporters.{exporter}.tls.{key} is {path}: cannot be read ({error.strerror}); "
            "name a PEM file"
        ) from None
