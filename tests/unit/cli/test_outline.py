"""Trees as lines: guides, and bounds on breadth, depth and length."""

from inline_snapshot import snapshot
from summaries import span_summary

from spanlake.cli.outline import MAX_CHILDREN, MAX_DEPTH, MAX_LINES, outline
from spanlake.storage.traces import SpanSummary, as_tree


def drawn(*spans: SpanSummary) -> str:
    """The lines of an outline as text."""
    return "\n".join(
        line.guide + (line.node.span.span_id if line.node else f"… {line.left_out} more")
        for line in outline(as_tree(spans))
    )


def test_guides_show_what_is_below_what() -> None:
    """A span that has siblings after it keeps its line going past what is below it."""
    assert drawn(
        span_summary("a"),
        span_summary("b", "a", at_ms=1),
        span_summary("c", "b", at_ms=2),
        span_summary("d", "c", at_ms=3),
        span_summary("e", "b", at_ms=4),
        span_summary("f", "a", at_ms=5),
        span_summary("g", "f", at_ms=6),
        span_summary("h", at_ms=7),
        span_summary("i", "h", at_ms=8),
    ) == snapshot("""\
a
├─ b
│ ├─ c
│ │ └─ d
│ └─ e
└─ f
  └─ g
h
└─ i\
""")


def test_many_children_are_counted() -> None:
    """Of the children of one span 50 are shown; the rest is counted, with what is below it."""
    children = [span_summary(f"{n}", "top", at_ms=n) for n in range(60)]
    grandchild = span_summary("below", "55", at_ms=99)
    lines = outline(as_tree([span_summary("top"), *children, grandchild]))
    assert len(lines) == 1 + MAX_CHILDREN + 1
    assert (lines[-1].node, lines[-1].left_out) == (None, 11)


def test_many_tops_are_counted() -> None:
    """What stands at the top is bounded like children are."""
    lines = outline(as_tree([span_summary(f"{n}", at_ms=n) for n in range(60)]))
    assert [len(lines), lines[-1].left_out] == [MAX_CHILDREN + 1, 10]


def test_a_long_chain_is_cut() -> None:
    """A chain ends after 24 levels, with the number of spans that are left."""
    chain = [span_summary(f"{n}", f"{n - 1}" if n else None, at_ms=n) for n in range(30_000)]
    lines = outline(as_tree(chain))
    assert [len(lines), lines[-1].left_out] == [MAX_DEPTH + 1, 30_000 - MAX_DEPTH]


def test_every_span_is_shown_or_counted() -> None:
    """A bushy tree of 30,000 spans takes about 1,000 lines."""
    spans = [span_summary("0")]
    spans += [span_summary(f"{n}", f"{(n - 1) // 40}", at_ms=n) for n in range(1, 30_000)]
    lines = outline(as_tree(spans))
    assert MAX_LINES <= len(lines) < MAX_LINES + MAX_DEPTH
    assert sum(line.left_out or 1 for line in lines) == 30_000
