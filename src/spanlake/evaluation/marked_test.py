"""`@spanlake.test`: a test of pytest's whose outcome and trace are kept as a row of a run."""

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, overload

if TYPE_CHECKING:
    from pathlib import Path

_MARK = "__spanlake_test__"
_P = ParamSpec("_P")
_R = TypeVar("_R")


class ActiveTest(Protocol):
    """The marked test that runs now, in the run of its session, which is in a data directory."""

    @property
    def node_id(self) -> str:
        """What pytest calls it."""
        ...

    @property
    def run_id(self) -> str:
        """The run of the session."""
        ...

    @property
    def data(self) -> "Path":
        """Where that run is kept."""
        ...

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
    Runs of `spanlake.evaluate` in it are kept beside that one, and name it in their tags.
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
