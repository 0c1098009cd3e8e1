"""An event loop for what is async, wherever it is called."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from typing import Any, TypeVar

_T = TypeVar("_T")


def run_to_end(make: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """Run it to its end, also where an event loop is running already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(make())
    answer: list[_T] = []
    failure: list[BaseException] = []
    context = copy_context()

    def work() -> None:
        try:
            answer.append(context.run(asyncio.run, make()))
        except BaseException as error:  # noqa: BLE001  # the caller raises it
            failure.append(error)

    thread = threading.Thread(target=work, name="spanlake-evaluate")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return answer[0]


def first_error(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one of several errors that is told."""
    for error in group.exceptions:
        return first_error(error) if isinstance(error, BaseExceptionGroup) else error
    return group
