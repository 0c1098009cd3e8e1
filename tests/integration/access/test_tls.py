"""TLS and client certificates on both ports, and where a server may listen without."""

import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import httpx2
import pytest
import trustme
from credentials import Certificates, bearer, make_key
from samples import sample
from server import RunningServer, wait_until
from wire import METHODS

from spanlake.entities import Signal
from spanlake.entities.access import Permission

_RELOAD = "reload_interval: 100ms"


class Encrypted:
    """A server with TLS on both ports, beyond loopback, and a key to it."""

    def __init__(self, folder: Path, *, is_mutual: bool) -> None:
        self.certificates = Certificates.made_in(folder / "certificates")
        data = folder / "data"
        data.mkdir()
        self.key = make_key(data, "app", Permission.INGEST)
        config = self.certificates.config(is_mutual=is_mutual).replace(
            "cert_file", f"{_RELOAD}, cert_file"
        )
        # Every address of the machine, so that there have to be keys and TLS.
        self.server = RunningServer(data, config=config, arguments=["--host", "0.0.0.0"])  # noqa: S104  # what it is about
        self.http_port = self.server.http.rpartition(":")[2]
        self.grpc_port = self.server.grpc.rpartition(":")[2]

    def post(self, *, with_client: bool = False) -> httpx2.Response:
        """What an export over HTTPS is answered; the certificate of the server is checked."""
        context = ssl.create_default_context(cafile=self.certificates.authority)
        if with_client:
            context.load_cert_chain(self.certificates.client, self.certificates.client_key)
        with httpx2.Client(verify=context, timeout=60) as client:
            headers = bearer(self.key) | {"content-type": "application/json"}
            url = f"https://127.0.0.1:{self.http_port}/v1/traces"
            return client.post(url, content=b"{}", headers=headers)

    def call(self, *, with_client: bool = False) -> grpc.StatusCode:
        """The code of an export over gRPC with TLS."""
        paths = self.certificates
        roots = paths.authority.read_bytes()
        own = (
            (paths.client_key.read_bytes(), paths.client.read_bytes())
            if with_client
            else (None, None)
        )
        credentials = grpc.ssl_channel_credentials(roots, *own)
        with grpc.secure_channel(f"127.0.0.1:{self.grpc_port}", credentials) as channel:
            export: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
                METHODS[Signal.LOGS]
            )
            try:
                metadata = tuple(bearer(self.key).items())
                export(sample(Signal.LOGS).payload, timeout=60, metadata=metadata)
            except grpc.RpcError as error:
                code: grpc.StatusCode = error.code()
                return code
            return grpc.StatusCode.OK


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Encrypted]:
    """A server that shows a certificate."""
    made = Encrypted(tmp_path_factory.mktemp("tls"), is_mutual=False)
    with made.server:
        yield made


@pytest.fixture(scope="module")
def mutual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Encrypted]:
    """A server that wants to see one, too."""
    made = Encrypted(tmp_path_factory.mktemp("mtls"), is_mutual=True)
    with made.server:
        yield made


def test_both_ports_are_encrypted(encrypted: Encrypted) -> None:
    """An exporter that trusts the authority sends over both; in plain text nobody is answered."""
    assert encrypted.post().status_code == 200
    assert encrypted.call() is grpc.StatusCode.OK
    with pytest.raises(httpx2.HTTPError):
        httpx2.get(f"http://127.0.0.1:{encrypted.http_port}/healthz", timeout=60)


def test_the_cookie_of_an_encrypted_server(encrypted: Encrypted) -> None:
    """Signing in over TLS makes a cookie that never leaves TLS, nor this host."""
    context = ssl.create_default_context(cafile=encrypted.certificates.authority)
    with httpx2.Client(
        base_url=f"https://127.0.0.1:{encrypted.http_port}", verify=context, timeout=60
    ) as client:
        left = client.post("/sign-out")
        cookie = left.headers["set-cookie"]
    assert cookie.startswith("__Host-spanlake_session=")
    assert "; Secure" in cookie


def test_a_new_certificate_is_shown_without_a_restart(encrypted: Encrypted) -> None:
    """Once its files have changed, both ports show the new certificate."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(encrypted.certificates.authority)
    encrypted.certificates.renew(authority)

    def is_shown() -> bool:
        try:
            is_over_http = encrypted.post().status_code == 200
        except httpx2.HTTPError:
            return False
        return is_over_http and encrypted.call() is grpc.StatusCode.OK

    wait_until(is_shown, seconds=60)


def test_clients_show_certificates(mutual: Encrypted) -> None:
    """With client_ca_file an exporter without a certificate is not answered, whatever its key."""
    with pytest.raises(httpx2.HTTPError):
        mutual.post()
    assert mutual.call() is grpc.StatusCode.UNAVAILABLE
    assert mutual.post(with_client=True).status_code == 200
    assert mutual.call(with_client=True) is grpc.StatusCode.OK


def test_nobody_to_let_in(tmp_path: Path) -> None:
    """Beyond loopback a server without any key does not start, and says in one line what to do."""
    (tmp_path / "otel-config.yaml").write_text(Certificates.made_in(tmp_path).config())
    command = [sys.executable, "-m", "spanlake", "serve", "--grpc-port", "0", "--http-port", "0"]
    command += ["--host", "0.0.0.0"]  # noqa: S104  # what it is about
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=150
    )
    assert done.returncode == 2
    *_, error = done.stderr.splitlines()
    assert "Traceback" not in done.stderr
    assert error.startswith("error: --host is 0.0.0.0: must be a loopback address as long as there")
    assert "`spanlake keys create NAME --scope ingest`" in error
