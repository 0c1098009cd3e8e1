"""The sixty statements of the conformance suite, held against `spanlake serve`."""

import json
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest
from server import RunningServer

from spanlake.storage.layout import Layout
from spanlake.testing.otlp_conformance import (
    Endpoint,
    Outcome,
    Result,
    Statement,
    Transport,
    run,
    statements,
)
from spanlake.testing.otlp_conformance.reader import StoredSpan

CONFIG = """
receivers:
  otlp:
    protocols:
      grpc: {max_recv_msg_size_mib: 2}
      http: {max_request_body_size: 2097152, read_timeout: 2s, idle_timeout: 2s}
processors:
  memory_limiter: {limit_mib: 4}
  genai:
exporters:
  lake: {seal_interval: 0s}  # what is stored is read from the files of commits
"""
MIB = 1 << 20
COMMANDED = (18, 50)
CASES = [
    (statement, transport)
    for statement in statements()
    for transport in Transport
    if transport in statement.transports
]
# No answer of ours to a binary request is a warning; without keys nobody has to show one.
NOT_SEEN = {
    (23, Transport.GRPC),
    (23, Transport.PROTOBUF),
    *((35, transport) for transport in Transport),
}


class Files:
    """Reads spans from the files of commits, each of them once."""

    def __init__(self, data: Path) -> None:
        self._layout = Layout(data)
        self._seen: set[Path] = set()
        self._by_trace: dict[str, list[StoredSpan]] = {}

    def __call__(self, _: Endpoint, trace_id: str) -> list[StoredSpan]:
        """The spans of a trace."""
        for file in set(self._layout.hot_files("spans")) - self._seen:
            self._seen.add(file)
            for row in pq.read_table(file).to_pylist():
                self._by_trace.setdefault(row["trace_id"], []).append(_stored(row))
        return self._by_trace.get(trace_id, [])


def _stored(row: Mapping[str, Any]) -> StoredSpan:
    return StoredSpan(
        trace_id=row["trace_id"],
        name=row["name"],
        attributes=dict(row["attributes"]),
        resource=dict(row["resource"]),
        events=tuple(event["name"] for event in row["events"] or ()),
        links=tuple(link["span_id"] for link in row["links"] or ()),
        status_message=row["status_message"] or "",
        trace_state=row["trace_state"] or "",
    )


class Found(NamedTuple):
    """What the whole suite finds, and what its command prints of two statements."""

    results: Mapping[tuple[int, Transport], Result]
    printed: str


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """The suite against one server, which the last statement ends."""
    data = tmp_path_factory.mktemp("conformance") / "data"
    away = shlex.quote(str(data.with_name("away")))
    with RunningServer(data, config=CONFIG) as server:
        endpoint = Endpoint(
            grpc=server.grpc,
            http=f"http://{server.http}",
            limit=2 * MIB,
            budget=4 * MIB,
            read_timeout=2,
            break_storage=f"mv {shlex.quote(str(data))} {away}",
            mend_storage=f"mv {away} {shlex.quote(str(data))}",
            pid=server.process.pid,
        )
        printed = by_command(server, *COMMANDED)
        results = run(endpoint, Files(data))
        assert server.process.wait(30) == 0
        assert "Traceback" not in server.log()
    return Found({(each.statement.number, each.transport): each for each in results}, printed)


def by_command(server: RunningServer, *numbers: int) -> str:
    """What the command prints of these statements, which have to hold."""
    chosen = [flag for number in numbers for flag in ("--statement", str(number))]
    arguments = ["--grpc", server.grpc, "--http", f"http://{server.http}", "--format", "json"]
    command = [sys.executable, "-m", "spanlake.testing.otlp_conformance", *arguments]
    return subprocess.run(
        [*command, "--reader", "spanlake", *chosen], stdout=subprocess.PIPE, text=True, check=True
    ).stdout


@pytest.mark.parametrize(
    ("statement", "transport"), CASES, ids=[f"{each.number}-{way}" for each, way in CASES]
)
def test_a_statement_holds(found: Found, statement: Statement, transport: Transport) -> None:
    """Each statement about receivers of OTLP holds over each transport that it can be seen on."""
    result = found.results[statement.number, transport]
    is_seen = (statement.number, transport) not in NOT_SEEN
    wanted = Outcome.PASS if is_seen else Outcome.NOT_APPLICABLE
    assert result.outcome is wanted, f"{statement.says} {result.reason}"


def test_the_command_reads_back_through_the_api(found: Found) -> None:
    """The suite as a command prints a JSON array, and reads what is stored from Spanlake's API."""
    rows = json.loads(found.printed)
    assert [(row["statement"], row["transport"]) for row in rows] == [
        (number, str(transport)) for number in COMMANDED for transport in Transport
    ]
    assert {row["outcome"] for row in rows} == {"pass"}
