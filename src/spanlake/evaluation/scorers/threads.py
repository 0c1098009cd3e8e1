"""Calls of sync functions in threads that may hang without harm to anybody else."""

import asyncio
import contextvars
import os
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

_IDLE_SECONDS = 10.0

_Future = asyncio.Future[Any]


class _Call(NamedTuple):
    function: Callable[[], Any]
    loop: asyncio.AbstractEventLoop
    answer: _Future
    context: contextvars.Context


class DaemonThreads:
    """Threads that are made when all others are busy, and end when there is nothing to do.

    They are daemons and not those of an executor: a call that never returns keeps only its own
    thread, neither the next call nor the end of the program waits for it.
    """

    def __init__(self, idle_seconds: float = _IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._calls: SimpleQueue[_Call] = SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0

    async def call(self, function: Callable[[], Any]) -> Any:  # noqa: ANN401  # what it returns
        """Call a function in a thread and await it; see `in_thread`."""
        loop = asyncio.get_running_loop()
        answer: _Future = loop.create_future()
        self._start(_Call(function, loop, answer, contextvars.copy_context()))
        return await answer

    def forget(self) -> None:
        """Begin anew in a forked process, which has none of the threads."""
        self._calls = SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0

    def _start(self, call: _Call) -> None:
        with self._lock:
            is_waited_for = self._idle > 0
            if is_waited_for:
                self._idle -= 1  # that thread is promised to this call
        self._calls.put(call)
        if not is_waited_for:
            threading.Thread(target=self._work, name="spanlake-scorer", daemon=True).start()

    def _work(self) -> None:
        while (call := self._next()) is not None:
            tell = _carried_out(call)
            with self._lock:
                self._idle += 1  # before the caller goes on, so that its next call finds it idle
            tell()
            del call, tell  # what they hold may be large

    def _next(self) -> _Call | None:
        while True:
            try:
                return self._calls.get(timeout=self._idle_seconds)
            except Empty:
                with self._lock:
                    if self._idle > 0 and self._calls.empty():
                        self._idle -= 1
                        return None


_THREADS = DaemonThreads()
os.register_at_fork(after_in_child=_THREADS.forget)


async def in_thread(function: Callable[[], Any]) -> Any:  # noqa: ANN401  # what it returns
    """Call a function in a thread and await it; cancelled, it is left to itself.

    The function sees the context variables of the caller. How many run at once is the caller's
    to limit.
    """
    return await _THREADS.call(function)


def _carried_out(call: _Call) -> Callable[[], None]:
    """Call the function. Returns what tells the caller how it came out."""
    try:
        returned = call.context.run(call.function)
    except BaseException as error:  # noqa: BLE001  # the one who awaits gets it, whatever it is
        raised = _raisable(error)
        return lambda: _tell(call, lambda: call.answer.set_exception(raised))
    return lambda: _tell(call, lambda: call.answer.set_result(returned))


def _tell(call: _Call, settle: Callable[[], None]) -> None:
    try:
        call.loop.call_soon_threadsafe(lambda: None if call.answer.done() else settle())
    except RuntimeError:  # the loop has ended meanwhile: nobody waits any more
        return


def _raisable(error: BaseException) -> BaseException:
    """An error as a future can hold it: no StopIteration, nor SystemExit, which ends a loop."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    return RuntimeError(f"{type(error).__name__}: {error}")
