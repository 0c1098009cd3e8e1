import asyncio
import threading
import time

import pytest

from spanlake.evaluation.scorers.threads import DaemonThreads, in_thread


def running() -> set[threading.Thread]:
    return {each for each in threading.enumerate() if each.name == "spanlake-scorer"}


def test_threads_are_used_again_and_end_when_idle() -> None:
    """Calls one after the other share a thread, and it ends when no more come."""
    threads = DaemonThreads(idle_seconds=0.5)

    async def calls() -> set[threading.Thread]:
        return {await threads.call(threading.current_thread) for _ in range(20)}

    used = asyncio.run(calls())
    assert len(used) == 1
    while used & running():  # pytest's timeout ends a wait in vain
        time.sleep(0.05)
    assert asyncio.run(calls()).isdisjoint(used)


def test_as_many_threads_run_as_there_are_calls() -> None:
    """Calls that wait for each other all run at the same time."""
    together = threading.Barrier(30)

    async def calls() -> set[int]:
        return set(await asyncio.gather(*(in_thread(together.wait) for _ in range(30))))

    assert asyncio.run(calls()) == set(range(30))


def test_an_answer_that_comes_too_late_is_dropped() -> None:
    """A call whose caller has gone, with its event loop, ends without a trace."""
    go, gone = threading.Event(), threading.Event()

    def slow() -> None:
        go.wait()
        gone.set()

    async def impatient() -> None:
        async with asyncio.timeout(0.01):
            await in_thread(slow)

    with pytest.raises(TimeoutError):
        asyncio.run(impatient())
    go.set()
    assert gone.wait(timeout=10)
