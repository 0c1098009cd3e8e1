import pytest

from spanlake.collector.budget import Budget
from spanlake.errors import OverloadedError

MIB = 1 << 20


def test_what_is_taken_is_given_back() -> None:
    """A reservation's bytes are in flight until its block ends, however it ends."""
    budget = Budget(MIB, retry_after=1)
    with budget.reservation() as held:
        held.grow(100)
        held.grow(20)
        assert budget.taken == 120
    assert budget.taken == 0

    def fail() -> None:
        with budget.reservation() as held:
            held.grow(100)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert budget.taken == 0


def test_the_limit_is_on_all_together() -> None:
    """Reservations may fill the limit to the last byte and not one more."""
    budget = Budget(MIB, retry_after=1)
    with budget.reservation() as first, budget.reservation() as second:
        first.grow(MIB // 2)
        second.grow(MIB // 2)
        with pytest.raises(OverloadedError):
            second.grow(1)
        assert budget.taken == MIB
    assert budget.taken == 0


def test_a_refusal_takes_nothing() -> None:
    """What was refused is not in flight, and what was held before still is until the end."""
    budget = Budget(MIB, retry_after=1)
    with budget.reservation() as first, budget.reservation() as second:
        first.grow(10)
        second.grow(10)
        with pytest.raises(OverloadedError):
            second.grow(2 * MIB)
        assert (budget.taken, second.size) == (20, 10)


def test_who_is_alone_gets_what_it_needs() -> None:
    """One request may be over the limit when no other is in flight, so that none is shut out."""
    budget = Budget(MIB, retry_after=1)
    with budget.reservation() as large:
        large.grow(3 * MIB)
        large.grow(MIB)
        with budget.reservation() as other, pytest.raises(OverloadedError):
            other.grow(1)
    with budget.reservation() as other:
        other.grow(1)


def test_a_refusal_says_why_and_when() -> None:
    """A refusal names the setting and its value, and when to come again."""
    budget = Budget(2 * MIB, retry_after=7)
    with budget.reservation() as first, budget.reservation() as second:
        first.grow(MIB)
        with pytest.raises(OverloadedError) as caught:
            second.grow(2 * MIB)
    assert caught.value.retry_after == 7
    assert str(caught.value) == (
        f"{3 * MIB} bytes of requests would be in flight, over memory_limiter.limit_mib (2 MiB)"
    )
