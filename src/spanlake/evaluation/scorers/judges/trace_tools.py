"""What a judge may look up in the trace it judges: nothing else, and nothing it could change."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from spanlake.entities import Span, Trace
from spanlake.evaluation.models.message import ToolCall, ToolDefinition
from spanlake.evaluation.scorers.judges.question import as_text

_SPANS_A_PAGE = 100
_MATCHES_A_PAGE = 30
_CHARACTERS_A_PAGE = 8_000
_AROUND = 120
_SEARCHED = ("name", "input", "output", "tool_arguments", "tool_result", "error_message")


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Nothing(_Arguments):
    """No arguments."""


class _Page(_Arguments):
    offset: int = Field(default=0, ge=0, description="how many to pass over")


class _SpanPage(_Arguments):
    span_id: str = Field(description="of the span")
    offset: int = Field(default=0, ge=0, description="how many characters to pass over")


class _Search(_Arguments):
    text: str = Field(min_length=1, max_length=500, description="what to look for")
    offset: int = Field(default=0, ge=0, description="how many matches to pass over")


@dataclass(frozen=True, slots=True)
class TraceTools:
    """Read-only look-ups in one trace. Every answer is of bounded length and says how to go on."""

    trace: Trace

    @property
    def definitions(self) -> tuple[ToolDefinition, ...]:
        """The tools as a model is told of them."""
        return tuple(
            ToolDefinition(name, description, _parameters(arguments))
            for name, (description, arguments, _) in _TOOLS.items()
        )

    @property
    def overview(self) -> str:
        """What a judge is shown before it looks anything up."""
        return f"{self.info(_Nothing())}\n\nspans:\n{self.spans(_Page())}"

    def answer(self, call: ToolCall) -> str:
        """Carry out a call; one that is wrong is answered by what is wrong with it."""
        if call.name not in _TOOLS:
            return f"error: there is no tool {call.name!r}; there are {', '.join(_TOOLS)}"
        _, arguments, carry_out = _TOOLS[call.name]
        try:
            given = arguments.model_validate_json(call.arguments or "{}")
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            return f"error: {'.'.join(map(str, problem['loc']))}: {problem['msg']}"
        return carry_out(self, given)

    def info(self, _: _Nothing) -> str:
        """The trace as a whole."""
        left_out = {"spans", "assessments"}
        known = {
            field.name: getattr(self.trace, field.name)
            for field in fields(self.trace)
            if field.name not in left_out and getattr(self.trace, field.name) not in (None, ())
        }
        return _page(as_text(known), 0)

    def spans(self, page: _Page) -> str:
        """The spans in order, one a line."""
        depths = _depths(self.trace)
        lines = [
            f"{'  ' * depths[span.span_id]}{span.span_id} {span.span_type or '-'} "
            f"{(span.name or '')[:_AROUND]!r} {_milliseconds(span)} {span.status_code}"
            for span in self.trace.spans[page.offset : page.offset + _SPANS_A_PAGE]
        ]
        rest = len(self.trace.spans) - page.offset - len(lines)
        more = [f"({rest} more; offset {page.offset + len(lines)})"] if rest > 0 else []
        return "\n".join([*lines, *more]) or "(no spans)"

    def span(self, page: _SpanPage) -> str:
        """One span with everything it has."""
        found = self.trace.search_spans(span_id=page.span_id)
        if not found:
            return f"error: the trace has no span {page.span_id!r}; list_spans shows their ids"
        known = {
            field.name: getattr(found[0], field.name)
            for field in fields(found[0])
            if getattr(found[0], field.name) not in (None, (), {})
        }
        return _page(as_text(known), page.offset)

    def search(self, search: _Search) -> str:
        """Where a text is found, whatever its case."""
        matches = list(self._matches(search.text.lower()))
        shown = matches[search.offset : search.offset + _MATCHES_A_PAGE]
        rest = len(matches) - search.offset - len(shown)
        more = [f"({rest} more; offset {search.offset + len(shown)})"] if rest > 0 else []
        return "\n".join([*shown, *more]) or "(not found)"

    def _matches(self, text: str) -> Iterator[str]:
        """The first match in each of the texts of each span, with what stands around it."""
        for span in self.trace.spans:
            for name, value in _texts(span):
                at = value.lower().find(text)
                if at >= 0:
                    around = value[max(0, at - _AROUND) : at + len(text) + _AROUND]
                    yield f"{span.span_id} {name}: ...{' '.join(around.split())}..."


def _texts(span: Span) -> Iterator[tuple[str, str]]:
    for name in _SEARCHED:
        if value := getattr(span, name):
            yield name, value
    for name, value in span.attributes.items():
        yield f"attributes.{name}", value


def _depths(trace: Trace) -> Mapping[str, int]:
    """How deep each span stands; the spans come each before its children."""
    depths: dict[str, int] = {}
    for span in trace.spans:
        depths[span.span_id] = depths.get(span.parent_span_id or "", -1) + 1
    return depths


def _milliseconds(span: Span) -> str:
    return "-" if span.duration_ms is None else f"{span.duration_ms:.0f}ms"


def _page(text: str, offset: int) -> str:
    end = offset + _CHARACTERS_A_PAGE
    more = f"\n({len(text) - end} more characters; offset {end})" if len(text) > end else ""
    return text[offset:end] + more


def _parameters(arguments: type[_Arguments]) -> dict[str, Any]:
    schema = arguments.model_json_schema()
    for generated in ("title", "description"):
        schema.pop(generated, None)
    return {"properties": {}, **schema}


_TOOLS: Final[Mapping[str, tuple[str, type[_Arguments], Callable[[TraceTools, Any], str]]]] = {
    "get_trace_info": (
        "Get what is known of the trace as a whole: input, output, times, tokens, cost, errors.",
        _Nothing,
        TraceTools.info,
    ),
    "list_spans": (
        "List the spans as a tree: id, type, name, duration, status.",
        _Page,
        TraceTools.spans,
    ),
    "get_span": (
        "Get one span with its input, output, messages, attributes and events.",
        _SpanPage,
        TraceTools.span,
    ),
    "search_text": (
        "Find the spans whose texts or attributes contain a text, whatever its case.",
        _Search,
        TraceTools.search,
    ),
}
