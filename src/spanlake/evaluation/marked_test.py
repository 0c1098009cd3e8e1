"""`@spanlake.test`: a test of pytest's whose outcome and trace are kept as a row of a run."""

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar, overload

_MARK = "__spanlake_test__"
_P = ParamSpec("_P")
_R = TypeVar("_R")


class ActiveTest(Protocol):
    """The marked test that runs now."""

    def traced(self) -> AbstractContextManager[None]:
        """A trace around its body."""
        ...


class _Current:
    """The test that the plugin has announced; a process runs one at a time."""

    test: ActiveTest | None = None


CURRENT = _Current()


@overload
def test(function: Callable[_P, _R], /) -> Callable[_P, _R]: ...


@overload
def test() -> Callable[[Callable[_P, _R]], Callable[_P, _R]]: ...


def test(function: Callable[..., Any] | None = None, /) -> Callable[..., Any]:  # noqa: PT028, a decorator
    """Mark a test function, sync or async, for Spanlake's pytest plugin; bare or with brackets.

    Its body runs in a trace of its own, named and tagged as the test. All marked tests of a pytest
    session are one run: `spanlake runs compare` names the tests that flipped between two of them.
    Anywhere but under pytest the function is what it was.

    @spanlake.test
    def test_refunds():
        assert "30 days" in answer("Can I return it?")
    """
    return mark(function) if function is not None else mark


def mark(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a test function so that it is traced while the plugin runs it."""
    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def wrapper(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401, those of the test
            with _trace():
                return await function(*args, **kwargs)
    else:

        @wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401, those of the test
            with _trace():
                return function(*args, **kwargs)

    setattr(wrapper, _MARK, True)
    return wrapper


def is_marked(function: object) -> bool:
    """Whether a function is a test that is marked."""
    return getattr(function, _MARK, False) is True


def _trace() -> AbstractContextManager[None]:
    return nullcontext() if CURRENT.test is None else CURRENT.test.traced()
