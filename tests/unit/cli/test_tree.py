# ruff: noqa: RUF001  # the dash for what is unknown is printed so
"""A trace as it is drawn in a terminal."""

import io

from inline_snapshot import snapshot
from rich.console import Console
from summaries import span_summary, trace_summary

from spanlake.cli.tree import trace_tree
from spanlake.storage.traces import SpanSummary, Trace, TraceSummary, as_tree


def drawn(summary: TraceSummary, *spans: SpanSummary, width: int = 98) -> str:
    """The trace as plain text of this width, without the spaces at the ends of lines."""
    screen = Console(file=io.StringIO(), width=width, color_system=None, legacy_windows=False)
    screen.print(trace_tree(Trace(summary, as_tree(spans))))
    assert isinstance(screen.file, io.StringIO)
    return "\n".join(line.rstrip() for line in screen.file.getvalue().splitlines())


AGENT = (
    trace_summary(
        name="invoke_agent support",
        duration_ms=440.0,
        span_count=4,
        llm_call_count=2,
        tool_call_count=1,
        error_count=1,
        total_tokens=796,
        input_tokens=669,
        output_tokens=127,
        cost_usd=0.0014,
        session_id="s-1",
        user_id="u-1",
        service_name="support-bot",
        input="Please refund\nthe tent.",
        output="A colleague will.",
    ),
    span_summary(
        "1",
        name="invoke_agent support",
        span_type="AGENT",
        ms=440,
        input_tokens=669,
        output_tokens=127,
        usage_is_rollup=True,
    ),
    span_summary(
        "2",
        "1",
        name="chat",
        span_type="LLM",
        model="gpt-4o-mini",
        at_ms=20,
        ms=220,
        input_tokens=251,
        output_tokens=84,
        cost_usd=0.00008,
    ),
    span_summary(
        "3",
        "1",
        name="execute_tool refund",
        span_type="TOOL",
        at_ms=250,
        ms=30,
        is_error=True,
        error_type="TimeoutError",
        error_message="the payment provider did not answer",
    ),
    span_summary(
        "4",
        "1",
        name="chat gpt-4o",
        span_type="LLM",
        model="gpt-4o",
        at_ms=290,
        ms=150,
        input_tokens=418,
        output_tokens=43,
        cost_usd=0.0013,
    ),
)


def test_an_agent() -> None:
    """A trace shows its totals, question and answer, then each span with its cost and time."""
    assert drawn(*AGENT) == snapshot("""\
invoke_agent support  0af7651916cd43dd8448eb211c80319c
2026-11-21 12:00:00Z · 440 ms · 4 spans · 2 model calls · 1 tool call · 669 → 127 tokens · $0.0014
· 1 error
session s-1 · user u-1 · service support-bot
Question  Please refund the tent.
Answer    A colleague will.

AGENT  invoke_agent support                      440 ms  669 → 127             ━━━━━━━━━━━━━━━━━━━
LLM    ├─ chat  gpt-4o-mini                      220 ms   251 → 84  $0.000080   ━━━━━━━━━
TOOL   ├─ execute_tool refund                     30 ms                                   ━
       │  TimeoutError: the payment provider d…
LLM    └─ chat gpt-4o                            150 ms   418 → 43    $0.0013               ━━━━━━\
""")


def test_a_narrow_terminal() -> None:
    """In a narrow terminal names and texts are cut, and quantities stay."""
    assert drawn(*AGENT, width=72) == snapshot("""\
invoke_agent support  0af7651916cd43dd8448eb211c80319c
2026-11-21 12:00:00Z · 440 ms · 4 spans · 2 model calls · 1 tool call ·
669 → 127 tokens · $0.0014 · 1 error
session s-1 · user u-1 · service support-bot
Question  Please refund the tent.
Answer    A colleague will.

AGENT  invoke_agent suppo…  440 ms  669 → 127             ━━━━━━━━━━━━━━
LLM    ├─ chat  gpt-4o-mi…  220 ms   251 → 84  $0.000080   ━━━━━━━
TOOL   ├─ execute_tool re…   30 ms                                ━
       │  TimeoutError: t…
LLM    └─ chat gpt-4o       150 ms   418 → 43    $0.0013           ━━━━━\
""")


def test_orphans_and_circles_are_named() -> None:
    """A span whose parent never came, and one in a circle, are shown and say so."""
    assert drawn(
        trace_summary(span_count=3, is_complete=False),
        span_summary("a", "gone"),
        span_summary("b", "c", at_ms=1),
        span_summary("c", "b", at_ms=2),
    ) == snapshot("""\
step  0af7651916cd43dd8448eb211c80319c
2026-11-21 12:00:00Z · 1.00 s · 3 spans · 0 model calls · 0 tool calls · incomplete
Question  –
Answer    –

INTERNAL  step  ⚠ its parent gone has not arrived     10 ms      ━━━━━━━━━━━━━━━━
INTERNAL  step  ⚠ its parent c is below it: a circle  10 ms        ━━━━━━━━━━━━━━━
INTERNAL  └─ step                                     10 ms         ━━━━━━━━━━━━━━━━\
""")


def test_hostile_spans_are_only_text() -> None:
    """Control codes, markup and times without sense change nothing but the text."""
    assert drawn(
        trace_summary(name="[red]x[/red]\x1b[2J", input="\x07:smile:", start_time=None),
        span_summary("a", name="[bold]\x1b]0;title\x07", ms=-5, is_error=True),
        span_summary("b", "a", name=None, start_time_ns=0, end_time_ns=-(2**63)),
        span_summary("c", "a", name="far", start_time_ns=-(2**63), end_time_ns=2**63 - 1),
    ) == snapshot("""\
[red]x[/red][2J  0af7651916cd43dd8448eb211c80319c
– · 1.00 s · 1 span · 0 model calls · 0 tool calls
Question  :smile:
Answer    –

INTERNAL  [bold]]0;title  -5 ms                 ━
          failed
INTERNAL  ├─ far          10 ms      ━━━━━━━━━━━━━━━━━━━
INTERNAL  └─ (no name)    10 ms\
""")
