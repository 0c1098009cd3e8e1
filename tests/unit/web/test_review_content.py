"""A trace as reviewers read it: the turns, the steps between, and texts as their kind deserves."""

from typing import Any

from hostile_texts import EVERY, PAYLOADS

from spanlake.storage.labels.content import ReviewedSpan, ReviewedTrace
from spanlake.web.pages.review.content import review_view, shown
from spanlake.web.pages.review.markdown import Node, read_markdown


def span(**said: Any) -> ReviewedSpan:  # noqa: ANN401  # of any field
    empty: dict[str, Any] = dict.fromkeys(ReviewedSpan.__dataclass_fields__)
    return ReviewedSpan(**empty | {"span_id": "1", "is_error": False} | said)


def trace(**said: Any) -> ReviewedTrace:  # noqa: ANN401  # the same
    empty: dict[str, Any] = dict.fromkeys(ReviewedTrace.__dataclass_fields__)
    usual = {"trace_id": "t", "error_count": 0, "steps": (), "is_cut": False}
    return ReviewedTrace(**empty | usual | said)


def message(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def kinds(nodes: tuple[Node, ...]) -> set[str]:
    return {each.kind for each in nodes} | {kind for each in nodes for kind in kinds(each.children)}


def test_a_conversation() -> None:
    """What was said before the question comes first, the instructions are apart."""
    call = span(
        system_instructions=[{"type": "text", "content": "Be kind."}],
        input_messages=[message("user", "Hi"), message("assistant", "Yes?"), message("user", "Go")],
        output_messages=[message("assistant", "Gone.")],
    )
    view = review_view(trace(input="Go", output="Gone.", call=call))
    assert [turn.role for turn in view.earlier] == ["user", "assistant"]
    assert [turn.role for turn in view.system] == ["system"]
    assert view.question is not None
    assert view.answer is not None
    assert (view.question.text, view.answer.text) == ("Go", "Gone.")
    assert view.conversation == ()


def test_messages_of_a_part_of_the_work() -> None:
    """Messages that are not about the question of the trace are shown apart from it."""
    call = span(
        input_messages=[message("user", "Summarise this page")],
        output_messages=[message("assistant", "It is short.")],
    )
    view = review_view(trace(input="What is new?", output="Nothing.", call=call))
    assert view.earlier == ()
    assert len(view.conversation) == 2
    assert view.answer is not None
    assert view.answer.text == "Nothing."


def test_steps() -> None:
    """Tools have their arguments and results, retrievers their documents, failures their error."""
    documents = [{"id": "d1", "content": "# Title", "score": 0.5}, "plain", {"content": 3}]
    steps = (
        span(span_type="RETRIEVER", name="search", input="rain", documents=documents),
        span(span_type="TOOL", tool_name="refund", tool_arguments='{"order": "A-1"}', output="ok"),
        span(span_type="AGENT", name="root"),
        span(span_type="LLM", parent_span_id="1", is_error=True, error_type="Timeout"),
    )
    view = review_view(trace(steps=steps))
    assert [(step.name, step.error) for step in view.steps] == [
        ("search", None),
        ("refund", None),
        ("step", "Timeout"),
    ]
    found, tool, _ = view.steps
    assert [each.score for each in found.documents] == [0.5, None, None]
    assert found.documents[0].content.kind == "markdown"
    assert tool.given is not None
    assert tool.given.pairs == (("order", "A-1"),)


def test_calls_of_tools_without_spans() -> None:
    """Where no span is a tool's, the calls in the messages are the steps."""
    use = {"type": "tool_call", "id": "c", "name": "look", "arguments": {"at": "sky"}}
    back = {"type": "tool_call_response", "id": "c", "response": "blue"}
    call = span(
        input_messages=[
            message("user", "Colour?"),
            {"role": "assistant", "parts": [use]},
            {"role": "tool", "parts": [back]},
        ],
        output_messages=[message("assistant", "Blue.")],
    )
    view = review_view(trace(input="Colour?", output="Blue.", call=call))
    (step,) = view.steps
    assert step.name == "look"
    assert step.result is not None
    assert step.result.text == "blue"


def test_texts_as_their_kind_deserves() -> None:
    """JSON is indented, a small object is pairs, Markdown is a tree, and words stay words."""
    assert shown('{"a": 1, "b": "x"}').pairs == (("a", "1"), ("b", "x"))
    assert shown('{"a": {"b": []}}').kind == "json"
    assert shown("[1, 2]").text == "[\n  1,\n  2\n]"
    assert shown("{not json}").kind == "json"
    assert shown("1. plain words", is_rich=False).kind == "plain"
    assert shown("**bold**", is_rich=True).kind == "markdown"
    assert shown("two\nlines", is_rich=True).kind == "plain"
    assert len(shown("x" * 50_000).rest) == 30_000


def test_markdown_is_a_tree_of_few_elements() -> None:
    """Headings, lists, tables, code and emphasis are told apart, and addresses are only shown."""
    text = (
        "# A\n\n- **b** `c`\n\n|x|\n|-|\n|1|\n\n```\nd\n```\n\n> q\n\n[e](https://x.y) ![f](//z/p)"
    )
    nodes = read_markdown(text)
    assert [each.kind for each in nodes] == [
        "heading", "bullets", "table", "block", "quote", "paragraph",
    ]  # fmt: skip
    addresses = [each.text for each in nodes[-1].children if each.kind == "address"]
    assert addresses == ["https://x.y", "//z/p"]


def test_hostile_markdown_is_text() -> None:
    """No payload becomes anything but our own elements, whatever it is made of."""
    allowed = set(Node.__annotations__["kind"].__args__)
    for payload in (*PAYLOADS, EVERY, "[" * 5000, "> " * 3000, "*a " * 3000):
        assert kinds(read_markdown(payload)) <= allowed
