"""The types a span may have, and what OpenTelemetry's GenAI conventions call them."""

from typing import NamedTuple

from spanlake.errors import UserError


class SpanType(NamedTuple):
    """A canonical span type.

    operation: its gen_ai.operation.name. named: the attribute that takes the span's name.
    """

    name: str
    operation: str | None = None
    named: str | None = None


_TYPES = (
    SpanType("LLM", "chat"),
    SpanType("EMBEDDING", "embeddings"),
    SpanType("RETRIEVER", "retrieval"),
    SpanType("RERANKER"),
    SpanType("TOOL", "execute_tool", "gen_ai.tool.name"),
    SpanType("AGENT", "invoke_agent", "gen_ai.agent.name"),
    SpanType("WORKFLOW", "invoke_workflow", "gen_ai.workflow.name"),
    SpanType("CHAIN"),
    SpanType("TASK"),
    SpanType("PLAN", "plan"),
    SpanType("MEMORY"),
    SpanType("GUARDRAIL"),
    SpanType("EVALUATOR"),
    SpanType("PROMPT"),
    SpanType("PARSER"),
)
_BY_NAME = {each.name: each for each in _TYPES}
# MLflow's names for the same.
_BY_NAME |= {"CHAT_MODEL": _BY_NAME["LLM"]}
_UNTYPED = (None, "UNKNOWN")
UNTYPED = SpanType("")


def span_type_of(name: str | None) -> SpanType:
    """The type of this name, in any case; without one, a step of no type. Raises UserError."""
    if name in _UNTYPED:
        return UNTYPED
    found = _BY_NAME.get(str(name).upper())
    if found is None:
        known = ", ".join(each.name for each in _TYPES)
        raise UserError(f"span_type is {name!r}: must be one of {known}")
    return found
