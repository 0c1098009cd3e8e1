import ssl
from pathlib import Path

import pytest
from credentials import Certificates

from spanlake.collector.tls import ChangedFiles, check_files, http_context
from spanlake.config import HttpTls
from spanlake.errors import ConfigError


def settings(made: Certificates, **further: object) -> HttpTls:
    files = {"cert_file": str(made.server), "key_file": str(made.server_key)}
    return HttpTls.model_validate({**files, **further})


def test_the_least_version(tmp_path: Path) -> None:
    """A port takes no older version of TLS than it is told, and none before 1.2."""
    made = Certificates.made_in(tmp_path)
    assert http_context(settings(made)).minimum_version is ssl.TLSVersion.TLSv1_2
    newest = http_context(settings(made, min_version="1.3"))
    assert newest.minimum_version is ssl.TLSVersion.TLSv1_3


def test_changes_are_looked_for_once_an_interval(tmp_path: Path) -> None:
    """Files that have changed are noticed once, after the interval, also when they are gone."""
    made = Certificates.made_in(tmp_path)
    now = 0.0
    changed = ChangedFiles(settings(made, reload_interval=60.0), clock=lambda: now)
    made.server.write_text("longer than before" * 1000)
    assert not changed()
    now = 61
    assert changed()
    now = 122
    assert not changed()
    made.server.unlink()
    now = 183
    assert changed()


@pytest.mark.parametrize(
    ("key", "content", "said"),
    [
        ("cert_file", None, "tls.cert_file is .*: cannot be read"),
        ("key_file", "no key", "tls.cert_file is .*: must be a PEM certificate, and key_file"),
        ("client_ca_file", "no authority", "tls.client_ca_file is .*: must be PEM certificates"),
    ],
)
def test_files_that_are_none(tmp_path: Path, key: str, content: str | None, said: str) -> None:
    """A file that is not there, or not what it has to be, is named with its key."""
    file = tmp_path / "wrong.pem"
    if content is not None:
        file.write_text(content)
    wrong = settings(Certificates.made_in(tmp_path), **{key: str(file)})
    with pytest.raises(ConfigError, match=said):
        check_files("grpc", wrong)
