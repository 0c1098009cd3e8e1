"""The app's own rule for what must not leave it, applied to every text that does."""

import logging
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any

from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Status

_log = logging.getLogger(__name__)

Mask = Callable[[str], str]
"""Takes a text that is about to be sent, and returns what is sent in its place."""

# Of the attributes that are Spanlake's protocol these hold content.
_PROTOCOL = "spanlake."
_CONTENT = (
    "spanlake.input",
    "spanlake.output",
    "spanlake.metadata.",
    "spanlake.assessment.value",
    "spanlake.assessment.error_message",
    "spanlake.assessment.metadata.",
)


def _is_ours(key: str) -> bool:
    """Whether an attribute is no content, but what the collector goes by."""
    return key.startswith(_PROTOCOL) and not key.startswith(_CONTENT)


class Masking:
    """Applies a mask to spans and log records, on the outbox' thread.

    It sees names, messages and every text in attributes and bodies, whoever put it there: the app,
    its decorators or an instrumentor. A mask that fails hides the text.
    """

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._has_failed = False

    def span(self, span: ReadableSpan) -> ReadableSpan:
        """A copy of a span with masked texts."""
        return ReadableSpan(
            name=self._text(span.name),
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes=self._mapping(span.attributes),
            events=[
                Event(self._text(event.name), self._mapping(event.attributes), event.timestamp)
                for event in span.events
            ],
            links=span.links,
            kind=span.kind,
            status=Status(
                span.status.status_code,
                None if span.status.description is None else self._text(span.status.description),
            ),
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    def log_record(self, record: ReadableLogRecord) -> ReadableLogRecord:
        """A copy of a log record with masked texts."""
        inner = copy(record.log_record)
        inner.body = self._value(inner.body)
        inner.attributes = self._mapping(inner.attributes)
        return replace(record, log_record=inner)

    def _mapping(self, attributes: Mapping[str, Any] | None) -> dict[str, Any]:
        return {
            key: value if _is_ours(key) else self._value(value)
            for key, value in (attributes or {}).items()
        }

    def _value(self, value: Any) -> Any:  # noqa: ANN401  # whatever an attribute may be
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            return self._mapping(value)
        if isinstance(value, Sequence) and not isinstance(value, bytes):
            return [self._value(each) for each in value]
        return value

    def _text(self, text: str) -> str:
        try:
            masked = self._mask(text)
        except Exception as error:  # noqa: BLE001  # the text must not leave, and the rest must
            if not self._has_failed:
                _log.exception("the mask failed; the texts it fails on are hidden")
            self._has_failed = True
            return f"[hidden: the mask raised {type(error).__name__}]"
        if not isinstance(masked, str):
            return f"[hidden: the mask returned {type(masked).__name__}]"
        return masked
