"""The example of docs/instrumentation.md: a web server, a worker behind it, and a collector."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from model_double import ModelDouble
from server import RunningServer, wait_until

import spanlake
from spanlake.storage.lake import Lake

pytestmark = pytest.mark.timeout(180)  # four processes start and end

EXAMPLE = Path(__file__).parents[3] / "examples" / "rag_agent"
QUESTION = "How long do returns take?"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(program: str, log: Path, **variables: str) -> Iterator[str]:
    """Run a program of the example on a free port; it has to end well when it is told to."""
    port = free_port()
    known = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "SPANLAKE_"))}
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, str(EXAMPLE / program)],
            env={**known, "PORT": str(port), **variables},
            stdout=stderr,
            stderr=stderr,
        )
    try:
        wait_until(lambda: answers(port) or process.poll() is not None, seconds=30)
        yield f"http://127.0.0.1:{port}"
        process.send_signal(signal.SIGINT)
        process.wait(20)
    finally:
        process.kill()
        process.wait()
        print(log.read_text("utf-8"))  # noqa: T201  # shown when the test fails
    assert process.returncode in (0, -signal.SIGINT)
    assert "Traceback" not in log.read_text("utf-8")


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A lake with the trace of one request to each handler, and the ids of those traces."""
    data = tmp_path_factory.mktemp("example") / "data"
    ids = {}
    with RunningServer(data) as collector:
        to = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{collector.http}"}
        with (
            ModelDouble() as model,
            running("worker.py", data.with_name("worker.log"), **to) as worker,
            running(
                "front.py",
                data.with_name("front.log"),
                OPENAI_BASE_URL=f"{model.url}/v1",
                WORKER_URL=worker,
                APP_VERSION="v7",
                **to,
            ) as front,
        ):
            for path in ("ask", "ask-async", "ask-stream"):
                asked = {"question": QUESTION, "session_id": f"s {path}", "user_id": "ann"}
                reply = httpx2.post(f"{front}/{path}", json=asked, timeout=30)
                assert reply.status_code == 200, reply.text
                assert "five working days" in reply.text
                ids[path] = reply.headers["x-trace-id"]
                thumb = {"trace_id": ids[path], "is_up": True, "user_id": "ann"}
                assert httpx2.post(f"{front}/feedback", json=thumb).status_code == 200
        yield data, ids


@pytest.mark.parametrize("path", ["ask", "ask-async", "ask-stream"])
def test_a_request_is_one_trace(traces: tuple[Path, dict[str, str]], path: str) -> None:
    """Handler, agent, model, tool and the worker's search are one trace, and known as one."""
    data, ids = traces
    with spanlake.connect(data) as lake:
        (trace,) = rows(
            lake,
            "SELECT *, (SELECT list(DISTINCT service_name ORDER BY service_name) FROM spans s "
            "WHERE s.trace_id = t.trace_id) AS services FROM traces t WHERE trace_id = ?",
            ids[path],
        )
        # The web framework has spans of its own, some of which end before the session is known.
        query = "FROM spans WHERE trace_id = ? AND scope_name = 'spanlake'"
        spans = rows(lake, query, ids[path])
        thumbs = rows(lake, "FROM assessments WHERE trace_id = ?", ids[path])
    assert trace["services"] == ["help-front", "help-worker"]
    assert (trace["session_id"], trace["user_id"], trace["app_version"], trace["experiment"]) == (
        f"s {path}", "ann", "v7", "rag-agent",
    )  # fmt: skip
    assert {span["session_id"] for span in spans} == {f"s {path}"}
    assert {span["user_id"] for span in spans} == {"ann"}
    assert (trace["tools"], trace["tool_call_count"]) == (["search_help"], 1)
    assert trace["llm_call_count"] == (1 if path == "ask-stream" else 2)
    assert trace["is_complete"]
    names = {span["span_id"]: span["name"] for span in spans}
    assert len(names) == len(spans)
    parents = {span["name"]: names.get(span["parent_span_id"]) for span in spans}
    assert parents["search_help"] == "help_agent"
    assert parents["help_agent"] == f"POST /{path}"
    by_name = {span["name"]: span for span in spans}
    assert QUESTION in by_name["search_help"]["tool_arguments"]
    assert '"id":"returns"' in by_name["search_pages"]["documents"]
    assert "five working days" in by_name["help_agent"]["output"]
    if path == "ask-stream":
        assert by_name["chat_stream"]["time_to_first_token_ms"] > 0
    else:
        assert trace["input_tokens"] > 0
        assert trace["cost_usd"] > 0
    assert [(each["name"], each["value_bool"], each["source_id"]) for each in thumbs] == [
        ("thumb", True, "ann")
    ]


def rows(lake: Lake, query: str, *parameters: str) -> list[dict[str, Any]]:
    relation = lake.sql(query, list(parameters))
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
