"""Judges what a model was given to work with: tools and documents."""

import json
from collections import Counter
from collections.abc import Iterable

from captures import Capture
from fact_texts import parts_of
from seen import Seen, read_json, values_in
from verdict import Verdict


def tools(capture: Capture, seen: Seen) -> Verdict:
    """Each call of a tool is a span, or asked for in a message, and with these arguments."""
    expected = Counter(capture.expected["tools_called"] or ())
    # A tool may have no name but its span's; then it is one only where the app called it so.
    ran = Counter(name for name in _tools_run(seen) if name in expected or name in seen.all_sent)
    asked = [
        (part.get("name"), read_json(part.get("arguments")) or {})
        for call in seen.model_calls
        for _, part in parts_of(call["output_messages"])
        if part.get("type") == "tool_call"
    ]
    got = {"spans": sorted(map(str, ran.elements())), "messages": asked}
    told = ran | Counter(name for name, _ in asked)
    if told != expected:
        if not told and not any(name in seen.all_sent for name in expected):
            return Verdict.not_sent()
        return Verdict.wrong(list(expected.elements()), got, "differs")
    calls = [call for each in capture.expected["calls"] for call in each["tool_calls"]]
    if calls and not _same(asked, calls) and (asked or _were_sent(capture, seen)):
        return Verdict.wrong(calls, asked, "tool calls in output_messages")
    return Verdict.right(list(expected.elements()), got) if expected else Verdict.not_sent()


def _tools_run(seen: Seen) -> list[str | None]:
    """The tool of each span that is one, but not where it is inside a span of the same tool."""
    spans = {span["span_id"]: span for span in seen.spans if span["span_type"] == "TOOL"}
    found = []
    for span in spans.values():
        parent = spans.get(span["parent_span_id"])
        if parent is None or parent["tool_name"] != span["tool_name"]:
            found.append(span["tool_name"])
    return found


def _were_sent(capture: Capture, seen: Seen) -> bool:
    """Whether a model call was sent with the arguments of a tool that it asked for."""
    calls = capture.expected["calls"]
    return len(calls) == len(seen.model_calls) and any(
        set(values_in(arguments)) & seen.sent[row["span_id"]]
        for call, row in zip(calls, seen.model_calls, strict=True)
        for _, arguments in call["tool_calls"]
    )


def _same(some: Iterable[object], others: Iterable[object]) -> bool:
    return sorted(map(_spelled, some)) == sorted(map(_spelled, others))


def _spelled(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def documents(capture: Capture, seen: Seen) -> Verdict:
    """A retriever's documents are those it found, in their order."""
    facts = capture.expected
    expected = facts["retrieved_documents"]
    found = [
        document
        for span in seen.spans
        if span["span_type"] == "RETRIEVER" and span["documents"] is not None
        for document in json.loads(span["documents"])
    ]
    if expected is not None:
        good = len(found) == len(expected) and all(
            id_ in values_in(document) for id_, document in zip(expected, found, strict=True)
        )
    elif facts.get("retrieved_document_texts_present"):
        expected = capture.true_values["retrieved_documents"]
        good = len(found) == len(expected) and all(document["content"] for document in found)
    else:
        return Verdict.not_sent(found)
    return Verdict.right(expected, found) if good else Verdict.wrong(expected, found, "differs")
