"""Judges of tool calls: whether they are right, and whether they were made without waste."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from spanlake.entities import AssessmentSource, Feedback, SourceType, Span, Trace
from spanlake.errors import UserError
from spanlake.evaluation.scorers.builtin.given import rating, text_of
from spanlake.evaluation.scorers.builtin.tool_call import calls_made
from spanlake.evaluation.scorers.builtin.tool_calls import ToolCallMatch
from spanlake.evaluation.scorers.judges.base import Turn, TurnJudge

EXPECTED_CALLS = "expected_tool_calls"
NO_CALLS = "(no tool was called)"
_LONGEST_RESULT = 4_000
IN_ORDER = "The order of the calls matters."
ANY_ORDER = "The order of the calls does not matter, unless one needs the result of another."


class ToolCallCorrectness(TurnJudge):
    """Whether the tool calls are those that the request needs: yes or no.

    Where the expectation `expected_tool_calls` is given, a list of {"name", "arguments"}, they have
    to amount to these, else the model judges by the request and the tools that there were.
    should_exact_match: compare with the expected calls without asking a model.
    should_consider_ordering: whether their order matters.
    """

    should_exact_match: bool = False
    should_consider_ordering: bool = False

    parts: ClassVar[frozenset[str]] = frozenset({"inputs", "outputs", "expectations", "trace"})
    needed: ClassVar[frozenset[str]] = frozenset({"trace"})
    rubrics: ClassVar[tuple[str, ...]] = ("tool_call_correctness",)

    @property
    def always_asks(self) -> bool:
        """To compare calls needs no model."""
        return not self.should_exact_match

    async def _judge(self, turn: Turn) -> Feedback:
        if self.should_exact_match:
            return self._matched(turn)
        material = {
            "request": turn.asked,
            "tools_called": called(turn.trace, turn.response),
            EXPECTED_CALLS: turn.expectations.get(EXPECTED_CALLS),
            "available_tools": available(turn.trace),
            "order": IN_ORDER if self.should_consider_ordering else ANY_ORDER,
        }
        return await self._by("tool_call_correctness", material, self.name)

    def _matched(self, turn: Turn) -> Feedback:
        match = ToolCallMatch(mode="exact" if self.should_consider_ordering else "set")
        found = match(expectations=turn.expectations, outputs=turn.response, trace=turn.trace)
        return Feedback(
            value=rating(is_good=bool(found.value)),
            rationale=found.rationale,
            source=AssessmentSource(SourceType.CODE, self.name),
        )


class ToolCallEfficiency(TurnJudge):
    """Whether the tool calls were made without waste: yes or no."""

    parts: ClassVar[frozenset[str]] = frozenset({"inputs", "outputs", "trace"})
    needed: ClassVar[frozenset[str]] = frozenset({"trace"})
    rubrics: ClassVar[tuple[str, ...]] = ("tool_call_efficiency",)

    async def _judge(self, turn: Turn) -> Feedback:
        material = {
            "request": turn.asked,
            "tools_called": called(turn.trace, turn.response),
            "available_tools": available(turn.trace),
        }
        return await self._by("tool_call_efficiency", material, self.name)


def called(trace: Trace | None, outputs: Any = None) -> str:  # noqa: ANN401  # any JSON
    """Write the tool calls of a trace, one after the other, with what came of them."""
    tools = [] if trace is None else trace.search_spans(span_type="TOOL")
    if tools:
        tools.sort(key=lambda span: span.start_time_ns or 0)
        lines = [_call(span) for span in tools]
    else:
        lines = [str(call) for call in calls_made(trace, outputs)]
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1)) or NO_CALLS


def _call(span: Span) -> str:
    name = span.tool_name or span.name
    arguments = span.tool_arguments or span.input or ""
    if span.is_error:
        outcome = f"error: {span.error_message or span.error_type or 'unknown'}"
    else:
        outcome = f"result: {span.tool_result or span.output or ''}"
    return f"{name}({arguments[:_LONGEST_RESULT]})\n   {outcome[:_LONGEST_RESULT]}"


def available(trace: Trace | None) -> str | None:
    """Write the tools that the models of a trace were offered, each once; None if none is known."""
    offered: dict[str, str] = {}
    for span in trace.spans if trace is not None else ():
        for tool in span.tool_definitions if isinstance(span.tool_definitions, list) else ():
            if isinstance(tool, Mapping):
                offered.setdefault(str(tool.get("name")), text_of(tool))
    return "\n".join(offered.values()) or None


def tool_lines(tools: Sequence[Any] | str, parameter: str) -> str:
    """Write tools or calls that a user gives: text as it is, else one value a line."""
    if isinstance(tools, str):
        return tools
    if not isinstance(tools, Sequence):
        raise UserError(
            f"{parameter} is {tools!r}: must be a list of objects with a name, or a text"
        )
    return "\n".join(text_of(tool) for tool in tools)
