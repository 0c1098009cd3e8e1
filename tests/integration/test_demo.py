"""`spanlake demo`, as a newcomer runs it."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import spanlake
from spanlake.cli.demo.run import run_conversation
from spanlake.collector.service import Listening
from spanlake.config import Endpoint
from spanlake.errors import UserError

DEMO = [sys.executable, "-m", "spanlake", "demo"]
KINDS = ["AGENT", "RETRIEVER", "LLM", "TOOL"]


def demo(data: Path, options: Sequence[str] = ()) -> "subprocess.CompletedProcess[str]":
    """Run the demo, where a proxy stands in the way of everything that is not this machine."""
    return subprocess.run(
        [*DEMO, "--data", str(data), *options],
        check=False,
        capture_output=True,
        text=True,
        timeout=20,
        env={"PATH": "", "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"},
        cwd=data.parent,
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the demo leaves behind."""
    return tmp_path_factory.mktemp("demo") / "lake"


@pytest.fixture(scope="module")
def trace_ids(data: Path) -> list[str]:
    """The traces it says it has made."""
    done = demo(data, ["--format", "json"])
    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads(done.stdout)
    assert {row["data"] for row in rows} == {str(data)}
    return [row["trace_id"] for row in rows]


def test_three_questions_are_one_session(data: Path, trace_ids: list[str]) -> None:
    """Three traces of one session and user are stored, complete and priced."""
    with spanlake.connect(data) as lake:
        traces = lake.sql(
            "SELECT trace_id, is_complete, error_count, llm_call_count, tool_call_count, user_id,"
            " input, output, cost_usd > 0, unpriced_call_count FROM traces ORDER BY start_time"
        ).fetchall()
        sessions = lake.sql("SELECT trace_count, error_count FROM sessions").fetchall()
    assert [trace[0] for trace in traces] == trace_ids
    assert [trace[1:6] for trace in traces] == [
        (True, 0, 2, 1, "user-42"),
        (True, 0, 2, 1, "user-42"),
        (True, 1, 2, 2, "user-42"),
    ]
    assert traces[0][6:] == (
        "Where is my rain jacket, order A-1001?",
        "Your rain jacket is on its way and should be with you on Friday.",
        True,
        0,
    )
    assert sessions == [(3, 1)]


def test_every_kind_of_span_is_there(data: Path, trace_ids: list[str]) -> None:
    """The agent retrieves, asks a model, calls tools and answers; one tool fails."""
    with spanlake.connect(data) as lake:
        spans = lake.sql(
            "SELECT span_type, otel_kind, name, error_type, len(events), semconv_errors FROM spans"
            " WHERE trace_id = $id ORDER BY start_time_ns",
            {"id": trace_ids[-1]},
        ).fetchall()
    assert [span[:5] for span in spans] == [
        ("AGENT", "INTERNAL", "invoke_agent support-agent", None, 0),
        ("RETRIEVER", "CLIENT", "retrieval help-centre", None, 0),
        ("LLM", "CLIENT", "chat gpt-4o-mini", None, 0),
        ("TOOL", "INTERNAL", "execute_tool look_up_order", None, 0),
        ("TOOL", "INTERNAL", "execute_tool refund_order", "PaymentTimeoutError", 1),
        ("LLM", "CLIENT", "chat gpt-4o", None, 0),
    ]
    assert {span[5] and tuple(span[5]) for span in spans} <= {None, ()}


def test_spans_have_their_content(data: Path, trace_ids: list[str]) -> None:
    """Messages, tools, documents and usage are in the columns that are made for them."""
    with spanlake.connect(data) as lake:
        spans = lake.sql("FROM spans WHERE trace_id = $id", {"id": trace_ids[0]})
        (model_call,) = spans.filter("request_model = 'gpt-4o-mini'").to_dicts()
        (tool,) = spans.filter("span_type = 'TOOL'").to_dicts()
        (retrieval,) = spans.filter("span_type = 'RETRIEVER'").to_dicts()
    assert model_call["response_model"] == "gpt-4o-mini-2024-07-18"
    assert model_call["finish_reasons"] == ["tool_call"]
    assert model_call["input_tokens"] > model_call["cache_read_tokens"] > 0
    (message,) = json.loads(model_call["output_messages"])
    assert message["parts"][0]["name"] == "look_up_order"
    names = [each["name"] for each in json.loads(model_call["tool_definitions"])]
    assert names == ["look_up_order", "refund_order"]
    assert json.loads(model_call["request_params"])["temperature"] == 0.2
    assert tool["tool_arguments"] == '{"order_id": "A-1001"}'
    assert json.loads(tool["tool_result"])["item"] == "rain jacket"
    documents = json.loads(retrieval["documents"])
    assert retrieval["input"] == "Where is my rain jacket, order A-1001?"
    assert len(documents) == 3
    assert all(document.keys() >= {"id", "score", "content"} for document in documents)


def test_it_shows_what_it_did(data: Path) -> None:
    """It draws the failed trace, answers in SQL, says what next, and with --keep runs on."""
    command = [*DEMO, "--data", str(data), "--keep"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        assert any(line.startswith("listening on grpc=127.0.0.1:") for line in lines)
        process.send_signal(signal.SIGINT)
        shown, _ = process.communicate(timeout=20)
        assert process.returncode == 0
    tree, query, rest = shown.partition("SELECT model")
    assert all(word in tree for word in [*KINDS, "PaymentTimeoutError", "1 error"])
    assert "FROM llm_calls" in query + rest
    assert f"Where to go next\n  spanlake traces list --data {data}\n" in rest


def test_the_sdk_may_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the environment disables the SDK the demo says so, instead of showing nothing."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    nowhere = Listening(Endpoint("127.0.0.1", 9), None, "")
    with pytest.raises(UserError, match=r"^OTEL_SDK_DISABLED is set: .*; unset it$"):
        run_conversation(nowhere)
