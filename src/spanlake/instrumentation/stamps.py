"""What every span is given as it starts: the app's version, and whose trace it is."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from opentelemetry import baggage
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanContext, get_current_span
from opentelemetry.util.types import AttributeValue

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import Span as SdkSpan

Attributes = Mapping[str, AttributeValue]

CARRIED = ("session.id", "user.id")
"""What goes along to child services, as W3C baggage of the same names."""

# Traces whose words are remembered: spans may follow after all others of theirs have ended.
_REMEMBERED = 4096


class Stamps:
    """Attributes for the spans to come, of all traces and of single ones.

    One for the process. A span of a trace that never said anything costs two look-ups.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of_all: dict[str, AttributeValue] = {}
        self._of_trace: OrderedDict[int, dict[str, AttributeValue]] = OrderedDict()
        self._entries: dict[int, SdkSpan] = {}

    def set_for_all(self, attributes: Attributes, *, instead_of: str = "") -> None:
        """Put attributes on every later span; those whose keys begin as `instead_of` does go."""
        with self._lock:
            kept = {
                key: value
                for key, value in self._of_all.items()
                if not instead_of or not key.startswith(instead_of)
            }
            self._of_all = kept | dict(attributes)

    def set_for_trace(self, current: Span, attributes: Attributes) -> None:
        """Put them on this span, on the trace's first in this process, and on later ones."""
        trace_id = current.get_span_context().trace_id
        with self._lock:
            said = self._of_trace.pop(trace_id, {})
            self._of_trace[trace_id] = said | dict(attributes)
            if len(self._of_trace) > _REMEMBERED:
                self._of_trace.popitem(last=False)
            entry = self._entries.get(trace_id)
        current.set_attributes(attributes)
        if entry is not None and entry is not current and entry.is_recording():
            entry.set_attributes(attributes)

    def of_trace(self, trace_id: int) -> Attributes:
        """What has been said of a trace."""
        return self._of_trace.get(trace_id, {})

    def start(self, span: "SdkSpan", parent_context: Context | None) -> None:
        """Stamp a span that starts."""
        trace_id = span.context.trace_id
        stamps = self._of_all
        parent = span.parent
        if parent is None or parent.is_remote:
            self._entries[trace_id] = span
            carried = _carried(parent_context)
            if carried:
                stamps = stamps | carried
                self._remember(trace_id, carried)
        said = self._of_trace.get(trace_id)
        if said:
            stamps = stamps | said
        if stamps:
            span.set_attributes(stamps)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._of_all = {}
            self._of_trace.clear()
            self._entries.clear()

    def __len__(self) -> int:
        """How many traces it holds anything of."""
        return len(self._of_trace.keys() | self._entries.keys())

    def end(self, context: SpanContext) -> None:
        """Forget the span a trace entered the process with."""
        entry = self._entries.get(context.trace_id)
        if entry is not None and entry.context.span_id == context.span_id:
            self._entries.pop(context.trace_id, None)

    def _remember(self, trace_id: int, carried: dict[str, AttributeValue]) -> None:
        with self._lock:
            self._of_trace[trace_id] = carried | self._of_trace.get(trace_id, {})
            if len(self._of_trace) > _REMEMBERED:
                self._of_trace.popitem(last=False)


def _carried(context: Context | None) -> dict[str, AttributeValue]:
    """What the calling service says of the trace."""
    if not baggage.get_all(context):
        return {}
    found = {key: baggage.get_baggage(key, context) for key in CARRIED}
    return {key: value for key, value in found.items() if isinstance(value, str)}


def with_baggage(context: Context | None, stamps: Stamps) -> Context | None:
    """The context with what is known of its trace as baggage, for a child service."""
    said = stamps.of_trace(get_current_span(context).get_span_context().trace_id)
    for key in CARRIED:
        if isinstance(value := said.get(key), str):
            context = baggage.set_baggage(key, value, context)
    return context


STAMPS = Stamps()
"""The one of this process."""
