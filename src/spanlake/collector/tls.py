"""Certificates of the two ports, read anew when their files have changed."""

import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

import grpc

from spanlake import log
from spanlake.config import HttpTls, Tls
from spanlake.errors import ConfigError

_log = log.get(__name__)
_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class ChangedFiles:
    """Tells when the files of a certificate are others than the ones that were read last."""

    def __init__(self, tls: Tls, clock: Callable[[], float] = time.monotonic) -> None:
        self._files = [
            Path(each) for each in (tls.cert_file, tls.key_file, tls.client_ca_file) if each
        ]
        self._interval = tls.reload_interval
        self._clock = clock
        self._lock = threading.Lock()
        self._seen = self._state()
        self._due = clock() + self._interval

    def __call__(self) -> bool:
        """Whether they have changed since this was last asked; it looks once an interval."""
        with self._lock:
            if not self._interval or self._clock() < self._due:
                return False
            self._due = self._clock() + self._interval
            state = self._state()
            has_changed = state != self._seen
            self._seen = state
            return has_changed

    def _state(self) -> list[tuple[int, int] | None]:
        return [_state(each) for each in self._files]


def http_context(tls: HttpTls) -> ssl.SSLContext:
    """A context that shows the certificate, always the newest. ConfigError for files that are none.

    The context itself takes every connection, and hands it to the one of the day.
    """
    newest = _context(tls)
    has_changed = ChangedFiles(tls)

    def hand_over(connection: ssl.SSLObject, _: str | None, __: ssl.SSLContext) -> None:
        nonlocal newest
        if has_changed():
            try:
                newest = _context(tls)
            except (ConfigError, OSError) as error:
                _not_renewed("http", error)
        connection.context = newest

    context = _context(tls)
    if tls.reload_interval:
        context.sni_callback = hand_over
    return context


def _context(tls: HttpTls) -> ssl.SSLContext:
    check_files("http", tls)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = _VERSIONS[tls.min_version]
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(tls.cert_file, tls.key_file)
    if tls.client_ca_file:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(tls.client_ca_file)
    return context


def grpc_credentials(tls: Tls) -> grpc.ServerCredentials:
    """Credentials that show the certificate. ConfigError for files that are none."""
    check_files("grpc", tls)
    has_changed = ChangedFiles(tls)

    def renewed() -> grpc.ServerCertificateConfiguration | None:
        if not has_changed():
            return None
        try:
            check_files("grpc", tls)
            return _configuration(tls)
        except (ConfigError, OSError) as error:
            _not_renewed("grpc", error)
            return None

    return grpc.dynamic_ssl_server_credentials(
        _configuration(tls),
        renewed,  # type: ignore[arg-type]  # None is "as before", as its documentation says
        require_client_authentication=tls.client_ca_file is not None,
    )


def check_files(protocol: str, tls: Tls) -> None:
    """Raise ConfigError for a certificate, key or authority that cannot be used."""
    place = f"receivers.otlp.protocols.{protocol}.tls"
    for key in ("cert_file", "key_file", "client_ca_file"):
        file = getattr(tls, key)
        if file is None:
            continue
        try:
            Path(file).read_bytes()
        except OSError as error:
            raise ConfigError(
                f"{place}.{key} is {file}: cannot be read ({error.strerror}); correct the path, "
                "or let the user that runs this read it"
            ) from None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(tls.cert_file, tls.key_file, password=_no_password)
    except (ssl.SSLError, ValueError) as error:
        raise ConfigError(
            f"{place}.cert_file is {tls.cert_file}: must be a PEM certificate, and key_file its "
            f"key without a password ({_reason(error)}); correct them"
        ) from None
    if tls.client_ca_file:
        try:
            context.load_verify_locations(tls.client_ca_file)
        except ssl.SSLError as error:
            raise ConfigError(
                f"{place}.client_ca_file is {tls.client_ca_file}: must be PEM certificates of "
                f"authorities ({_reason(error)}); correct it"
            ) from None


def _configuration(tls: Tls) -> grpc.ServerCertificateConfiguration:
    chain, key = Path(tls.cert_file).read_bytes(), Path(tls.key_file).read_bytes()
    roots = Path(tls.client_ca_file).read_bytes() if tls.client_ca_file else None
    return grpc.ssl_server_certificate_configuration([(key, chain)], roots)


def _no_password() -> str:
    raise ValueError("the key has a password")


def _not_renewed(protocol: str, error: Exception) -> None:
    _log.warning("collector.certificate_not_renewed", protocol=protocol, reason=str(error))


def _reason(error: Exception) -> str:
    return getattr(error, "reason", None) or str(error)


def _state(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
