"""The tree a trace's spans make, also where they do not: parents that never came, and circles."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple


class Place(StrEnum):
    """How a span came to its place in the tree."""

    ROOT = "root"
    CHILD = "child"
    ORPHAN = "orphan"
    """Its parent is not among the spans of the trace."""
    CIRCLE = "circle"
    """It is among its own ancestors; the circle is cut above it."""


class SpanLink(NamedTuple):
    """What the tree goes by. parent_span_id: None for a root. start_time_ns: None is first."""

    span_id: str
    parent_span_id: str | None
    start_time_ns: int | None


class PlacedSpan(NamedTuple):
    """Where a span stands.

    position: in the sequence the tree was made of. depth: 0 for what stands at the top.
    descendants: how many spans come below it, which are those that follow it in tree order.
    """

    position: int
    place: Place
    depth: int
    descendants: int


def in_tree_order(spans: Sequence[SpanLink]) -> list[PlacedSpan]:
    """Every span once: each one before its children, siblings by start time.

    Of spans with the same id the first one has the children.
    """
    order = sorted(range(len(spans)), key=lambda at: (spans[at].start_time_ns or 0, at))
    holder = {spans[at].span_id: at for at in reversed(order)}
    children: dict[int, list[int]] = {}
    tops: list[tuple[int, Place]] = []
    for at in order:
        parent = spans[at].parent_span_id
        if parent is None:
            tops.append((at, Place.ROOT))
        elif parent not in holder:
            tops.append((at, Place.ORPHAN))
        else:
            children.setdefault(holder[parent], []).append(at)
    walk = _Walk(len(spans), children)
    for at, place in tops:
        walk.visit(at, place)
    for at in order:  # what no top leads to goes round in a circle
        if not walk.seen[at]:
            walk.visit(_in_circle(at, spans, holder), Place.CIRCLE)
    return walk.placed()


class _Walk:
    """A walk down from one top after another, without recursion: chains can be long."""

    def __init__(self, size: int, children: Mapping[int, Sequence[int]]) -> None:
        self.seen = [False] * size
        self._children = children
        self._visited: list[tuple[int, Place, int]] = []

    def visit(self, top: int, place: Place) -> None:
        waiting = [(top, place, 0)]
        while waiting:
            at, place, depth = waiting.pop()
            if self.seen[at]:
                continue
            self.seen[at] = True
            self._visited.append((at, place, depth))
            below = self._children.get(at, ())
            waiting += [(child, Place.CHILD, depth + 1) for child in reversed(below)]

    def placed(self) -> list[PlacedSpan]:
        ends: list[int] = []  # the places, from the back, that no ancestor so far has reached
        descendants = [0] * len(self._visited)
        for index in range(len(self._visited) - 1, -1, -1):
            depth = self._visited[index][2]
            while ends and self._visited[ends[-1]][2] > depth:
                ends.pop()
            after = ends[-1] if ends else len(self._visited)
            descendants[index] = after - index - 1
            ends.append(index)
        return [
            PlacedSpan(at, place, depth, below)
            for (at, place, depth), below in zip(self._visited, descendants, strict=True)
        ]


def _in_circle(at: int, spans: Sequence[SpanLink], holder: dict[str, int]) -> int:
    """The span of the circle above `at` that starts first: cutting there keeps the rest whole."""
    met: set[int] = set()
    while at not in met:
        met.add(at)
        at = holder[str(spans[at].parent_span_id)]
    circle = [at]
    while (above := holder[str(spans[circle[-1]].parent_span_id)]) != at:
        circle.append(above)
    return min(circle, key=lambda one: (spans[one].start_time_ns or 0, one))
