"""A trace for a terminal: what it was about, and its spans as a tree beside their time."""

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from spanlake import quantities
from spanlake.cli.outline import Line, outline
from spanlake.cli.output import printable
from spanlake.storage.span_tree import Place
from spanlake.storage.traces import SpanNode, SpanSummary, Trace, TraceSummary

_STYLES = {"LLM": "blue", "TOOL": "yellow", "RETRIEVER": "green", "AGENT": "magenta"}
_ERROR = "bold red"
_MAX_BAR_CELLS = 24
_BAR_SHARE = 5  # of the width, at most
_DOT = " · "


def trace_tree(trace: Trace) -> RenderableType:
    """All that `traces show` prints of a trace."""
    return _TraceTree(trace)


@dataclass(frozen=True, slots=True)
class _TraceTree:
    trace: Trace

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        yield from _header(self.trace.summary)
        yield Text()
        yield _spans(self.trace, min(_MAX_BAR_CELLS, options.max_width // _BAR_SHARE))


def _header(summary: TraceSummary) -> list[Text]:
    """What the trace is, what it took, what it belongs to, then the question and the answer."""
    title = Text(printable(summary.name or "(no name)"), style="bold")
    title.append(f"  {summary.trace_id}", style="not bold dim")
    belonging = {
        "session": summary.session_id,
        "user": summary.user_id,
        "service": summary.service_name,
    }
    named = [f"{key} {printable(value)}" for key, value in belonging.items() if value]
    return [
        title,
        _totals(summary),
        *([Text(_DOT.join(named), style="dim")] if named else []),
        _text("Question", summary.input),
        _text("Answer", summary.output),
    ]


def _totals(summary: TraceSummary) -> Text:
    facts = [
        quantities.moment(summary.start_time),
        quantities.duration(summary.duration_ms),
        quantities.counted(summary.span_count, "span"),
        quantities.counted(summary.llm_call_count, "model call"),
        quantities.counted(summary.tool_call_count, "tool call"),
    ]
    if summary.total_tokens is not None:
        facts.append(f"{quantities.tokens(summary.input_tokens, summary.output_tokens)} tokens")
    if summary.llm_call_count:
        facts.append(quantities.cost(summary.cost_usd, unpriced_calls=summary.unpriced_call_count))
    totals = Text(_DOT.join(facts))
    if summary.error_count:
        totals.append(_DOT + quantities.counted(summary.error_count, "error"), style=_ERROR)
    if not summary.is_complete:
        totals.append(f"{_DOT}incomplete", style="yellow")
    return totals


def _text(label: str, text: str | None) -> Text:
    line = Text(f"{label:<10}", style="dim", no_wrap=True, overflow="ellipsis")
    return line.append(printable(text or quantities.UNKNOWN), style="not dim")


def _spans(trace: Trace, bar_cells: int) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column()
    for _ in ("duration", "tokens", "cost"):
        table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    bars = _Bars(trace.spans, bar_cells)
    for line in outline(trace.spans):
        if line.node is None:
            table.add_row("", _left_out(line))
        else:
            table.add_row(*_row(line, line.node, bars))
    return table


def _left_out(line: Line) -> Text:
    return Text(f"{line.guide}… {line.left_out:,} more", style="dim")


def _row(line: Line, node: SpanNode, bars: "_Bars") -> list[Text]:
    span = node.span
    style = _STYLES.get(span.span_type or "", "")
    # What a wrapper sums up of the calls below it is there, but is not what counts.
    counts = "dim" if span.usage_is_rollup else ""
    return [
        Text(printable(span.span_type or span.otel_kind or ""), style=style or "dim"),
        _name(line, node),
        Text(quantities.duration(span.duration_ms)),
        Text(_or_nothing(quantities.tokens(span.input_tokens, span.output_tokens)), style=counts),
        Text(_or_nothing(quantities.cost(span.cost_usd)), style=counts),
        Text(bars.bar(span), style=_ERROR if span.is_error else style),
    ]


def _name(line: Line, node: SpanNode) -> Text:
    span = node.span
    text = Text(line.guide, style="dim", no_wrap=True, overflow="ellipsis")
    name = printable(span.name or "(no name)")
    text.append(name, style="not dim bold red" if span.is_error else "not dim")
    model = printable(span.model or "")
    if model and model not in name:
        text.append(f"  {model}")
    match node.place:
        case Place.ORPHAN:
            text.append(f"  ⚠ its parent {span.parent_span_id} has not arrived")
        case Place.CIRCLE:
            text.append(f"  ⚠ its parent {span.parent_span_id} is below it: a circle")
    if span.is_error:
        text.append(f"\n{line.below}")
        text.append(_error(span), style="not dim red")
    return text


def _error(span: SpanSummary) -> str:
    """The message, which may begin with the type of the error already."""
    kind, message = span.error_type or "", span.error_message or ""
    if not message or kind in message:
        return printable(message or kind or "failed")
    return printable(f"{kind}: {message}" if kind else message)


def _or_nothing(quantity: str) -> str:
    return "" if quantity == quantities.UNKNOWN else quantity


class _Bars:
    """Bars on the time axis that all spans of a trace share."""

    def __init__(self, nodes: tuple[SpanNode, ...], cells: int) -> None:
        self._cells = cells
        spans = [node.span for node in nodes]
        self._begin = min((span.start_time_ns for span in spans if span.start_time_ns), default=0)
        end = max((span.end_time_ns for span in spans if span.end_time_ns), default=0)
        self._length = max(1, end - self._begin)

    def bar(self, span: SpanSummary) -> str:
        """A bar of at least one cell, from the start of a span to its end."""
        if not span.start_time_ns:
            return ""
        first = min(self._cell(span.start_time_ns), self._cells - 1)
        last = max(first + 1, self._cell(span.end_time_ns or 0))
        return " " * first + "━" * (last - first)

    def _cell(self, time_ns: int) -> int:
        return round((time_ns - self._begin) / self._length * self._cells)
