"""Trees of spans, also of those that make none."""

from hypothesis import given
from hypothesis import strategies as st

from spanlake.storage.span_tree import Place, PlacedSpan, SpanLink, in_tree_order

IDS = st.sampled_from("abcdef")


def links(*pairs: tuple[str, str | None]) -> list[SpanLink]:
    """Spans by id and parent, each starting after the one before."""
    return [SpanLink(span_id, parent, at) for at, (span_id, parent) in enumerate(pairs)]


def test_children_follow_their_parent_by_start() -> None:
    """A span comes before what is below it, and siblings in the order they started."""
    spans = [
        SpanLink("c", "a", 3),
        SpanLink("d", "b", 9),
        SpanLink("b", "a", 2),
        SpanLink("a", None, 1),
    ]
    assert in_tree_order(spans) == [
        PlacedSpan(3, Place.ROOT, 0, 3),
        PlacedSpan(2, Place.CHILD, 1, 1),
        PlacedSpan(1, Place.CHILD, 2, 0),
        PlacedSpan(0, Place.CHILD, 1, 0),
    ]


def test_a_span_whose_parent_never_came_stands_at_the_top() -> None:
    """An orphan keeps what is below it."""
    placed = in_tree_order(links(("b", "gone"), ("c", "b")))
    assert [(each.place, each.depth) for each in placed] == [(Place.ORPHAN, 0), (Place.CHILD, 1)]


def test_a_circle_is_cut_where_it_starts() -> None:
    """Of spans that are each other's ancestors the first to start stands at the top."""
    placed = in_tree_order(links(("z", "y"), ("x", "y"), ("y", "x"), ("s", "s")))
    assert [(each.position, each.place, each.depth) for each in placed] == [
        (1, Place.CIRCLE, 0),
        (2, Place.CHILD, 1),
        (0, Place.CHILD, 2),
        (3, Place.CIRCLE, 0),
    ]


def test_of_spans_with_one_id_the_first_has_the_children() -> None:
    """A span that was sent twice is there twice, and its children once."""
    placed = in_tree_order(links(("a", None), ("a", None), ("b", "a")))
    assert [(each.position, each.depth) for each in placed] == [(0, 0), (2, 1), (1, 0)]


@given(st.lists(st.tuples(IDS, st.none() | IDS), max_size=12))
def test_every_span_has_one_place(pairs: list[tuple[str, str | None]]) -> None:
    """Whatever the parents, each span comes once, and its descendants are those below it."""
    placed = in_tree_order(links(*pairs))
    assert sorted(each.position for each in placed) == list(range(len(pairs)))
    for at, each in enumerate(placed):
        below = placed[at + 1 : at + 1 + each.descendants]
        assert all(other.depth > each.depth for other in below)
        after = placed[at + 1 + each.descendants :]
        assert not after or after[0].depth <= each.depth
        assert (each.depth == 0) == (each.place is not Place.CHILD)


def test_long_chains_and_large_circles() -> None:
    """30,000 spans in a chain or a circle are placed, without recursion."""
    chain = [SpanLink(f"{n}", f"{n - 1}" if n else None, n) for n in range(30_000)]
    circle = [SpanLink(f"{n}", f"{(n - 1) % 30_000}", n) for n in range(30_000)]
    assert in_tree_order(chain)[-1].depth == 29_999
    assert in_tree_order(circle)[-1].depth == 29_999
