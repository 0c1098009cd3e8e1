import pytest

from spanlake.access.throttle import Throttle
from spanlake.errors import QuotaError


def waits(throttle: Throttle, *subjects: str) -> float:
    """How long the next try has to wait."""
    try:
        throttle.check(*subjects)
    except QuotaError as error:
        return error.retry_after
    return 0


def test_each_failed_try_doubles_the_wait() -> None:
    """A few tries are free; then each that fails doubles the wait, up to five minutes."""
    now = 0.0
    throttle = Throttle(5, lambda: now)
    for _ in range(4):
        throttle.failed("ann")
    assert waits(throttle, "ann") == 0
    seen = []
    for _ in range(10):
        throttle.failed("ann")
        seen.append(waits(throttle, "ann"))
    assert seen[:4] == [2, 4, 8, 16]
    assert seen[-1] == 300
    assert waits(throttle, "bob") == 0
    assert waits(throttle, "bob", "ann") == 300
    now += 301
    assert waits(throttle, "ann") == 0
    throttle.succeeded("ann")
    throttle.failed("ann")
    assert waits(throttle, "ann") == 0


def test_it_does_not_grow_for_ever() -> None:
    """Tries under ever new names push out the oldest names, and say when to come again."""
    throttle = Throttle(5, lambda: 0.0)
    for _ in range(5):
        throttle.failed("first")
    with pytest.raises(QuotaError, match="try again in 2 s"):
        throttle.check("first")
    for number in range(10_000):
        throttle.failed(f"name {number}")
    throttle.check("first")
