"""Asking models from code that is not async, whether or not an event loop is running around it."""

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Portal:
    """An event loop in a thread of its own. It ends with the program."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(
            target=self.loop.run_forever, name="spanlake-models", daemon=True
        )
        self.thread.start()


_lock = threading.Lock()
_portal: _Portal | None = None


def run_blocking(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run what a function makes to its end, and return what it returns.

    It sees the caller's context variables. Not to be called from async code that should go on
    meanwhile.
    """
    portal = _the_portal()
    if threading.current_thread() is portal.thread:
        raise RuntimeError("run_blocking was called from inside itself; await it instead")
    running = asyncio.run_coroutine_threadsafe(make(), portal.loop)
    try:
        return running.result()
    except BaseException:
        running.cancel()  # the caller was interrupted; where it ended by itself this does nothing
        raise


def _the_portal() -> _Portal:
    global _portal  # noqa: PLW0603  # one thread for the program, started when first needed
    with _lock:
        # The thread of a forked process's parent does not run in it.
        if _portal is None or _portal.pid != os.getpid():
            _portal = _Portal()
        return _portal
