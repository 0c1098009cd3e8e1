"""The spans that an app of a test makes, as the SDK has them when they end."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from spanlake.instrumentation.pipeline import SpanPipeline
from spanlake.instrumentation.stamps import STAMPS


class Recorded:
    """The spans that have ended since the test began."""

    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self._exporter = exporter

    @property
    def all(self) -> tuple[ReadableSpan, ...]:
        """Every span, in the order in which they ended."""
        return self._exporter.get_finished_spans()

    def one(self, name: str) -> ReadableSpan:
        """The span of this name."""
        (found,) = (span for span in self.all if span.name == name)
        return found

    def attributes(self, name: str) -> dict[str, object]:
        """The attributes of the span of this name."""
        return dict(self.one(name).attributes or {})

    def parent(self, name: str) -> str | None:
        """The name of the span's parent, if that has ended too."""
        parent = self.one(name).parent
        names = {span.context.span_id: span.name for span in self.all}
        return None if parent is None else names.get(parent.span_id)


@cache
def _exporter() -> InMemorySpanExporter:
    """What the process' one tracer provider exports to: OpenTelemetry lets it be set once."""
    exporter = InMemorySpanExporter()
    provider = trace.get_tracer_provider()
    is_new = not isinstance(provider, TracerProvider)
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SpanPipeline(STAMPS, None))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    if is_new:
        trace.set_tracer_provider(provider)
    return exporter


@contextmanager
def recording() -> Iterator[Recorded]:
    """Record spans from here on."""
    exporter = _exporter()
    exporter.clear()
    yield Recorded(exporter)
    exporter.clear()
