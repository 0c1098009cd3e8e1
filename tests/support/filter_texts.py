"""Texts of filters, right ones and mistyped ones, about the words of random_traces.

What draws them must not lead to the lake: Hypothesis keeps it to the end of the process.
"""

import string
from collections.abc import Mapping
from typing import Literal

from hypothesis import strategies as st
from random_traces_words import LABELS, MODELS, NAMES, TYPES, WORDS

Scope = Literal["trace", "span", "assessment"]

# The fields that are asked for, with their kinds.
KINDS: Mapping[Scope, Mapping[str, str]] = {
    "trace": {
        "name": "text",
        "status": "choice",
        "has_errors": "boolean",
        "is_complete": "boolean",
        "duration": "number",
        "total_tokens": "number",
        "cost": "number",
        "span_count": "number",
        "start_time": "time",
        "model": "list",
        "tool": "list",
        "session": "list",
        "tags": "list",
        "input": "text",
    },
    "span": {
        "name": "text",
        "type": "choice",
        "status": "choice",
        "is_error": "boolean",
        "model": "text",
        "tool": "text",
        "parent_id": "text",
        "duration": "number",
        "tokens": "number",
        "tags": "list",
    },
    "assessment": {
        "name": "text",
        "kind": "choice",
        "source_type": "choice",
        "value": "assessment",
    },
}

TEXTS = (*NAMES, *MODELS, *WORDS, *LABELS, "web", "s-1", "eu", "To Rome?", "%a%", "gpt%", "_ay%")
PATTERNS = ("^chat", "a", "gpt-4o$", "[0-9]+", "^(pro|eu)$")
CHOICES = {
    "status": ("OK", "ERROR"),
    "type": TYPES,
    "kind": ("FEEDBACK", "EXPECTATION"),
    "source_type": ("HUMAN", "CODE"),
}
TIMES = ("2026-09-21T14:13:20Z", "2026-09-21T14:13:24Z", "2026-09-21T14:13:30Z")
NUMBERS = ("0", "0.25", "1", "4", "5", "12", "-1", "100", "2500", "1e1")


def in_quotes(text: str) -> str:
    """A text as a filter has it."""
    return "'" + text.replace("'", "''") + "'"


texts = st.sampled_from(TEXTS).map(in_quotes)
numbers = st.sampled_from(NUMBERS)
negation = st.sampled_from(["", "NOT "])
equals = st.sampled_from(["=", "!=", "<>"])
orders = st.sampled_from(["<", "<=", ">", ">="])


def of_texts(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """What can be asked of a text."""
    likes = st.sampled_from(["LIKE", "ILIKE", "CONTAINS"])
    return st.one_of(
        st.builds("{} {}".format, equals, values),
        st.builds("{}{} {}".format, negation, likes, texts),
        st.builds("{}RLIKE {}".format, negation, st.sampled_from(PATTERNS).map(in_quotes)),
        st.builds("{}IN ({}, {})".format, negation, values, values),
        st.builds("IS {}NULL".format, negation),
    )


def of_numbers(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """What can be asked of a number or a time."""
    return st.one_of(
        st.builds("{} {}".format, equals | orders, values),
        st.builds("{}BETWEEN {} AND {}".format, negation, values, values),
    )


of_booleans = st.builds("{} {}".format, equals, st.sampled_from(["true", "false"]))
of_words = st.one_of(of_texts(texts), of_numbers(numbers), of_booleans)


def questions(name: str, kind: str) -> st.SearchStrategy[str]:
    """What can be asked of a field, by its kind."""
    match kind:
        case "choice":
            asked = of_texts(st.sampled_from(CHOICES[name]).map(in_quotes))
        case "number":
            asked = of_numbers(numbers) | st.builds("IS {}NULL".format, negation)
            if name == "duration":
                asked |= of_numbers(st.sampled_from(["1ms", "2.5s", "1m"]))
        case "time":
            asked = of_numbers(st.sampled_from(TIMES).map(in_quotes))
        case "boolean":
            asked = of_booleans | st.just("")
        case "assessment":
            asked = of_words
        case _:
            asked = of_texts(texts)
    return asked.map(lambda question: f"{name} {question}".strip())


def fields_of(scope: Scope) -> list[st.SearchStrategy[str]]:
    """Comparisons of the fields of a scope."""
    return [questions(name, kind) for name, kind in KINDS[scope].items()]


of_content = st.builds(
    "{}{} {}".format, negation, st.sampled_from(["LIKE", "ILIKE", "CONTAINS"]), texts
)
in_spans = st.one_of(
    *fields_of("span"),
    st.builds("attributes.`http.status` {}".format, of_words),
    st.builds("content {}".format, of_content),
)
in_assessments = st.one_of(fields_of("assessment"))
of_trace = st.one_of(
    *fields_of("trace"),
    st.builds("text {}".format, of_content),
    st.builds("metadata.{} {}".format, st.sampled_from(["plan", "seats"]), of_words),
    st.builds(
        "{}.{} {}".format,
        st.sampled_from(["feedback", "expectation"]),
        st.sampled_from(["quality", "tone", "none"]),
        of_words,
    ),
)


def joined(leaves: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Conditions with AND, OR, NOT and parentheses around them."""

    def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.lists(inner, min_size=2, max_size=4).map(" AND ".join),
            st.lists(inner, min_size=2, max_size=3).map(" OR ".join),
            inner.map("({})".format),
            inner.map("NOT ({})".format),
            inner.map("NOT {}".format),
        )

    return st.recursive(leaves, grown, max_leaves=6)


FILTERS = joined(
    st.one_of(
        of_trace,
        in_spans.map("span.{}".format),
        in_assessments.map("assessment.{}".format),
        joined(in_spans).map("SPAN({})".format),
        joined(in_assessments).map("ASSESSMENT({})".format),
    )
)

FILTERS_WITH_MISTAKES = st.builds(
    lambda text, at, typed: text[:at] + typed + text[at + len(typed) // 2 :],
    FILTERS,
    st.integers(0, 60),
    st.text(string.printable + "é日\u0301", max_size=4),
)
