import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rows import NOON_NS, Ask, Row, message, span, usage, write


def test_root(tmp_path: Path, ask: Ask) -> None:
    """Name, status and origin of a trace are those of its root, the first one where it has two."""
    write(
        tmp_path,
        span("late", start_ms=1, service_name="no", environment="no"),
        span(
            "root",
            start_ms=0,
            is_error=True,
            service_name="bot",
            environment="prod",
            app_version="2",
            experiment="x",
        ),
        span("before", "root", start_ms=-5, service_name="db"),
    )
    assert ask(
        "SELECT name, root_span_id, status_code, service_name, environment, experiment, "
        "app_version, is_complete, duration_ms FROM traces"
    ) == [("root", "root", "ERROR", "bot", "prod", "x", "2", True, 16.0)]


@pytest.mark.parametrize(
    ("spans", "summary"),
    [
        ([span("root"), span("a", "root")], ("root", True)),
        ([span("b", "missing", start_ms=2), span("a", "b", start_ms=1)], ("a", False)),
        ([span("root"), span("a", "missing", start_ms=-1)], ("root", False)),
        ([span("a", "b"), span("b", "a", start_ms=-1)], ("b", False)),
    ],
)
def test_completeness(
    spans: list[Row], summary: tuple[str, bool], tmp_path: Path, ask: Ask
) -> None:
    """A trace is complete with a root and every parent; its first span stands for a lost root."""
    write(tmp_path, *spans)
    assert ask("SELECT name, is_complete FROM traces") == [summary]


def test_counts(tmp_path: Path, ask: Ask) -> None:
    """Spans and errors are counted once each, and times reach from the first to the last."""
    failed = span("a", "root", start_ms=5, duration_ms=20, is_error=True)
    write(tmp_path, span("root"), failed, failed, span("b", "root", is_error=True))
    assert ask(
        "SELECT span_count, error_count, status_code, duration_ms, start_time, end_time FROM traces"
    ) == [
        (
            3,
            2,
            "UNSET",
            25.0,
            datetime.fromtimestamp(NOON_NS / 1e9, UTC),
            datetime.fromtimestamp(NOON_NS / 1e9 + 0.025, UTC),
        )
    ]


@pytest.mark.parametrize(
    ("failed", "count"),
    [
        ("", 0),
        ("root", 1),
        ("root agent tool", 1),
        ("root agent tool call", 2),
        ("agent call", 1),
        ("root tool", 2),
        ("lost", 1),
        ("circle1 circle2", 1),
    ],
)
def test_errors(failed: str, count: int, tmp_path: Path, ask: Ask) -> None:
    """An error that reached spans above it is one error; so is each that did not."""
    parents = {
        "root": None,
        "agent": "root",
        "tool": "agent",
        "call": "agent",
        "lost": "gone",
        "circle1": "circle2",
        "circle2": "circle1",
    }
    spans = [span(name, above, is_error=name in failed.split()) for name, above in parents.items()]
    write(tmp_path, *spans, *spans)
    assert ask("SELECT error_count FROM traces") == [(count,)]


def test_tool_calls(tmp_path: Path, ask: Ask) -> None:
    """A tool below a span of the same tool is one call with it; other tools below it are not."""

    def tool(span_id: str, parent: str, name: str | None) -> Row:
        return span(span_id, parent, span_type="TOOL", tool_name=name)

    write(
        tmp_path,
        span("root"),
        tool("execute", "root", "search"),
        tool("mcp client", "execute", "search"),
        tool("mcp server", "mcp client", "search"),
        tool("nested", "mcp server", "fetch"),
        tool("again", "root", "search"),
        tool("nameless", "root", None),
        tool("also nameless", "nameless", None),
    )
    assert ask("SELECT tool_call_count, tools FROM traces") == [(5, ["fetch", "search"])]


def test_texts_of_a_trace(tmp_path: Path, ask: Ask) -> None:
    """Where the root says nothing, the first span to ask and the last to answer speak for it."""
    write(
        tmp_path,
        span("http"),
        span("tool", "http", start_ms=1, span_type="TOOL", input="tool", output="tool"),
        span("agent", "http", start_ms=2, duration_ms=50, span_type="AGENT", input="asked"),
        span("call 1", "agent", start_ms=3, span_type="LLM", input="later", output="first"),
        span("call 2", "agent", start_ms=20, span_type="LLM", input="last", output="answered"),
    )
    assert ask("SELECT input, output FROM traces") == [("asked", "answered")]


