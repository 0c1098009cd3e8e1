"""The decorator `@spanlake.test`, without pytest's help."""

import asyncio
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import spanlake
from spanlake.evaluation.marked_test import CURRENT, is_marked


class Watched:
    """A test that runs; it notes when its trace begins and ends."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    @contextmanager
    def traced(self) -> Iterator[None]:
        self.seen.append("begin")
        try:
            yield
        finally:
            self.seen.append("end")


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    test = Watched()
    monkeypatch.setattr(CURRENT, "test", test)
    return test


@pytest.mark.parametrize("decorator", [spanlake.test, spanlake.test()])
def test_a_marked_function_stays_what_it_was(decorator: Callable[..., Any]) -> None:
    """Bare or with brackets: same name, same parameters for fixtures, same answer."""

    def adds(first: int, *, second: int = 2) -> int:
        """Add."""
        return first + second

    marked = decorator(adds)
    assert is_marked(marked)
    assert not is_marked(adds)
    assert marked.__name__ == "adds"
    assert inspect.signature(marked) == inspect.signature(adds)
    assert marked(1, second=3) == 4


def test_the_body_runs_within_the_trace(watched: Watched) -> None:
    """A trace begins before the body and ends after it, also when it fails."""

    @spanlake.test
    def fails() -> None:
        watched.seen.append("body")
        raise AssertionError("wrong")

    with pytest.raises(AssertionError, match="wrong"):
        fails()
    assert watched.seen == ["begin", "body", "end"]


def test_a_coroutine_is_traced_until_it_is_done(watched: Watched) -> None:
    """An async test stays one, and its trace spans what it awaits."""

    @spanlake.test
    async def waits() -> int:
        await asyncio.sleep(0)
        watched.seen.append("body")
        return 5

    assert inspect.iscoroutinefunction(waits)
    assert asyncio.run(waits()) == 5
    assert watched.seen == ["begin", "body", "end"]
