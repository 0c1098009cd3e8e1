"""Tree and waterfall of a trace in one table: its rows, and where each bar lies in time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spanlake.storage.pages.trace_outline import OutlineNode, OutlineSpan
from spanlake.storage.span_tree import Place

ROWS_AT_ONCE = 200
_MAX_GUIDES = 10


@dataclass(frozen=True, slots=True)
class WaterfallRow:
    """A line of the table.

    guides: levels of indentation drawn, of which there are only so many. left, width, first_token:
    shares of the time axis; first_token is None where it is not known. missing_parent: the id of
    a parent that never came.
    """

    span: OutlineSpan
    depth: int
    guides: int
    descendants: int
    left: float
    width: float
    first_token: float | None
    missing_parent: str | None
    is_circle: bool
    is_critical: bool

    @property
    def called(self) -> str | None:
        """The model, tool or agent of the span, where its name does not say it already."""
        called = self.span.model or self.span.tool_name or self.span.agent_name
        words = (self.span.name or "").split()
        is_said = called is None or any(called.startswith(word) for word in words[-2:])
        return None if is_said else called


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Some rows of the table. start: place of the first of them. total: of all there are.

    next_start: place of the first row that is not there yet, None at the end. length_ms: of the
    time axis.
    """

    rows: tuple[WaterfallRow, ...]
    start: int
    total: int
    next_start: int | None
    length_ms: float


def waterfall(
    nodes: Sequence[OutlineNode],
    *,
    start: int = 0,
    end: int | None = None,
    genai_only: bool = False,
    around: str | None = None,
) -> Waterfall:
    """ROWS_AT_ONCE rows from a place on, or those in which a span is.

    end: place of the first row that is not wanted, where fewer are. genai_only: without the spans
    that are no part of what an agent does. around: the id of the span.
    """
    axis = _Axis(nodes)
    critical = critical_path(nodes)
    shown = list(_genai(nodes)) if genai_only else [(node, node.placed.depth) for node in nodes]
    if around is not None:
        places = (at for at, (node, _) in enumerate(shown) if node.span.span_id == around)
        start = next(places, 0) // ROWS_AT_ONCE * ROWS_AT_ONCE
    last = min(start + ROWS_AT_ONCE, len(shown) if end is None else end)
    rows = tuple(axis.row(node, depth, critical) for node, depth in shown[start:last])
    is_end = end is not None or last >= len(shown)
    return Waterfall(rows, start, len(shown), None if is_end else last, axis.length / 1e6)


def _genai(nodes: Sequence[OutlineNode]) -> Iterator[tuple[OutlineNode, int]]:
    """The spans with a type, and the failed; each as deep as its nearest ancestor of these asks."""
    depths: list[tuple[int, int]] = []  # of the ancestors shown: in the tree, and as shown
    for node in nodes:
        depth = node.placed.depth
        while depths and depths[-1][0] >= depth:
            depths.pop()
        if node.span.span_type is None and not node.span.is_error:
            continue
        shown = depths[-1][1] + 1 if depths else 0
        depths.append((depth, shown))
        yield node, shown


def critical_path(nodes: Sequence[OutlineNode]) -> frozenset[str]:
    """The ids of the spans that the trace had to wait for: making one shorter makes it shorter.

    From the end of a span backwards, it is the child that ended last, then the one that ended last
    before that child began.
    """
    if not nodes:
        return frozenset()
    children: dict[str, list[OutlineSpan]] = {}
    for node in nodes:
        if node.placed.place is Place.CHILD and node.span.parent_span_id is not None:
            children.setdefault(node.span.parent_span_id, []).append(node.span)
    tops = [node.span for node in nodes if node.placed.depth == 0]
    waiting = [max(tops, key=_end)]
    path: set[str] = set()
    while waiting:
        span = waiting.pop()
        if span.span_id in path:
            continue
        path.add(span.span_id)
        cursor = _end(span)
        for child in sorted(children.get(span.span_id, ()), key=_end, reverse=True):
            if _end(child) <= cursor and (child.start_time_ns or 0) < cursor:
                waiting.append(child)
                cursor = child.start_time_ns or 0
    return frozenset(path)


def telling_span(nodes: Sequence[OutlineNode], root_span_id: str | None) -> str | None:
    """The span to look at first: the deepest failed, else the last model call, else the root."""
    failed = [node for node in nodes if node.span.is_error]
    if failed:
        return max(failed, key=lambda node: node.placed.depth).span.span_id
    calls = [node.span for node in nodes if node.span.span_type == "LLM"]
    if calls:
        return max(calls, key=_end).span_id
    return root_span_id or (nodes[0].span.span_id if nodes else None)


def _end(span: OutlineSpan) -> int:
    return max(span.end_time_ns or 0, span.start_time_ns or 0)


class _Axis:
    """The time that all spans of a trace share. length: nanoseconds."""

    def __init__(self, nodes: Sequence[OutlineNode]) -> None:
        starts = [node.span.start_time_ns for node in nodes if node.span.start_time_ns]
        self._begin = min(starts, default=0)
        self.length = max(1, max((_end(node.span) for node in nodes), default=1) - self._begin)

    def row(self, node: OutlineNode, depth: int, critical: frozenset[str]) -> WaterfallRow:
        span = node.span
        start = span.start_time_ns or self._begin
        left = min(max((start - self._begin) / self.length, 0.0), 1.0)
        first_token = None
        if span.time_to_first_token_ms:
            first_token = min(left + span.time_to_first_token_ms * 1e6 / self.length, 1.0)
        return WaterfallRow(
            span=span,
            depth=depth,
            guides=min(depth, _MAX_GUIDES),
            descendants=node.placed.descendants,
            left=left,
            width=min(max(_end(span) - start, 0) / self.length, 1.0 - left),
            first_token=first_token,
            missing_parent=span.parent_span_id if node.placed.place is Place.ORPHAN else None,
            is_circle=node.placed.place is Place.CIRCLE,
            is_critical=span.span_id in critical,
        )
