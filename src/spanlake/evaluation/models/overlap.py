"""A judge without a model, for trials and tests: it compares words.

It says yes where the response has at least half of the words of what it should agree with, and
where it should agree with nothing, that it is there. It is repeatable, and no judge to release by.
"""

import json
import re
from collections.abc import Iterable

from spanlake.evaluation.models.fence import fenced_texts
from spanlake.evaluation.models.message import ChatRequest, JsonObject
from spanlake.evaluation.models.script import Answer

_WORD = re.compile(r"\w+")
_JUDGED = ("response", "outputs", "content", "conversation")
_REFERENCES = ("expected_response", "expected_facts", "expectations", "context", "document")
_AGREES = 0.5
_RATIONALE = "words in common with what was expected: {share:.0%}"


def overlap(request: ChatRequest) -> Answer:
    """Answer a judge's question by the words in common."""
    given = fenced_texts("\n".join(message.text for message in request.messages))
    share = _share(
        _words(given[name] for name in _REFERENCES if name in given),
        _words(given[name] for name in _JUDGED if name in given),
    )
    if request.response_schema is None:
        return Answer(_RATIONALE.format(share=share))
    return Answer(json.dumps(_filled(request.response_schema.schema, share)))


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in _WORD.findall(text.lower())}


def _share(wanted: set[str], said: set[str]) -> float:
    if not wanted:
        return 1.0 if said else 0.0
    return len(wanted & said) / len(wanted)


def _filled(schema: JsonObject, share: float) -> object:
    """A value that the schema allows, good or bad as the share says."""
    if "anyOf" in schema:
        return _filled(schema["anyOf"][0], share)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return _choice(schema["enum"], share)
    if schema.get("type") == "object":
        properties: JsonObject = schema.get("properties", {})
        return {name: _filled(each, share) for name, each in properties.items()}
    plain = {
        "array": [],
        "boolean": share >= _AGREES,
        "number": share,
        "integer": round(share),
        "null": None,
    }
    return plain.get(schema.get("type", ""), _RATIONALE.format(share=share))


def _choice(choices: list[object], share: float) -> object:
    """Yes or no where there are both, else the first choice or the last."""
    best, worst = ("yes", "no") if {"yes", "no"} <= set(choices) else (choices[0], choices[-1])
    return best if share >= _AGREES else worst
