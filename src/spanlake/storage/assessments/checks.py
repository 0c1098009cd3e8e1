"""The rules that what is said has to keep, in the words of whoever says it."""

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

from spanlake.entities import AssessmentSource, Feedback, SourceType
from spanlake.errors import UserError
from spanlake.storage.catalog.texts import check_name

LONGEST_NAME = 250
LONGEST_TEXT = 1 << 20
"""Of a rationale, an error's message and a value as JSON, in characters."""

MOST_METADATA = 100
_LONGEST_METADATA = 10_000
_TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")
_SPAN_ID = re.compile(r"(?!0{16})[0-9a-f]{16}")
# What MLflow calls a judge that is a model.
_SOURCE_TYPES = {each.value: each for each in SourceType} | {"AI_JUDGE": SourceType.LLM_JUDGE}


def check_source(
    source: AssessmentSource | None, default: SourceType = SourceType.CODE
) -> AssessmentSource:
    """The source with its type as it is stored. default: of one that is not told. UserError."""
    if source is None:
        return AssessmentSource(default)
    known = _SOURCE_TYPES.get(str(source.source_type).strip().upper())
    if known is None:
        raise UserError(
            f"source_type is {source.source_type!r}: must be HUMAN, LLM_JUDGE or CODE; correct it"
        )
    check_line("source_id", source.source_id)
    return AssessmentSource(known, source.source_id)


def check_verdict(said: Feedback) -> None:
    """UserError unless there is either a value or an error."""
    if said.error is not None and said.value is not None:
        raise UserError(
            f"value is {_shown(said.value)} and error is {said.error.error_code!r}: "
            "must be one of them; leave the other out"
        )
    if said.error is None and said.value is None:
        raise UserError(
            f"feedback {said.name!r} has neither value nor error: must have one of them; add it"
        )
    if said.error is not None:
        check_line("error_code", said.error.error_code)
        check_text("error_message", said.error.error_message)


def check_line(typed: str, text: str | None) -> None:
    """UserError for a text that is not one line of 1 to 250 characters. None is no text."""
    check_text(typed, text)
    if text is not None:
        check_name(typed, text, longest=LONGEST_NAME)


def json_of(value: object) -> str:
    """A value as JSON. UserError for what JSON does not have."""
    try:
        text = orjson.dumps(_plain(value)).decode()
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise UserError(
            f"value is {_shown(value)}: cannot be written as JSON ({error}); simplify it"
        ) from None
    check_text("value", text)
    return text


def check_text(typed: str, text: str | None) -> None:
    """UserError for a text that is too long, or no Unicode. typed: what the user knows it as."""
    if text is None:
        return
    if not isinstance(text, str):
        raise UserError(f"{typed} is {_shown(text)}: must be text; write it as such")
    if len(text) > LONGEST_TEXT:
        raise UserError(
            f"{typed} has {len(text):,} characters: must have at most {LONGEST_TEXT:,}; shorten it"
        )
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UserError(
            f"{typed} is {_shown(text)}: must be Unicode without lone surrogates; correct it"
        ) from None


def check_metadata(metadata: Mapping[str, object]) -> dict[str, str]:
    """Metadata as text by name; what is no text becomes JSON. UserError."""
    if len(metadata) > MOST_METADATA:
        raise UserError(
            f"metadata has {len(metadata)} entries: must have at most {MOST_METADATA}; "
            "leave some out"
        )
    checked = {}
    for key, value in metadata.items():
        check_line("a key of metadata", key)
        text = value if isinstance(value, str) else json_of(value)
        check_text(f"metadata {key!r}", text)
        if len(text) > _LONGEST_METADATA:
            raise UserError(
                f"metadata {key!r} has {len(text):,} characters: must have at most "
                f"{_LONGEST_METADATA:,}; shorten it"
            )
        checked[key] = text
    return checked


def check_trace_id(trace_id: str | None) -> str | None:
    """The id in lower case. UserError unless it is one."""
    if trace_id is None:
        return None
    return _check_id("trace_id", trace_id, _TRACE_ID, "32 hexadecimal digits, not all 0")


def check_span_id(span_id: str | None) -> str | None:
    """The id in lower case. UserError unless it is one."""
    if span_id is None:
        return None
    return _check_id("span_id", span_id, _SPAN_ID, "16 hexadecimal digits, not all 0")


def _check_id(typed: str, given: str, pattern: re.Pattern[str], rule: str) -> str:
    wanted = str(given).strip().lower()
    if not pattern.fullmatch(wanted):
        raise UserError(
            f"{typed} is {_shown(given)}: must be {rule}; `spanlake traces list` shows the ids"
        )
    return wanted


def _plain(value: Any) -> Any:  # noqa: ANN401  # whatever the user gives
    """A value as JSON has it; numbers of numpy, which scorers return, as Python's."""
    match value:
        case np.generic():
            return _plain(value.item())
        case None | bool() | int() | str():
            return value
        case float():
            if not math.isfinite(value):
                raise UserError(
                    f"value is {value}: must be a number that JSON has; log an error instead"
                )
            return value
        case list() | tuple():
            return [_plain(each) for each in value]
        case Mapping():
            for key in value:
                if not isinstance(key, str):
                    raise UserError(
                        f"value has the key {_shown(key)}: must be text; write it as such"
                    )
            return {key: _plain(each) for key, each in value.items()}
        case _:
            raise UserError(
                f"value is of type {type(value).__name__}: must be a bool, number, text, list or "
                "dict; convert it"
            )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_NAME else f"{text[:60]}…"
