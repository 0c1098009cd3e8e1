"""Judges what a person reads of a trace: what was asked, and what was answered."""

import unicodedata
from collections.abc import Iterator, Sequence

from captures import Capture
from seen import Row, Seen, read_json
from verdict import Verdict


def input_text(capture: Capture, seen: Seen) -> Verdict:
    """A trace's input is what the user said in the last turn, and so says a call's message."""
    expected = capture.expected["input_text"]
    if expected is None:
        return Verdict.not_sent([trace["input"] for trace in seen.traces if trace["input"]])
    got = [trace["input"] for trace in seen.traces]
    if _holds_turns(capture) and _root_is_mute(seen) and seen.model_calls:
        # Of several turns in a trace, nothing but the last call says which is the last.
        got.append(seen.model_calls[-1]["input"])
    verdict = _text(expected, got, seen)
    return _messages(verdict, [expected], seen, "input_messages", "user")


def output_text(capture: Capture, seen: Seen) -> Verdict:
    """A trace's output is the app's answer, and each answer of a model is in a call's message."""
    expected = capture.expected["output_text"]
    texts = [call["text"] for call in capture.expected["calls"] if call["text"]]
    if expected is None:
        verdict = Verdict.not_sent([trace["output"] for trace in seen.traces if trace["output"]])
    else:
        verdict = _text(expected, [trace["output"] for trace in seen.traces], seen)
    return _messages(verdict, texts, seen, "output_messages", "assistant")


def _text(expected: str, got: Sequence[str | None], seen: Seen) -> Verdict:
    if any(_same(expected, text) or _tells(text, expected, seen) for text in got):
        return Verdict.right(expected, got)
    if not any(_within(expected, text) for text in got):
        return Verdict.wrong(expected, got, "differs")
    # What travels only as a part of a longer text is told by that text.
    if any(_same(expected, value) for value in seen.all_sent):
        return Verdict.wrong(expected, got, "contained")
    return Verdict.right(expected, got)


def _tells(text: str | None, expected: str, seen: Seen) -> bool:
    """Whether a text was sent like this, and only its white space is not what was expected."""
    if text is None or text not in seen.all_sent:
        return False
    value = read_json(text)
    return text.strip() == expected or (value != text and value == read_json(expected))


def _messages(
    verdict: Verdict, texts: Sequence[str], seen: Seen, column: str, role: str
) -> Verdict:
    """The verdict, unless a call was sent with one of these texts and no call has it."""
    if verdict.why:
        return verdict
    said = [text for call in seen.model_calls for text in _texts_of(call[column], role)]
    # A call may have been sent twice, by its wrapper and by itself, and only once with messages.
    sent = [
        value
        for span in seen.spans
        if span["span_type"] == "LLM"
        for value in seen.sent[span["span_id"]]
    ]
    for text in texts:
        if any(_same(text, value) for value in sent) and not any(
            _within(text, each) for each in said
        ):
            return Verdict.wrong(text, said, f"not in {column}")
    return verdict


def _texts_of(messages: object, role: str) -> Iterator[str]:
    for of_role, part in parts_of(messages):
        content = part.get("content")
        if of_role == role and part.get("type") == "text" and isinstance(content, str):
            yield content


def parts_of(messages: object) -> Iterator[tuple[str, Row]]:
    """Role and part, of each part in a column of messages."""
    found = read_json(messages)
    assert isinstance(found, list | None)
    for message in found or ():
        for part in message["parts"]:
            yield message["role"], part


def _holds_turns(capture: Capture) -> bool:
    """Whether a model was called several times, and not because of tools."""
    calls = capture.expected["calls"]
    return len(calls) > 1 and not any(call["tool_calls"] for call in calls)


def _root_is_mute(seen: Seen) -> bool:
    roots = {trace["root_span_id"] for trace in seen.traces}
    return any(span["span_id"] in roots and span["input"] is None for span in seen.spans)


def _same(text: str, value: object) -> bool:
    return isinstance(value, str) and _composed(text) == _composed(value)


def _within(text: str, value: object) -> bool:
    return isinstance(value, str) and _composed(text) in _composed(value)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)
