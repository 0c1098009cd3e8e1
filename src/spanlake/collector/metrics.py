"""What the collector counts of itself, for Prometheus. The counts agree with what clients heard."""

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from spanlake import log
from spanlake.collector.budget import Budget
from spanlake.entities import Receipt, Signal

_log = log.get(__name__)
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class CollectorMetrics:
    """Counters of one collector, in a registry of its own."""

    def __init__(self, budget: Budget) -> None:
        self.registry = CollectorRegistry()
        self._redact: Callable[[str], str] = lambda reason: reason
        signal = ["signal"]
        self._requests = self._counter(
            "spanlake_requests", "Export requests by answer.", [*signal, "transport", "answer"]
        )
        self._accepted = self._counter(
            "spanlake_accepted_items", "Spans, log records and data points acknowledged.", signal
        )
        self._rejected = self._counter(
            "spanlake_rejected_items", "Items refused in requests that were accepted.", signal
        )
        self._deduplicated = self._counter(
            "spanlake_deduplicated_items",
            "Items acknowledged again, not stored again.",
            signal,
        )
        self._committed = self._counter("spanlake_committed_items", "Items made durable.", signal)
        self._sampled_out = self._counter(
            "spanlake_sampled_out_items",
            "Items acknowledged and, being of traces that are not kept, not stored.",
            signal,
        )
        self._judged = self._counter(
            "spanlake_tail_sampled_traces",
            "Traces that tail sampling has judged, by what became of them.",
            ["decision"],
        )
        self._bytes = self._counter("spanlake_committed_bytes", "Bytes of files written.", signal)
        self._failures = self._counter(
            "spanlake_commit_failures", "Commits that did not become durable.", signal
        )
        self._redactions = self._counter(
            "spanlake_redactions", "Findings of redaction by rule.", [*signal, "rule"]
        )
        exporter = ["exporter", *signal]
        self._forwarded = self._counter(
            "spanlake_forwarded_items", "Items that another backend has taken.", exporter
        )
        self._not_forwarded = self._counter(
            "spanlake_forward_dropped_items",
            "Items that will not be sent on, by reason.",
            [*exporter, "reason"],
        )
        self._forward_failures = self._counter(
            "spanlake_forward_failures", "Requests a backend did not take.", ["exporter"]
        )
        self._forward_queue = Gauge(
            "spanlake_forward_queue_bytes",
            "Bytes of files that wait to be sent on.",
            ["exporter"],
            registry=self.registry,
        )
        self._latency = Histogram(
            "spanlake_commit_seconds",
            "From the start of a group's decoding until it is durable.",
            signal,
            buckets=_SECONDS,
            registry=self.registry,
        )
        taken = Gauge(
            "spanlake_queue_bytes", "Bytes of requests in flight.", registry=self.registry
        )
        taken.set_function(lambda: budget.taken)
        limit = Gauge(
            "spanlake_queue_limit_bytes", "Bytes that may be in flight.", registry=self.registry
        )
        limit.set(budget.limit)

    def watch_catalog(self, is_up: Callable[[], bool]) -> None:
        """Show whether the catalog answers."""
        up = Gauge("spanlake_catalog_up", "1 while the catalog answers.", registry=self.registry)
        up.set_function(is_up)

    def redact_reasons(self, redact: Callable[[str], str]) -> None:
        """Have what is logged of failures redacted."""
        self._redact = redact

    def _counter(self, name: str, text: str, labels: list[str]) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def acknowledged(self, signal: Signal, receipt: Receipt) -> None:
        """A request was told that it is stored."""
        if receipt.duplicate:
            self._deduplicated.labels(signal).inc(receipt.accepted)
        else:
            self._accepted.labels(signal).inc(receipt.accepted)
        if receipt.rejected and not receipt.duplicate:
            self._rejected.labels(signal).inc(receipt.rejected)

    def answered(self, signal: Signal, *, transport: str, answer: str) -> None:
        """A request was answered over `transport` with the HTTP or gRPC code `answer`."""
        self._requests.labels(signal, transport, answer).inc()

    def committed(self, signal: Signal, *, items: int, size: int, seconds: float) -> None:
        """A file of `items` rows and `size` bytes became durable, `seconds` after it was begun."""
        self._committed.labels(signal).inc(items)
        self._bytes.labels(signal).inc(size)
        self._latency.labels(signal).observe(seconds)

    def sampled_out(self, signal: Signal, items: int) -> None:
        """Items were accepted and, being of traces that are not kept, not stored."""
        self._sampled_out.labels(signal).inc(items)

    def judged(self, decisions: Mapping[str, int]) -> None:
        """Tail sampling has decided of so many traces, by what became of them."""
        for decision, count in decisions.items():
            self._judged.labels(decision).inc(count)

    def redacted(self, signal: Signal, counts: Mapping[str, int]) -> None:
        """Rules of redaction found this much in rows that are to be stored."""
        for rule, count in counts.items():
            self._redactions.labels(signal, rule).inc(count)

    def forwarded(self, exporter: str, signal: Signal, items: int) -> None:
        """Another backend has taken items."""
        self._forwarded.labels(exporter, signal).inc(items)

    def not_forwarded(self, exporter: str, signal: Signal, items: int, reason: str) -> None:
        """Items will not be sent on."""
        self._not_forwarded.labels(exporter, signal, reason).inc(items)

    def forwarding_failed(self, exporter: str) -> None:
        """A backend did not take a request."""
        self._forward_failures.labels(exporter).inc()

    def forwarding_queue(self, exporter: str, size: int) -> None:
        """So many bytes of files wait to be sent on."""
        self._forward_queue.labels(exporter).set(size)

    def failed(self, signal: Signal, reason: str) -> None:
        """A commit failed; its requests were told to come again."""
        self._failures.labels(signal).inc()
        _log.error("collector.commit_failed", signal=signal, reason=self._redact(reason))

    def render(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)