def test_texts_of_a_root(tmp_path: Path, ask: Ask) -> None:
    """What the root says stands, whatever kind of span it is."""
    write(
        tmp_path,
        span("root", input="in", output="out", span_type="RETRIEVER"),
        span("call", "root", start_ms=-1, span_type="LLM", input="other", output="other"),
    )
    assert ask("SELECT input, output FROM traces") == [("in", "out")]


def test_words_for_the_trace(tmp_path: Path, ask: Ask) -> None:
    """What an app says of the whole trace, on any span, goes before what the root says."""

    def words(span_id: str, start_ms: int, **said: str | None) -> Row:
        attributes = [(f"langfuse.trace.{key}", text) for key, text in said.items()]
        texts = {"input": f"{span_id} in", "output": f"{span_id} out", "dialect": "langfuse"}
        return {**span(span_id, "root", start_ms=start_ms, attributes=attributes), **texts}

    write(
        tmp_path,
        span("root", input="in", output="out", dialect="langfuse"),
        words("early", 1, name="first", input=None, output=None),
        words("middle", 2, name="second", output=None),
        words("late", 3),
        span("other", trace_id="u", input="in"),
    )
    assert ask("SELECT name, input, output FROM traces ORDER BY trace_id") == [
        ("second", "early in", "middle out"),
        ("other", "in", None),
    ]


def test_session_and_user(tmp_path: Path, ask: Ask) -> None:
    """The root's session and user count, else the most frequent; all of them are listed."""
    write(
        tmp_path,
        span("root", session_id="root's"),
        span("a", "root", session_id="z", user_id="u2"),
        span("b", "root", session_id="z", user_id="u1"),
        span("c", "root", session_id="y", user_id="u1"),
        span("x", trace_id="other", session_id=None),
        span("y", "x", trace_id="other", session_id="s2"),
        span("z", "x", trace_id="other", session_id="s1"),
    )
    assert ask(
        "SELECT session_id, user_id, session_ids, user_ids FROM traces ORDER BY trace_id"
    ) == [
        ("s1", None, ["s1", "s2"], []),
        ("root's", "u1", ["root's", "y", "z"], ["u1", "u2"]),
    ]


def test_lists_of_a_trace(tmp_path: Path, ask: Ask) -> None:
    """Tags are those of all spans, models those of the calls; each once, sorted, [] for none."""
    call: Row = {"span_type": "LLM", **usage(1)}
    write(
        tmp_path,
        span("root", tags=["b", "a"]),
        span("x", "root", tags=["c", "a"], model="m2", **call),
        span("y", "root", model="m1", **call),
        span("z", "root", model="m1", **call),
        span("w", "root", model="not called"),
        span("alone", trace_id="other"),
    )
    assert ask("SELECT tags, models, tools FROM traces ORDER BY trace_id DESC") == [
        (["a", "b", "c"], ["m1", "m2"], []),
        ([], [], []),
    ]


def test_sessions(tmp_path: Path, ask: Ask) -> None:
    """A session sums its traces up; traces without one are in none."""
    call: Row = {"span_type": "LLM", "session_id": "s", **usage(2, 3)}
    write(
        tmp_path,
        span("a", trace_id="1", cost_usd=0.5, user_id="u", **call),
        span("b", trace_id="2", cost_usd=0.25, start_ms=1000, is_error=True, user_id="u", **call),
        span("c", trace_id="3", user_id="v", start_ms=500, **call),
        span("d", trace_id="4"),
    )
    noon = NOON_NS / 1e9
    assert ask("FROM sessions") == [
        (
            "s",
            datetime.fromtimestamp(noon, UTC),
            datetime.fromtimestamp(noon + 1.01, UTC),
            3,
            "u",
            6,
            9,
            15,
            0.75,
            1,
            1,
            1.0,
        )
    ]


def test_llm_calls(tmp_path: Path, ask: Ask) -> None:
    """A billed call is a row with its span's columns."""
    messages = json.dumps([message("user", "asked")])
    write(
        tmp_path,
        span("a", span_type="LLM", model="m", input_messages=messages, cost_usd=1.0, **usage(4)),
        span("b", span_type="CHAIN"),
    )
    assert ask(
        "SELECT span_id, model, input, input_messages ->> '$[0].role', total_tokens, duration_ms "
        "FROM llm_calls"
    ) == [("a", "m", "asked", "user", 4, 10.0)]
