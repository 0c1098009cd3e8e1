import asyncio
from collections.abc import Callable

import pytest
from judged import YES, given

from spanlake import judges
from spanlake.entities import Feedback
from spanlake.errors import UserError
from spanlake.testing import OfflineModel

MODEL = OfflineModel(YES)


@pytest.mark.parametrize(
    ("ask", "name", "shown"),
    [
        (lambda o: judges.is_safe("hello", **o), "safety", "content"),
        (lambda o: judges.is_fluent("hello", **o), "fluency", "response"),
        (
            lambda o: judges.is_correct("q", "a", expected_facts=["f"], **o),
            "correctness",
            "request response expected_facts",
        ),
        (
            lambda o: judges.is_equivalent("a", "b", **o),
            "equivalence",
            "response expected_response",
        ),
        (
            lambda o: judges.is_relevant_to_query("q", "a", **o),
            "relevance_to_query",
            "request response",
        ),
        (lambda o: judges.is_complete("q", "a", **o), "completeness", "request response"),
        (lambda o: judges.is_good_summary("q", "a", **o), "summarization", "request response"),
        (
            lambda o: judges.is_context_relevant("q", "doc", **o),
            "retrieval_relevance",
            "request document",
        ),
        (
            lambda o: judges.is_context_sufficient("q", ["doc"], **o),
            "retrieval_sufficiency",
            "request context",
        ),
        (
            lambda o: judges.is_grounded("q", "a", "doc", **o),
            "retrieval_groundedness",
            "request response context",
        ),
        (
            lambda o: judges.meets_guidelines("Be kind.", {"response": "a"}, **o),
            "guidelines",
            "guidelines response",
        ),
        (
            lambda o: judges.is_tool_call_correct("q", [{"name": "f"}], **o),
            "tool_call_correctness",
            "request tools_called order",
        ),
        (
            lambda o: judges.is_tool_call_efficient("q", "f()", [{"name": "f"}], **o),
            "tool_call_efficiency",
            "request tools_called available_tools",
        ),
    ],
)
def test_each_judge_is_there_as_a_function_of_texts(
    ask: Callable[[dict[str, object]], Feedback], name: str, shown: str
) -> None:
    """Called at once it gives a feedback of its name, by the material it was given."""
    feedback = ask({"model": MODEL})
    assert (feedback.name, feedback.value) == (name, "yes")
    assert list(given(MODEL)) == shown.split()
    assert ask({"model": MODEL, "name": "mine"}).name == "mine"


def test_what_to_judge_by_has_to_be_given() -> None:
    """A judge of correctness without expectations, or of no guidelines, is a mistake."""
    with pytest.raises(UserError, match="expected_facts"):
        judges.is_correct("q", "a", model=MODEL)
    with pytest.raises(UserError, match="guidelines"):
        judges.meets_guidelines([], {"response": "a"}, model=MODEL)
    with pytest.raises(UserError, match="tools_called"):
        judges.is_tool_call_efficient("q", 3, model=MODEL)  # type: ignore[arg-type]  # on purpose


def test_a_judge_may_be_called_where_an_event_loop_runs() -> None:
    """In a notebook, whose cells run in an event loop, a judge is called like any function."""

    async def cell() -> Feedback:
        return judges.is_safe("hello", model=MODEL)

    assert asyncio.run(cell()).value == "yes"
