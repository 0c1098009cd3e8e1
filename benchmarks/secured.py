"""What a server on a company's network has switched on: a key, TLS and redaction."""

import datetime as dt
import ipaddress
import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_CONFIG = """
receivers:
  otlp:
    protocols:
      grpc:
        tls: {{cert_file: {certificate}, key_file: {key}}}
      http:
        tls: {{cert_file: {certificate}, key_file: {key}}}
processors:
  memory_limiter:
  redact:
  genai:
service:
  pipelines:
    traces: {{receivers: [otlp], processors: [memory_limiter, redact, genai], exporters: [lake]}}
"""


class Setup(NamedTuple):
    """What the server is started with, and what a sender needs to be let in."""

    server: list[str]
    sender: list[str]


def secured(folder: Path, data: Path) -> Setup:
    """Write a certificate and a configuration, and make a key for the lake in `data`."""
    certificate, private = _certificate(folder)
    config = folder / "secured.yaml"
    config.write_text(_CONFIG.format(certificate=certificate, key=private), encoding="utf-8")
    command = [sys.executable, "-m", "spanlake", "keys", "create", "bench", "--scope", "ingest"]
    made = subprocess.check_output([*command, "--data", str(data), "--format", "json"])
    (row,) = json.loads(made)
    return Setup(["--config", str(config)], [f"--authority={certificate}", f"--key={row['key']}"])


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files
