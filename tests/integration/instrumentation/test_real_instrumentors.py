"""Real libraries and instrumentors, each in an environment of its own, driven by `init` alone.

What SQL says of their traces is judged as the corpus is: by what the model double was asked and
answered.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from captures import Capture, spans_in
from facts import judge, wrong_facts
from instrumented import MODEL, PROGRAMS, QUESTION, Program
from model_double import Call, ModelDouble
from otlp_recorder import OtlpRecorder

from spanlake.entities import Signal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SOURCE = Path(__file__).parents[3] / "src"
# What `import spanlake` and `init` need, of the versions that are tested here.
OURS = ("opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http")
PROLOGUE = """
import json
import os
import spanlake
QUESTION, MODEL, URL = os.environ["QUESTION"], os.environ["MODEL"], os.environ["MODEL_URL"]
spanlake.init("instrumented", "instrumented")
"""


@pytest.fixture
def program(request: pytest.FixtureRequest) -> Program:
    """The program of the test."""
    return PROGRAMS[request.param]


@pytest.fixture
def python(program: Program, request: pytest.FixtureRequest) -> Path:
    """The interpreter of an environment with the program's packages, kept for the next run."""
    if shutil.which("uv") is None:
        pytest.skip("needs uv")
    key = "+".join(sorted(program.packages)).replace("[", "-").replace("]", "")
    home = request.config.cache.mkdir("instrumentors") / key
    found = home / "bin" / "python"
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, home], check=True)  # noqa: S607  # the user's own uv
        install = ["uv", "pip", "install", "--quiet", "--python", str(found)]
        subprocess.run([*install, *OURS, *program.packages], check=True)
        (home / "complete").touch()
    return found


def run(python: Path, code: str, model: ModelDouble, collector: OtlpRecorder) -> str:
    """Run a program to its end, and return what it wrote to stderr."""
    known = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "SPANLAKE_"))}
    done = subprocess.run(
        [str(python), "-c", PROLOGUE + code],
        env={
            **known,
            "PYTHONPATH": str(SOURCE),
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "MODEL_URL": model.url,
            "MODEL": MODEL,
            "QUESTION": QUESTION,
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        },
        capture_output=True,
        text=True,
        timeout=500,  # LiteLLM alone takes a minute to import on a busy machine
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def capture(
    name: str, program: Program, requests: list[tuple[Signal, bytes]], calls: list[Call]
) -> Capture:
    """What was sent, with what happened as the double saw it, in the terms of the corpus."""
    spans = spans_in(requests)
    trace_ids = frozenset(span.trace_id.hex() for span in spans)
    said = [call.say for call in calls if call.say is not None]
    expected: dict[str, Any] = {
        "traces": len(trace_ids),
        "spans": len(spans),
        "log_records": 0,
        "llm_calls": len(calls),
        "llm_calls_failed": 0,
        "embedding_calls": 0,
        "models_requested": [program.model],
        "embedding_models": [],
        "input_tokens": sum(call.input_tokens for call in calls),
        "output_tokens": sum(call.output_tokens for call in calls),
        "cached_input_tokens": 0,
        "reasoning_tokens": 0,
        "embedding_input_tokens": 0,
        "input_text": QUESTION,
        "output_text": said[-1].text,
        "tools_called": [say.tool for say in said if say.tool],
        "retrieved_documents": None,
        "session_id": None,
        "user_id": None,
        "error": False,
        "error_message": None,
        "app_exception": None,
        "calls": [_call(call) for call in calls],
        "usage_on_the_wire": True,
        "not_exported": [],
        "notes": [],
    }
    return Capture("instrumented", name, tuple(requests), expected, trace_ids)


def _call(call: Call) -> dict[str, Any]:
    assert call.say is not None
    tools = [(call.say.tool, json.loads(call.say.arguments))] if call.say.tool else []
    return {
        "endpoint": call.endpoint,
        "model": call.model,
        "response_model": call.model,
        "stream": False,
        "status": 200,
        "input_tokens": call.input_tokens,
        "output_tokens": call.output_tokens,
        "cached_input_tokens": 0,
        "reasoning_tokens": 0,
        "text": call.say.text or None,
        "tool_calls": tools,
    }


@pytest.mark.parametrize(("name", "program"), [(n, n) for n in PROGRAMS], indirect=["program"])
def test_what_init_alone_makes_of_a_library(name: str, program: Program, python: Path) -> None:
    """A program that only calls init has its model calls, tokens, texts and tools in the lake."""
    with ModelDouble() as model, OtlpRecorder() as collector:
        said = run(python, program.code, model, collector)
    assert len(model.calls) == (2 if program.tool else 1)
    taken = capture(name, program, collector.requests, model.calls)
    (verdicts,) = judge([taken]).values()
    wrong = wrong_facts(name, verdicts)
    assert not wrong, "\n".join([*wrong, said])
