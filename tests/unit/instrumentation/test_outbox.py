import logging
import threading
from collections.abc import Callable, Iterator, Sequence

import pytest
from server import wait_until

from spanlake.instrumentation.outbox import Answer, Limits, Outbox
from spanlake.instrumentation.report import FlushReport

DELIVERED = Answer(delivered=True)
BUSY = Answer(delivered=False, may_retry=True, reason="busy")


class Clerk:
    """A courier that answers each batch as a test says."""

    destination = "http://there"
    trouble = ""
    is_unreachable = False

    def __init__(self, answer: Callable[[Sequence[int]], Answer]) -> None:
        self._answer = answer
        self.batches: list[list[int]] = []
        self.is_closed = False

    def deliver(self, batch: Sequence[int]) -> Answer:
        self.batches.append(list(batch))
        return self._answer(batch)

    def close(self) -> None:
        self.is_closed = True


Open = Callable[..., tuple[Outbox[int], Clerk]]


@pytest.fixture
def open_box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open an outbox whose clerk answers so; pauses are short, and threads end with the test."""
    monkeypatch.setattr("spanlake.instrumentation.outbox._FIRST_PAUSE", 0.01)
    opened: list[Outbox[int]] = []

    def open_box(
        answer: Callable[[Sequence[int]], Answer], *, queue: int = 100, batch: int = 10
    ) -> tuple[Outbox[int], Clerk]:
        clerk = Clerk(answer)
        box = Outbox("spans", lambda: clerk, Limits(queue, batch, 0.01))
        opened.append(box)
        return box, clerk

    yield open_box
    for box in opened:
        box.close(0.1)


def test_everything_is_delivered_in_order(open_box: Open) -> None:
    """Items arrive in batches, in the order in which they were put."""
    box, clerk = open_box(lambda _: DELIVERED)
    for number in range(95):
        box.put(number)
    assert box.flush(5) == FlushReport(sent=95)
    assert [item for batch in clerk.batches for item in batch] == list(range(95))
    assert max(map(len, clerk.batches)) <= 10


def test_a_collector_that_comes_back(open_box: Open, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is lost while nobody answers, and the log says so once, and when it is over."""
    is_up = threading.Event()
    box, clerk = open_box(lambda _: DELIVERED if is_up.is_set() else BUSY)
    with caplog.at_level(logging.WARNING):
        for number in range(50):
            box.put(number)
        report = box.flush(5)
        assert (report.queued, dict(report.reasons), bool(report)) == (50, {"busy": 0}, False)
        wait_until(lambda: len(clerk.batches) > 3)
        is_up.set()
        wait_until(lambda: box.flush(5) == FlushReport(sent=50))
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 2
    assert "cannot deliver spans to http://there: busy" in messages[0]
    assert "again" in messages[1]


def test_a_full_queue(open_box: Open, caplog: pytest.LogCaptureFixture) -> None:
    """What finds no room is counted, and the log says so once."""
    release = threading.Event()
    box, _ = open_box(lambda _: DELIVERED if release.wait(5) else BUSY, queue=20)
    with caplog.at_level(logging.WARNING):
        for number in range(50):
            box.put(number)
    release.set()
    assert box.flush(5) == FlushReport(sent=20, dropped=30, reasons={"the queue was full": 30})
    assert len(caplog.records) == 1


def test_one_bad_item_costs_no_other(open_box: Open) -> None:
    """A batch refused for good is divided until the item that spoils it is alone."""

    def answer(batch: Sequence[int]) -> Answer:
        return Answer(delivered=False, reason="bad 37") if 37 in batch else DELIVERED

    box, _ = open_box(answer)
    for number in range(60):
        box.put(number)
    assert box.flush(5) == FlushReport(sent=59, dropped=1, reasons={"bad 37": 1})


def test_what_the_collector_rejects_is_counted(open_box: Open) -> None:
    """Items that a collector refuses of a batch it takes are dropped, with its reason."""
    box, _ = open_box(lambda _: Answer(delivered=True, rejected=1, reason="trace_id is empty"))
    for number in range(5):
        box.put(number)
    report = box.flush(5)
    assert report.sent + report.dropped == 5
    assert set(report.reasons) == {"trace_id is empty"}


def test_the_end_of_a_program(open_box: Open, caplog: pytest.LogCaptureFixture) -> None:
    """Closing delivers what it can, reports the rest, and takes nothing more."""
    box, clerk = open_box(lambda _: DELIVERED)
    box.put(1)
    box.close(5)
    assert box.flush(0) == FlushReport(sent=1)
    assert clerk.is_closed
    box.put(2)
    assert box.flush(0).dropped == 1
    stuck, _ = open_box(lambda _: BUSY)
    stuck.put(1)
    with caplog.at_level(logging.WARNING):
        stuck.close(0.05)
    assert stuck.flush(0).reasons == {"not delivered before the program ended (busy)": 1}
    assert "1 spans were not delivered to http://there" in caplog.text


def test_nobody_there_at_the_end(open_box: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program does not wait long for a collector that cannot be reached."""
    monkeypatch.setattr("spanlake.instrumentation.outbox._PATIENCE_AT_EXIT", 0.01)
    release = threading.Event()
    box, clerk = open_box(lambda _: DELIVERED if release.wait(50) else BUSY)
    clerk.is_unreachable, clerk.trouble = True, "Connection refused"
    box.put(1)
    box.close(50)
    release.set()
    assert list(box.flush(0).reasons) == [
        "not delivered before the program ended (Connection refused)"
    ]


def test_reports_add_up() -> None:
    """The report of several queues has the counts and reasons of all."""
    one, other = FlushReport(1, 2, 3, {"a": 3}), FlushReport(1, 0, 2, {"a": 1, "b": 1})
    assert one + other == FlushReport(2, 2, 5, {"a": 4, "b": 1})
    assert FlushReport(sent=1)
    assert not one
