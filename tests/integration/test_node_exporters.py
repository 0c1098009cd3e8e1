"""OpenTelemetry's own Node SDK and exporters, unmodified, against a server."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from server import RunningServer

import spanlake

DATA = Path(__file__).parents[1] / "data" / "node"
QUERY = """
    SELECT name, span_id, parent_span_id, otel_kind, status_code, status_message, attributes,
           list_transform(events, lambda event: event.name) AS events
    FROM spans WHERE trace_id = ? ORDER BY start_time_ns
"""

pytestmark = pytest.mark.slow


class SeenSpan(NamedTuple):
    """A span as the query shows it."""

    name: str
    span_id: str
    parent_span_id: str | None
    otel_kind: str
    status_code: str
    status_message: str | None
    attributes: dict[str, str]
    events: list[str]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Node program, with its packages installed."""
    folder = tmp_path_factory.mktemp("node") / "app"
    shutil.copytree(DATA, folder)
    npm = shutil.which("npm")
    assert npm is not None, "npm is needed: just slow-tools"
    command = [npm, "install", "--no-audit", "--no-fund", "--no-package-lock"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
    return folder


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("kind", ["grpc", "http", "proto"])
def test_every_span_of_the_node_sdk_arrives(
    server: RunningServer, app: Path, kind: str, compression: str
) -> None:
    """OTLP 59: what a Node app's BatchSpanProcessor exports is in SQL span by span, as it was."""
    node = shutil.which("node")
    assert node is not None
    where = server.grpc if kind == "grpc" else server.http
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{where}",
        "OTEL_EXPORTER_OTLP_COMPRESSION": compression,
    }
    done = subprocess.run(
        [node, "send.js", kind, f"{kind} {compression}"],
        cwd=app,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | environment,
    )
    assert done.stderr == ""
    with spanlake.connect(server.data) as lake:
        spans = [SeenSpan(*row) for row in lake.sql(QUERY, [done.stdout.strip()]).fetchall()]
    (order,) = [span for span in spans if span.parent_span_id is None]
    assert (order.name, order.otel_kind, order.status_code) == ("order", "SERVER", "UNSET")
    items = {span.name: span for span in spans if span is not order}
    assert len(spans) == 1 + len(items) == 201
    for number in range(200):
        assert items[f"item {number}"] == item(number, items[f"item {number}"].span_id, order)


def item(number: int, span_id: str, order: SeenSpan) -> SeenSpan:
    """One of the spans that the program makes, as SQL is to show it."""
    is_sold_out = number == 7
    return SeenSpan(
        f"item {number}",
        span_id,
        order.span_id,
        "CLIENT",
        "ERROR" if is_sold_out else "UNSET",
        "sold out" if is_sold_out else None,
        {
            "text": "zwölf Äpfel 🍎",
            "number": str(number),
            "ratio": f"{number}.5",
            "isNew": "true" if number % 2 == 0 else "false",
            "tags": '["a","","b"]',
            "scores": "[1,2.5]",
        },
        ["packed", "exception"] if is_sold_out else ["packed"],
    )
