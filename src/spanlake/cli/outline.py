"""A tree of spans as lines of text: guides that show what is below what, and no more than fits."""

from collections.abc import Sequence
from dataclasses import dataclass

from spanlake.storage.traces import SpanNode

MAX_CHILDREN = 50
MAX_DEPTH = 24
MAX_LINES = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """A span, or how many more there would be.

    guide: what is drawn before it. below: what is drawn before a second line of it.
    node: None for a line that says how many spans are left out here, which is `left_out`.
    """

    guide: str
    below: str
    node: SpanNode | None
    left_out: int = 0


@dataclass(slots=True)
class _Level:
    """The children of one span. end: the index after the last span below it."""

    end: int
    shown: int = 0
    guide: str = ""


def outline(nodes: Sequence[SpanNode]) -> list[Line]:
    """Lines for nodes in tree order.

    Under one span come at most 50, there are at most 24 levels, and not many more than 1,000 lines.
    """
    lines: list[Line] = []
    levels = [_Level(len(nodes))]
    at = 0
    while at < len(nodes):
        while at >= levels[-1].end:
            levels.pop()
        level = levels[-1]
        is_full = level.shown == MAX_CHILDREN or len(levels) > MAX_DEPTH
        if is_full or len(lines) >= MAX_LINES:
            lines.append(_line(levels, None, is_last=True, left_out=level.end - at))
            at = level.end
            continue
        end = at + 1 + nodes[at].descendants
        is_last = end == level.end
        lines.append(_line(levels, nodes[at], is_last=is_last))
        level.shown += 1
        level.guide = "  " if is_last else "│ "
        levels.append(_Level(end))
        at += 1
    return lines


def _line(levels: list[_Level], node: SpanNode | None, *, is_last: bool, left_out: int = 0) -> Line:
    if len(levels) == 1:
        return Line("", "", node, left_out)
    above = "".join(level.guide for level in levels[1:-1])
    branch, rest = ("└─ ", "   ") if is_last else ("├─ ", "│  ")
    return Line(above + branch, above + rest, node, left_out)
