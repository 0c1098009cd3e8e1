"""Rows of the tree, and what a trace had to wait for."""

from spanlake.storage.pages.trace_outline import OutlineNode, OutlineSpan
from spanlake.storage.span_tree import SpanLink, in_tree_order
from spanlake.web.pages.waterfall import critical_path, telling_span, waterfall

MS = 1_000_000


def span(  # noqa: PLR0913  # what a row is made of
    name: str,
    parent: str | None,
    start: int,
    end: int,
    *,
    kind: str | None = None,
    fails: bool = False,
) -> OutlineSpan:
    """A span; start and end in milliseconds."""
    known = {
        "span_id": name,
        "parent_span_id": parent,
        "name": name,
        "span_type": kind,
        "start_time_ns": MS + start * MS,
        "end_time_ns": MS + end * MS,
        "is_error": fails,
    }
    return OutlineSpan._make(known.get(field) for field in OutlineSpan._fields)


def nodes(*spans: OutlineSpan) -> tuple[OutlineNode, ...]:
    links = [SpanLink(each.span_id, each.parent_span_id, each.start_time_ns) for each in spans]
    return tuple(OutlineNode(spans[placed.position], placed) for placed in in_tree_order(links))


AGENT = (
    span("root", None, 0, 100),
    span("search", "root", 5, 30),
    span("model", "root", 10, 60, kind="LLM"),
    span("tool", "root", 60, 90, kind="TOOL"),
    span("http", "tool", 65, 80),
    span("log", "root", 20, 40),
)


def test_bars_lie_on_the_time_axis_of_the_trace() -> None:
    """A bar begins and ends where its span does, as shares of the whole."""
    rows = {row.span.name: row for row in waterfall(nodes(*AGENT)).rows}
    assert (rows["root"].left, rows["root"].width) == (0.0, 1.0)
    assert (rows["tool"].left, round(rows["tool"].width, 6)) == (0.6, 0.3)


def test_the_critical_path_is_what_was_waited_for() -> None:
    """It goes back from the end: the tool, the model before it, not what ran beside them."""
    assert critical_path(nodes(*AGENT)) == {"root", "tool", "http", "model"}


def test_without_spans_of_other_kinds_the_tree_closes_up() -> None:
    """With GenAI spans alone, what is below a hidden span stands below the next one that shows."""
    deep = (*AGENT, span("inner", "http", 66, 70, kind="LLM"))
    rows = waterfall(nodes(*deep), genai_only=True).rows
    assert [(row.span.name, row.depth) for row in rows] == [("model", 0), ("tool", 0), ("inner", 1)]


def test_rows_come_in_pieces() -> None:
    """Pieces follow one another without a gap, and the last says that it is."""
    many = nodes(span("0", None, 0, 900), *(span(str(at), "0", at, at + 1) for at in range(1, 450)))
    seen: list[str] = []
    start: int | None = 0
    while start is not None:
        piece = waterfall(many, start=start)
        seen += [row.span.span_id for row in piece.rows]
        start = piece.next_start
    assert seen == [str(at) for at in range(450)]
    assert waterfall(many, around="433").start == 400


def test_a_gap_names_the_parent_that_never_came() -> None:
    """The row of an orphan knows the id of its parent."""
    rows = waterfall(nodes(span("root", None, 0, 9), span("orphan", "gone", 1, 2))).rows
    assert [row.missing_parent for row in rows] == [None, "gone"]


def test_the_first_look_is_at_what_failed() -> None:
    """The deepest failed span is opened, else the last model call, else the root."""
    failed = (span("a", None, 0, 9, fails=True), span("b", "a", 1, 2, fails=True))
    assert telling_span(nodes(*failed), "a") == "b"
    assert telling_span(nodes(*AGENT), "root") == "model"
    assert telling_span(nodes(span("root", None, 0, 1)), "root") == "root"
