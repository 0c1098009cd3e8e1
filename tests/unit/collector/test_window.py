import pytest

from spanlake.collector import window
from spanlake.collector.window import DedupWindow
from spanlake.entities import Receipt
from spanlake.storage.parquet import StoredRequest


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(window, "time", clock)
    return clock


def stored(digest: str, accepted: int = 1) -> StoredRequest:
    return StoredRequest(digest, Receipt(accepted))


def test_a_stored_request_is_found_with_its_receipt() -> None:
    """A digest that was added is found with its own receipt; another is not."""
    window = DedupWindow(60)
    window.add([StoredRequest("a", Receipt(3, 1, "why")), stored("b", 5)])
    assert window.find("a") == Receipt(3, 1, "why")
    assert window.find("b") == Receipt(5)
    assert window.find("c") is None


def test_requests_are_forgotten_in_time(clock: Clock) -> None:
    """A request is known for as long as the window says, and no longer."""
    window = DedupWindow(60)
    window.add([stored("a")])
    clock.now += 30
    window.add([stored("b")])
    clock.now += 30
    assert window.find("a") is not None
    clock.now += 1
    assert window.find("a") is None
    assert window.find("b") is not None
    assert len(window) == 1


def test_a_request_stored_again_is_known_anew(clock: Clock) -> None:
    """A request that comes to be stored twice is known from the second time on."""
    window = DedupWindow(60)
    window.add([stored("a"), stored("b")])
    clock.now += 50
    window.add([stored("a")])
    clock.now += 50
    assert window.find("a") is not None
    assert window.find("b") is None


def test_a_window_of_no_time_knows_nothing(clock: Clock) -> None:
    """With a window of 0 seconds no request is ever known."""
    window = DedupWindow(0)
    window.add([stored("a")])
    clock.now += 0.001
    assert window.find("a") is None


def test_the_oldest_go_when_there_are_too_many() -> None:
    """The window holds the newest 131,072 requests, whatever their age."""
    window = DedupWindow(3600)
    window.add(stored(str(number)) for number in range(131_072 + 10))
    assert len(window) == 131_072
    assert window.find("9") is None
    assert window.find("10") is not None
