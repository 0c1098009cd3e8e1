import pytest
from prometheus_client.parser import text_string_to_metric_families

from spanlake.collector.budget import Budget
from spanlake.collector.metrics import CollectorMetrics
from spanlake.entities import Receipt, Signal


@pytest.fixture
def budget() -> Budget:
    return Budget(1 << 20, retry_after=1)


@pytest.fixture
def metrics(budget: Budget) -> CollectorMetrics:
    return CollectorMetrics(budget)


def value(metrics: CollectorMetrics, name: str, **labels: str) -> float | None:
    """A sample as Prometheus reads it; None when there is none."""
    found = metrics.registry.get_sample_value(name, labels)
    families = text_string_to_metric_families(metrics.render().decode())
    samples = {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }
    assert samples.get((name, frozenset(labels.items()))) == found
    return found


def test_accepted_and_rejected_are_counted_by_signal(metrics: CollectorMetrics) -> None:
    """What a client is told of accepted and rejected items is counted, each signal for itself."""
    metrics.acknowledged(Signal.TRACES, Receipt(5, 2, "why"))
    metrics.acknowledged(Signal.TRACES, Receipt(1))
    metrics.acknowledged(Signal.LOGS, Receipt(0, 3, "why"))
    assert value(metrics, "spanlake_accepted_items_total", signal="traces") == 6
    assert value(metrics, "spanlake_rejected_items_total", signal="traces") == 2
    assert value(metrics, "spanlake_rejected_items_total", signal="logs") == 3
    assert value(metrics, "spanlake_accepted_items_total", signal="metrics") is None


def test_duplicates_count_as_such_only(metrics: CollectorMetrics) -> None:
    """A request acknowledged again adds to the deduplicated items and to nothing else."""
    metrics.acknowledged(Signal.TRACES, Receipt(5, 2, "why", duplicate=True))
    assert value(metrics, "spanlake_deduplicated_items_total", signal="traces") == 5
    assert value(metrics, "spanlake_accepted_items_total", signal="traces") is None
    assert value(metrics, "spanlake_rejected_items_total", signal="traces") is None


def test_answers_are_counted_by_code(metrics: CollectorMetrics) -> None:
    """Requests are counted by signal, transport and answer."""
    for answer in ("OK", "OK", "UNAVAILABLE"):
        metrics.answered(Signal.LOGS, transport="grpc", answer=answer)
    labels = {"signal": "logs", "transport": "grpc"}
    assert value(metrics, "spanlake_requests_total", **labels, answer="OK") == 2
    assert value(metrics, "spanlake_requests_total", **labels, answer="UNAVAILABLE") == 1


def test_commits_are_counted_and_timed(metrics: CollectorMetrics) -> None:
    """A commit counts its items, bytes and seconds."""
    metrics.committed(Signal.TRACES, items=10, size=1000, seconds=0.02)
    metrics.committed(Signal.TRACES, items=5, size=500, seconds=3)
    assert value(metrics, "spanlake_committed_items_total", signal="traces") == 15
    assert value(metrics, "spanlake_committed_bytes_total", signal="traces") == 1500
    assert value(metrics, "spanlake_commit_seconds_count", signal="traces") == 2
    assert value(metrics, "spanlake_commit_seconds_sum", signal="traces") == 3.02
    assert value(metrics, "spanlake_commit_seconds_bucket", signal="traces", le="0.025") == 1


def test_failures_are_counted_and_logged(
    metrics: CollectorMetrics, caplog: pytest.LogCaptureFixture
) -> None:
    """A failed commit is counted, and its reason is in the log."""
    metrics.failed(Signal.LOGS, "OSError: No space left on device")
    assert value(metrics, "spanlake_commit_failures_total", signal="logs") == 1
    assert "No space left on device" in caplog.text


def test_the_queue_is_what_the_budget_says(metrics: CollectorMetrics, budget: Budget) -> None:
    """The bytes in flight are shown as they are at the moment of asking, and their limit too."""
    with budget.reservation() as held:
        held.grow(700)
        assert value(metrics, "spanlake_queue_bytes") == 700
    assert value(metrics, "spanlake_queue_bytes") == 0
    assert value(metrics, "spanlake_queue_limit_bytes") == 1 << 20


def test_collectors_do_not_share_counters() -> None:
    """Two collectors in one process count each for itself."""
    first, second = (CollectorMetrics(Budget(1, retry_after=1)) for _ in range(2))
    first.acknowledged(Signal.TRACES, Receipt(5))
    assert value(second, "spanlake_accepted_items_total", signal="traces") is None
