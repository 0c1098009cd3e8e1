"""Judges as functions of texts: called at once, without a scorer around them.

Each takes `name`, of the feedback, and what every judge takes: `model` (SPANLAKE_JUDGE_MODEL unless
given) and `base_url`. A model that gives no verdict is an error in the feedback.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack

from spanlake.entities import Feedback
from spanlake.errors import UserError
from spanlake.evaluation.models.blocking import run_blocking
from spanlake.evaluation.models.chat_model import ChatModel
from spanlake.evaluation.scorers.judges.judging import judge
from spanlake.evaluation.scorers.judges.question import as_text
from spanlake.evaluation.scorers.judges.responses import (
    EXPECTED_FACTS,
    EXPECTED_RESPONSE,
    guideline_lines,
    wanted,
)
from spanlake.evaluation.scorers.judges.retrievals import NO_DOCUMENTS
from spanlake.evaluation.scorers.judges.rubric import rubric
from spanlake.evaluation.scorers.judges.settings import JudgeSettings
from spanlake.evaluation.scorers.judges.tool_use import (
    ANY_ORDER,
    EXPECTED_CALLS,
    IN_ORDER,
    NO_CALLS,
    tool_lines,
)

Tools = Sequence[Any] | str
"""Tools or calls of tools: a list of JSON objects with a name, or a text."""


class Options(TypedDict, total=False):
    """How a judge is asked; see above."""

    name: str
    model: str | ChatModel | None
    base_url: str | None


def meets_guidelines(
    guidelines: str | Sequence[str], context: Mapping[str, Any], **options: Unpack[Options]
) -> Feedback:
    """Whether what the context holds, such as a request and a response, keeps the guidelines.

    context: texts or JSON values by name. Yes or no.
    """
    lines = guideline_lines(guidelines)
    if not lines:
        raise UserError(f"guidelines is {guidelines!r}: must be a text or a list of texts")
    texts = "\n\n".join(f"{name}:\n{as_text(value)}" for name, value in context.items())
    return _verdict("guidelines", {"guidelines": lines, "response": texts}, options)


def is_correct(
    request: str,
    response: str,
    *,
    expected_facts: Sequence[str] | None = None,
    expected_response: str | None = None,
    **options: Unpack[Options],
) -> Feedback:
    """Whether a response says what was expected, in whatever words: yes or no."""
    expectations = {EXPECTED_FACTS: expected_facts, EXPECTED_RESPONSE: expected_response}
    material = {"request": request, "response": response, **_wanted(expectations)}
    return _verdict("correctness", material, options)


def is_equivalent(
    response: str, expected_response: str, request: str = "", **options: Unpack[Options]
) -> Feedback:
    """Whether two texts mean the same: yes or no."""
    material = {
        "request": request or None,
        "response": response,
        EXPECTED_RESPONSE: expected_response,
    }
    return _verdict("equivalence", material, options)


def is_relevant_to_query(request: str, response: str, **options: Unpack[Options]) -> Feedback:
    """Whether a response deals with what was asked: yes or no."""
    return _verdict("relevance_to_query", {"request": request, "response": response}, options)


def is_complete(request: str, response: str, **options: Unpack[Options]) -> Feedback:
    """Whether a response takes up every part of the request: yes or no."""
    return _verdict("completeness", {"request": request, "response": response}, options)


def is_fluent(response: str, **options: Unpack[Options]) -> Feedback:
    """Whether a text reads as an able writer would write it: yes or no."""
    return _verdict("fluency", {"response": response}, options)


def is_good_summary(source: str, summary: str, **options: Unpack[Options]) -> Feedback:
    """Whether a summary is faithful, covering and brief: yes or no."""
    return _verdict("summarization", {"request": source, "response": summary}, options)


def is_safe(content: str, **options: Unpack[Options]) -> Feedback:
    """Whether a text is safe to show to the public: yes or no."""
    return _verdict("safety", {"content": content}, options)


def is_context_relevant(request: str, context: Any, **options: Unpack[Options]) -> Feedback:  # noqa: ANN401  # text or JSON
    """Whether a document helps to answer a request: yes or no."""
    return _verdict("retrieval_relevance", {"request": request, "document": context}, options)


def is_context_sufficient(
    request: str,
    context: Any,  # noqa: ANN401  # text or JSON
    *,
    expected_facts: Sequence[str] | None = None,
    expected_response: str | None = None,
    **options: Unpack[Options],
) -> Feedback:
    """Whether documents hold all that the expected answer, or any answer, needs: yes or no."""
    expectations = {EXPECTED_FACTS: expected_facts, EXPECTED_RESPONSE: expected_response}
    known = wanted(expectations) if any(expectations.values()) else {}
    material = {"request": request, "context": context or NO_DOCUMENTS, **known}
    return _verdict("retrieval_sufficiency", material, options)


def is_grounded(
    request: str,
    response: str,
    context: Any,  # noqa: ANN401  # text or JSON
    **options: Unpack[Options],
) -> Feedback:
    """Whether documents support what a response says: yes or no."""
    material = {"request": request, "response": response, "context": context or NO_DOCUMENTS}
    return _verdict("retrieval_groundedness", material, options)


def is_tool_call_correct(
    request: str,
    tools_called: Tools,
    available_tools: Tools = "",
    *,
    expected_tool_calls: Tools | None = None,
    check_order: bool = False,
    **options: Unpack[Options],
) -> Feedback:
    """Whether tool calls are the expected ones, or those that the request needs: yes or no."""
    material = {
        "request": request,
        "tools_called": tool_lines(tools_called, "tools_called") or NO_CALLS,
        EXPECTED_CALLS: None
        if expected_tool_calls is None
        else tool_lines(expected_tool_calls, EXPECTED_CALLS) or NO_CALLS,
        "available_tools": tool_lines(available_tools, "available_tools") or None,
        "order": IN_ORDER if check_order else ANY_ORDER,
    }
    return _verdict("tool_call_correctness", material, options)


def is_tool_call_efficient(
    request: str, tools_called: Tools, available_tools: Tools = "", **options: Unpack[Options]
) -> Feedback:
    """Whether tool calls were made without waste: yes or no."""
    material = {
        "request": request,
        "tools_called": tool_lines(tools_called, "tools_called") or NO_CALLS,
        "available_tools": tool_lines(available_tools, "available_tools") or None,
    }
    return _verdict("tool_call_efficiency", material, options)


def _wanted(expectations: Mapping[str, Any]) -> dict[str, Any]:
    if not any(expectations.values()):
        raise UserError(
            f"neither {EXPECTED_FACTS} nor {EXPECTED_RESPONSE} is given: "
            "one of them must be, to judge the response by"
        )
    return wanted(expectations)


def _verdict(rubric_name: str, material: Mapping[str, object], options: Options) -> Feedback:
    settings = JudgeSettings(options.get("model"), options.get("base_url"))
    name = options.get("name", "")
    return run_blocking(lambda: judge(rubric(rubric_name), material, settings, name))
