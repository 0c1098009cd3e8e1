"""Tool calls: those an agent made, those it should have made, and which is which."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from spanlake.entities import Span, Trace
from spanlake.evaluation.scorers.builtin.exact import is_equal
from spanlake.evaluation.scorers.builtin.given import INVALID_EXPECTATION, expected, text_of
from spanlake.evaluation.scorers.outcome import ScorerError

Comparison = Literal["equal", "subset", "ignore"]
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a tool. arguments: a JSON value; None where they are not known or any will do."""

    name: str
    arguments: object = None

    def matches(self, made: "ToolCall", arguments: Comparison) -> bool:
        """Whether a call that was made is this one, which was expected."""
        if self.name != made.name:
            return False
        if arguments == "ignore" or self.arguments is None:
            return True
        if arguments == "subset":
            return _is_part(self.arguments, made.arguments)
        return is_equal(self.arguments, {} if made.arguments is None else made.arguments)

    def __str__(self) -> str:
        said = "..." if self.arguments is None else text_of(self.arguments)
        return f"{self.name}({said[:_SHOWN]})"


def expected_calls(expectations: Mapping[str, Any] | None, name: str) -> list[ToolCall]:
    """The calls of an expectation: a list of names and of {"name", "arguments"}.

    ScorerError where it is missing or something else.
    """
    value = expected(expectations, name)
    if not isinstance(value, list | tuple):
        raise ScorerError(f"the expectation {name} is no list of tool calls", INVALID_EXPECTATION)
    return [_expected_call(each, name) for each in value]


def calls_made(trace: Trace | None, outputs: object = None) -> list[ToolCall]:
    """The calls an agent made, in order.

    They are the TOOL spans of the trace; where there are none, those that its models asked for;
    without a trace, those in the messages that the outputs are.
    """
    if trace is None:
        return _asked_for(outputs)
    return _of_tool_spans(trace) or _of_messages(trace)


def match_calls(
    wanted: Sequence[ToolCall], made: Sequence[ToolCall], *, arguments: Comparison
) -> dict[int, int]:
    """As many pairs as there can be of a wanted call and one that is it, by their positions.

    One call can do for several wanted ones, so that the first fit is not always the best: this
    is a matching in a bipartite graph, by augmenting paths.
    """
    fits = [
        [at for at, call in enumerate(made) if each.matches(call, arguments)] for each in wanted
    ]
    holder: dict[int, int] = {}

    def assign(position: int, seen: set[int]) -> bool:
        for at in sorted(fits[position], key=holder.__contains__):  # first those nobody holds
            if at not in seen:
                seen.add(at)
                if at not in holder or assign(holder[at], seen):
                    holder[at] = position
                    return True
        return False

    for position in range(len(wanted)):
        assign(position, set())
    return {position: at for at, position in holder.items()}


def _expected_call(value: object, name: str) -> ToolCall:
    if isinstance(value, str):
        return ToolCall(value)
    if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
        raise ScorerError(
            f'the expectation {name} has {text_of(value)[:_SHOWN]}: each must be {{"name": ..., '
            '"arguments": {...}} or a name',
            INVALID_EXPECTATION,
        )
    return ToolCall(value["name"], _opened(value.get("arguments")))


def _of_tool_spans(trace: Trace) -> list[ToolCall]:
    """A tool that a span of the same tool called is that same call, on its way to the tool."""
    tools = [span for span in trace.spans if span.span_type == "TOOL"]
    names = {span.span_id: _tool_name(span) for span in tools}
    spans = [span for span in tools if names.get(span.parent_span_id or "") != _tool_name(span)]
    spans.sort(key=lambda span: span.start_time_ns or 0)
    asked = _parts_of_trace(trace) if any(map(_lacks_arguments, spans)) else []
    return [
        ToolCall(_tool_name(span), _asked_arguments(span, spans, asked))
        if _lacks_arguments(span)
        else ToolCall(_tool_name(span), _span_arguments(span))
        for span in spans
    ]


def _span_arguments(span: Span) -> object:
    return _opened(span.tool_arguments or span.input)


def _lacks_arguments(span: Span) -> bool:
    """Whether a tool's span has no arguments by name: some frameworks tell the only one's value."""
    return not isinstance(_span_arguments(span), Mapping)


def _asked_arguments(
    span: Span, spans: Sequence[Span], asked: Sequence[Mapping[str, Any]]
) -> object:
    """What a model asked for with a call: by its id, or by its place among the tool's calls."""
    own = _span_arguments(span)
    by_id = {_identity(part): part for part in asked}
    if span.tool_call_id and span.tool_call_id in by_id:
        return _call_of(by_id[span.tool_call_id]).arguments
    name = _tool_name(span)
    same_spans = [each for each in spans if _tool_name(each) == name]
    same_asked = [part for part in asked if part.get("name") == name]
    if len(same_spans) != len(same_asked):
        return own
    return _call_of(same_asked[same_spans.index(span)]).arguments


def _tool_name(span: Span) -> str:
    return span.tool_name or span.name or ""


def _of_messages(trace: Trace) -> list[ToolCall]:
    return [_call_of(part) for part in _parts_of_trace(trace)]


def _parts_of_trace(trace: Trace) -> list[Mapping[str, Any]]:
    """The calls that models asked for. A call that several spans tell of has one id."""
    spans = sorted(trace.spans, key=lambda span: span.start_time_ns or 0)
    parts = [part for span in spans for part in _tool_call_parts(span.output_messages)]
    kept: dict[object, Mapping[str, Any]] = {}
    for at, part in enumerate(parts):
        kept.setdefault(_identity(part) or at, part)
    return list(kept.values())


def _identity(part: Mapping[str, Any]) -> str:
    """The id of a call, empty where it has none."""
    return str(part.get("id") or "")


def _asked_for(outputs: object) -> list[ToolCall]:
    from spanlake.semconv.messages.read import messages_of

    messages = messages_of(outputs, "assistant") if isinstance(outputs, list | dict) else []
    parts = (part for message in messages for part in message.parts)
    return [_call_of(part) for part in parts if part.get("type") == "tool_call"]


def _tool_call_parts(messages: object) -> Iterable[Mapping[str, Any]]:
    for message in messages if isinstance(messages, list | tuple) else []:
        parts = message.get("parts") if isinstance(message, Mapping) else None
        for part in parts if isinstance(parts, list | tuple) else []:
            if isinstance(part, Mapping) and part.get("type") == "tool_call":
                yield part


def _call_of(part: Mapping[str, Any]) -> ToolCall:
    return ToolCall(str(part.get("name") or ""), _opened(part.get("arguments")))


def _opened(arguments: object) -> object:
    """Arguments that are JSON text as what they say."""
    if not isinstance(arguments, str):
        return arguments
    try:
        read: object = orjson.loads(arguments)
    except orjson.JSONDecodeError:
        return arguments
    return read


def _is_part(expected_arguments: object, made: object) -> bool:
    if isinstance(expected_arguments, Mapping) and isinstance(made, Mapping):
        return all(
            key in made and _is_part(value, made[key]) for key, value in expected_arguments.items()
        )
    return is_equal(expected_arguments, made)
