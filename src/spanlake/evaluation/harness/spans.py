"""The spans of an evaluation in this process: of each row, of the app below it, of the judges."""

import threading
from collections import defaultdict

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider

from spanlake.evaluation.models.tracing import JUDGES

SCOPE = "spanlake.evaluation"
RUN_ID = "spanlake.run_id"


class RunSpans:
    """Collects the spans of one run's traces, and of what judges it. For any threads.

    Other spans of the process are none of its business.
    """

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._lock = threading.Lock()
        self._traces: set[int] = set()
        self._ended: dict[int, list[ReadableSpan]] = defaultdict(list)

    def started(self, span: Span) -> None:
        """Know the traces that are begun for the run."""
        if span.parent is None:
            attributes = span.attributes or {}
            scope = span.instrumentation_scope
            is_judge = scope is not None and scope.name == JUDGES
            if is_judge or attributes.get(RUN_ID) == self._run_id:
                with self._lock:
                    self._traces.add(span.context.trace_id)

    def ended(self, span: ReadableSpan) -> None:
        """Keep a span that belongs to one of them."""
        context = span.context
        with self._lock:
            if context is not None and context.trace_id in self._traces:
                self._ended[context.trace_id].append(span)

    def take(self, trace_id: int) -> bytes | None:
        """What has ended of a trace, as an export request; None for nothing."""
        with self._lock:
            spans = self._ended.pop(trace_id, [])
        return _request(spans)

    def take_all(self) -> bytes | None:
        """What has ended of all of them."""
        with self._lock:
            spans = [span for each in self._ended.values() for span in each]
            self._ended.clear()
        return _request(spans)

    def close(self) -> None:
        """Collect no more."""
        _PROCESSOR.collecting = tuple(each for each in _PROCESSOR.collecting if each is not self)


class _Processor(SpanProcessor):
    """Tells the runs of this process of spans. One for all: a provider never lets one go."""

    def __init__(self) -> None:
        self.collecting: tuple[RunSpans, ...] = ()
        self.provider: TracerProvider | None = None

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002  # the interface's
        """Tell of a span that begins."""
        for each in self.collecting:
            each.started(span)

    def on_end(self, span: ReadableSpan) -> None:
        """Tell of a span that has ended."""
        for each in self.collecting:
            each.ended(span)


_PROCESSOR = _Processor()


def collect(run_id: str) -> RunSpans:
    """Begin to collect; where the program has set up no tracing, that is done first."""
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        # A later spanlake.init() extends it.
        provider = TracerProvider(resource=Resource.create({"service.name": "evaluation"}))
        trace.set_tracer_provider(provider)
    if _PROCESSOR.provider is not provider:
        provider.add_span_processor(_PROCESSOR)
        _PROCESSOR.provider = provider
    spans = RunSpans(run_id)
    _PROCESSOR.collecting += (spans,)
    return spans


def _request(spans: list[ReadableSpan]) -> bytes | None:
    return encode_spans(spans).SerializeToString() if spans else None
