"""The OTLP conformance suite against each product; what it finds goes to the page on trust."""

import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from environments import Installed, install
from products import REPOSITORY, Product, products
from running import Running

RESULTS = REPOSITORY / "tests" / "data" / "trust" / "conformance.json"
# So that limits can be tried: a request of 64 MiB or a minute of silence is much to ask for.
_SMALL = """
receivers:
  otlp:
    protocols:
      grpc: {max_recv_msg_size_mib: 8}
      http: {max_request_body_size: 8388608, read_timeout: 2s, idle_timeout: 2s}
processors:
  memory_limiter: {limit_mib: 8}
  genai:
"""
_PEERS_READ_TIMEOUT = 10
_PEERS_PROBES = {"MLflow": ("/health", "/health"), "Phoenix": ("/healthz", "/readyz")}


def write_conformance(names: Sequence[str], place: Path) -> None:
    """Run the suite against the products; what is known of the others is kept."""
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    known: dict[str, Any] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    order = [each.name for each in products()]
    for product in products():
        if product.name.lower() not in names:
            continue
        print(f"conformance of {product.name}", file=sys.stderr)
        installed = install(product, place)
        known[product.name] = {"version": installed.version, "rows": _rows(product, installed)}
        ordered = {name: known[name] for name in order if name in known}
        RESULTS.write_text(json.dumps(ordered, indent=1) + "\n", "utf-8")


def _rows(product: Product, installed: Installed) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "home"
        folder.mkdir()
        own: list[str] = []
        if product.name == "Spanlake":
            (folder / "otel-config.yaml").write_text(_SMALL, "utf-8")
            data, away = shlex.quote(str(folder / "data")), shlex.quote(str(folder / "away"))
            own = ["--break-storage", f"mv {data} {away}", "--mend-storage", f"mv {away} {data}"]
            own += ["--limit-mib", "8", "--budget-mib", "8", "--read-timeout", "2"]
        else:
            live, ready = _PEERS_PROBES[product.name]
            own = ["--read-timeout", str(_PEERS_READ_TIMEOUT), "--patience", "60"]
            own += ["--live", live, "--ready", ready]
        with Running(product, installed.venv, folder) as server:
            command = [sys.executable, "-m", "spanlake.testing.otlp_conformance"]
            command += ["--http", server.url, "--reader", product.reader, "--format", "json"]
            if product.has_grpc:
                command += ["--grpc", f"127.0.0.1:{server.grpc_port}"]
            for name, value in product.headers.items():
                command += ["--header", f"{name}: {value}"]
            command += ["--pid", str(server.process.pid), *own]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows
