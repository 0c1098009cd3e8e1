"""A conversation as a judge reads it."""

from collections.abc import Iterable, Mapping
from typing import Any

from spanlake.entities import Session, Trace
from spanlake.evaluation.scorers.builtin.given import text_of
from spanlake.evaluation.scorers.judges.tool_use import available, called
from spanlake.evaluation.scorers.outcome import ScorerError

EMPTY_SESSION = "EMPTY_SESSION"
_NOTHING = "(nothing)"


def transcript(traces: Iterable[Trace], *, with_tools: bool = False) -> str:
    """Write turns, from the first to the last. ScorerError if nobody says anything."""
    turns = [_turn(number, trace, with_tools) for number, trace in enumerate(traces, 1)]
    if not turns:
        raise ScorerError("the session has no turns to judge", EMPTY_SESSION)
    return "\n\n".join(turns)


def _turn(number: int, trace: Trace, with_tools: bool) -> str:  # noqa: FBT001  # of this module
    lines = [f"turn {number}", f"user: {trace.input or _NOTHING}"]
    if with_tools and trace.tool_call_count:
        lines.append(f"tool calls:\n{called(trace)}")
    return "\n".join([*lines, f"assistant: {trace.output or _NOTHING}"])


def tools_offered(session: Session) -> str | None:
    """Write the tools that were offered in any turn; None if none is known."""
    offered = dict.fromkeys(
        line for trace in session.traces for line in (available(trace) or "").splitlines()
    )
    return "\n".join(offered) or None


def role_of(session: Session) -> str | None:
    """The instructions that the assistant was given first; None if they are not known."""
    for trace in session.traces:
        for span in trace.spans:
            if text := _parts_text(span.system_instructions) or _system_text(span.input_messages):
                return text
    return None


def _system_text(messages: Any) -> str:  # noqa: ANN401  # stored JSON
    for message in messages if isinstance(messages, list) else []:
        if isinstance(message, Mapping) and message.get("role") in ("system", "developer"):
            return _parts_text(message.get("parts"))
    return ""


def _parts_text(parts: Any) -> str:  # noqa: ANN401  # stored JSON
    texts = [
        text_of(part.get("content") or "")
        for part in (parts if isinstance(parts, list) else [])
        if isinstance(part, Mapping) and part.get("type") == "text"
    ]
    return "\n".join(filter(None, texts))
