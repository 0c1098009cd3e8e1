"""How each span type looks: a glyph, a word and a hue, the same wherever it appears."""

from typing import NamedTuple


class Kind(NamedTuple):
    """glyph: the id of a symbol in glyphs.svg. hue: a CSS class, `hue-<hue>`."""

    word: str
    glyph: str
    hue: str


_KINDS = {
    "LLM": Kind("LLM", "llm", "llm"),
    "EMBEDDING": Kind("Embedding", "embedding", "llm"),
    "RERANKER": Kind("Reranker", "rerank", "retriever"),
    "RETRIEVER": Kind("Retriever", "retriever", "retriever"),
    "MEMORY": Kind("Memory", "memory", "retriever"),
    "TOOL": Kind("Tool", "tool", "tool"),
    "AGENT": Kind("Agent", "agent", "agent"),
    "WORKFLOW": Kind("Workflow", "chain", "agent"),
    "CHAIN": Kind("Chain", "chain", "other"),
    "TASK": Kind("Task", "task", "other"),
    "PLAN": Kind("Plan", "task", "other"),
    "GUARDRAIL": Kind("Guardrail", "guardrail", "other"),
    "EVALUATOR": Kind("Evaluator", "evaluator", "other"),
    "PROMPT": Kind("Prompt", "prompt", "other"),
    "PARSER": Kind("Parser", "prompt", "other"),
}
_PLAIN = Kind("Span", "span", "other")


def kind_of(span_type: str | None) -> Kind:
    """The look of a span type; that of a plain span for None, and for a type not known here."""
    return _KINDS.get(span_type or "", _PLAIN)
