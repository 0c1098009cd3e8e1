"""From spans and log records to the collector: processors, outboxes and exporters of a process."""

import atexit
import time
from collections.abc import Mapping, Sequence
from multiprocessing import util
from typing import Any, NamedTuple

from opentelemetry.context import Context
from opentelemetry.sdk._logs import LogRecordProcessor, ReadableLogRecord, ReadWriteLogRecord
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from spanlake.instrumentation import environment
from spanlake.instrumentation.attempts import Attempts
from spanlake.instrumentation.environment import Protocol, Signal
from spanlake.instrumentation.existing_exporters import Existing
from spanlake.instrumentation.masking import Mask, Masking
from spanlake.instrumentation.otlp_courier import OtlpCourier
from spanlake.instrumentation.outbox import Outbox
from spanlake.instrumentation.report import FlushReport
from spanlake.instrumentation.stamps import Stamps

_DEFAULT = {"grpc": "http://localhost:4317", "http/protobuf": "http://localhost:4318"}
_SECONDS_AT_EXIT = 10.0


class Destination(NamedTuple):
    """Where telemetry goes, as far as arguments say it; the rest is for the environment.

    endpoint: a URL without the path of a signal.
    """

    endpoint: str | None = None
    protocol: str | None = None
    headers: Mapping[str, str] | None = None


def address(signal: Signal, to: Destination) -> tuple[Protocol, str]:
    """How and where a signal goes. Raises UserError for a protocol there is not."""
    url = to.endpoint or environment.endpoint(signal)
    protocol = environment.protocol(signal, to.protocol, url)
    return protocol, url or _DEFAULT[protocol]


def courier(signal: Signal, to: Destination, mask: Mask | None) -> OtlpCourier[Any]:
    """What carries a signal to its destination. Raises UserError for a protocol there is not."""
    protocol, url = address(signal, to)
    attempts = Attempts()
    if protocol == "grpc":
        from spanlake.instrumentation.otlp_grpc import grpc_exporter as exporter
    else:
        from spanlake.instrumentation.otlp_http import http_exporter as exporter
    masking = None if mask is None else Masking(mask)
    prepare: Any = masking and (masking.span if signal == "traces" else masking.log_record)
    return OtlpCourier(
        exporter(signal, to.endpoint, to.headers, attempts),
        attempts,
        url,
        prepare,
    )


class SpanPipeline(SpanProcessor):
    """Stamps spans as they start, and sends them when they have ended.

    outbox: None when another exporter is to have them.
    """

    def __init__(self, stamps: Stamps, outbox: Outbox[ReadableSpan] | None) -> None:
        self._stamps = stamps
        self.outbox = outbox

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Stamp a span."""
        self._stamps.start(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        """Queue a span."""
        parent, context = span.parent, span.context
        if parent is None or parent.is_remote:
            self._stamps.end(context)
        if self.outbox is not None and context.trace_flags.sampled:
            self.outbox.put(span)

    def shutdown(self) -> None:
        """Send what is queued; the provider calls this when the program ends."""
        if self.outbox is not None:
            self.outbox.close(_SECONDS_AT_EXIT)

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Send what is queued; whether all of it has arrived."""
        return self.outbox is None or not self.outbox.flush(timeout_millis / 1000).queued


class LogPipeline(LogRecordProcessor):
    """Sends log records."""

    def __init__(self, outbox: Outbox[ReadableLogRecord]) -> None:
        self.outbox = outbox

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Queue a record."""
        self.outbox.put(
            ReadableLogRecord(
                log_record.log_record,
                log_record.resource,  # type: ignore[arg-type]  # a provider's record has one
                log_record.instrumentation_scope,
                log_record.limits,
            )
        )

    def shutdown(self) -> None:
        """Send what is queued; the provider calls this when the program ends."""
        self.outbox.close(_SECONDS_AT_EXIT)

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Send what is queued; whether all of it has arrived."""
        return not self.outbox.flush(timeout_millis / 1000).queued


class Outboxes:
    """The queues of this process, flushed and closed together.

    theirs: exporters of the app that stand in for a queue of ours. They are flushed too, but count
    nothing.
    """

    def __init__(self, *outboxes: Outbox[Any], theirs: Sequence[Existing] = ()) -> None:
        self._outboxes = outboxes
        self._theirs = theirs

    def flush(self, timeout: float) -> FlushReport:
        """Deliver what is held, for at most these seconds, and report."""
        deadline = time.monotonic() + timeout
        report = FlushReport()
        for outbox in self._outboxes:
            report += outbox.flush(max(deadline - time.monotonic(), 0))
        for each in self._theirs:
            each.processor.force_flush(max(int((deadline - time.monotonic()) * 1000), 0))
            report += FlushReport(reasons={each.uncounted: 0})
        return report

    def close(self) -> None:
        """Deliver what is held, as the program ends."""
        deadline = time.monotonic() + _SECONDS_AT_EXIT
        for outbox in self._outboxes:
            outbox.close(max(deadline - time.monotonic(), 0))

    def close_at_exit(self) -> None:
        """Have all closed when this process, or one that multiprocessing forks from it, ends."""
        atexit.register(self.close)
        # Processes of multiprocessing end without atexit, and forget the parent's finalizers.
        util.Finalize(self, _close, args=(self,), exitpriority=100)
        util.register_after_fork(self, _close_in_child)


def _close(outboxes: Outboxes) -> None:
    outboxes.close()


def _close_in_child(outboxes: Outboxes) -> None:
    util.Finalize(outboxes, _close, args=(outboxes,), exitpriority=100)
