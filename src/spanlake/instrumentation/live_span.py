"""A span while its step runs."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from opentelemetry.context import attach, detach
from opentelemetry.trace import (
    Link,
    Span,
    Status,
    StatusCode,
    get_tracer,
    set_span_in_context,
)
from opentelemetry.util.types import AttributeValue

from spanlake.instrumentation.content import POLICY, inputs_of, outputs_of
from spanlake.instrumentation.json_text import to_text
from spanlake.instrumentation.span_types import SpanType, span_type_of

_log = logging.getLogger(__name__)
_TRACER = get_tracer("spanlake")
_PLAIN = (bool, int, float)


class LiveSpan:
    """What `spanlake.span` gives: the OpenTelemetry span, and what is recorded on it.

    otel: the span itself. trace_id, span_id: hex.
    """

    __slots__ = ("_kind", "otel")

    def __init__(self, otel: Span, kind: SpanType) -> None:
        self.otel = otel
        self._kind = kind

    @property
    def trace_id(self) -> str:
        """The id of the trace, as the lake has it."""
        return f"{self.otel.get_span_context().trace_id:032x}"

    @property
    def span_id(self) -> str:
        """The id of the span, as the lake has it."""
        return f"{self.otel.get_span_context().span_id:016x}"

    def set_inputs(self, inputs: object) -> None:
        """Record what goes into the step: a text, messages, or any value."""
        if self.otel.is_recording():
            self.otel.set_attributes(_written(inputs_of, self._kind, inputs))

    def set_outputs(self, outputs: object) -> None:
        """Record what comes out of it, likewise."""
        if self.otel.is_recording():
            self.otel.set_attributes(_written(outputs_of, self._kind, outputs))

    def set_attribute(self, key: str, value: object) -> None:
        """Set an attribute; what OpenTelemetry has no type for is written as JSON."""
        if self.otel.is_recording():
            self.otel.set_attribute(key, _attribute(value))

    def set_attributes(self, attributes: Mapping[str, object]) -> None:
        """Set several attributes."""
        for key, value in attributes.items():
            self.set_attribute(key, value)

    def set_usage(
        self,
        *,
        model: str | None = None,
        provider: str | None = None,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
    ) -> None:
        """Say which model answered and what it read and wrote, where no instrumentor does."""
        said = {
            "gen_ai.response.model": model,
            "gen_ai.provider.name": provider,
            "gen_ai.usage.input_tokens": input_tokens,
            "gen_ai.usage.output_tokens": output_tokens,
        }
        self.set_attributes({key: value for key, value in said.items() if value is not None})

    def add_event(self, name: str, attributes: Mapping[str, object] | None = None) -> None:
        """Add an event that happens now."""
        said = {key: _attribute(value) for key, value in (attributes or {}).items()}
        self.otel.add_event(name, said)

    def record_exception(self, error: BaseException) -> None:
        """Record that the step has failed."""
        kind = type(error).__qualname__
        try:
            message = to_text(str(error), POLICY.limit)
            self.otel.record_exception(error)
        except Exception:  # noqa: BLE001  # an error that cannot be printed is told by its type
            message = ""
        self.otel.set_attribute("error.type", kind)
        self.otel.set_status(Status(StatusCode.ERROR, message or kind))


def _attribute(value: object) -> AttributeValue:
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value):
        return list(value)
    return to_text(value, POLICY.limit)


def first_attributes(
    kind: SpanType, name: str, attributes: Mapping[str, object] | None
) -> dict[str, AttributeValue]:
    """What a span of this type is known by from its start."""
    known: dict[str, AttributeValue] = {}
    if kind.name:
        known["spanlake.span_type"] = kind.name
    if kind.operation:
        known["gen_ai.operation.name"] = kind.operation
    if kind.named:
        known[kind.named] = name
    for key, value in (attributes or {}).items():
        known[key] = _attribute(value)
    return known


def start(
    name: str,
    kind: SpanType,
    known: dict[str, AttributeValue],
    inputs: Callable[[], object] | None,
    links: "list[Link] | None" = None,
) -> LiveSpan:
    """Start a span of ours, current in no context yet. inputs: asked for if it is recorded."""
    otel = _TRACER.start_span(name, links=links)
    if otel.is_recording():
        # In one go, and not as the span starts: there the SDK copies attributes twice.
        if inputs is not None:
            known = known | _written(inputs_of, kind, inputs())
        if known:
            otel.set_attributes(known)
    return LiveSpan(otel, kind)


def _written(
    write: Callable[[SpanType, object], dict[str, AttributeValue]], kind: SpanType, value: object
) -> dict[str, AttributeValue]:
    """Content as attributes, if it is to be recorded."""
    if not POLICY.is_recorded:
        return {}
    try:
        return write(kind, value)
    except Exception:  # noqa: BLE001  # an app's object may do anything, and must not cost it its call
        _log.warning("content of a %s was not recorded", type(value).__name__, exc_info=True)
        return {}


@contextmanager
def span(
    name: str,
    span_type: str | None = None,
    *,
    inputs: object = None,
    attributes: Mapping[str, object] | None = None,
    links: list[Link] | None = None,
) -> Iterator[LiveSpan]:
    """Trace the block within as a step; an exception that leaves it is recorded, and goes on.

    name: of the step. span_type: TOOL, RETRIEVER, AGENT, LLM, …; any case. inputs: what goes in;
    what comes out is recorded with `set_outputs`. Raises UserError for a type there is not.
    """
    kind = span_type_of(span_type)
    known = first_attributes(kind, name, attributes)
    live = start(name, kind, known, None if inputs is None else lambda: inputs, links)
    token = attach(set_span_in_context(live.otel))
    try:
        yield live
    except BaseException as error:
        if not isinstance(error, GeneratorExit):
            live.record_exception(error)
        raise
    finally:
        detach(token)
        live.otel.end()
