import asyncio
import contextvars
import threading
from functools import partial

import pytest
from scoring import error_of, score

from spanlake.entities import Trace
from spanlake.evaluation.scorers import Sample, score_one, scorer

SAMPLE = Sample(target_id="r1", outputs="a")


def test_a_sync_scorer_that_hangs_is_given_up() -> None:
    """A function over its timeout is an error, and neither the next call nor the end waits."""
    never = threading.Event()

    @scorer(timeout=0.05)
    def hangs() -> bool:
        return never.wait()

    code, message = error_of(hangs, outputs="a")
    never.set()
    assert code == "SCORER_ERROR"
    assert message.startswith("it took longer than 0.05 s, its timeout; ")


def test_hanging_scorers_do_not_hold_up_others() -> None:
    """However many calls hang, one that does not is answered meanwhile."""
    never = threading.Event()

    @scorer(timeout=0)
    def hangs() -> bool:
        return never.wait()

    @scorer
    def answers(outputs: str) -> str:
        return outputs

    async def asked() -> object:
        hanging = [asyncio.create_task(score_one(hangs, SAMPLE)) for _ in range(100)]
        await asyncio.sleep(0)
        (feedback,) = await score_one(answers, SAMPLE)
        assert not any(task.done() for task in hanging)
        never.set()
        await asyncio.gather(*hanging)
        return feedback.value

    assert asyncio.run(asked()) == "a"


def test_an_async_scorer_that_hangs_is_cancelled() -> None:
    """An async function over its timeout is cancelled, and is an error."""
    ended: list[str] = []

    @scorer(timeout=0.05)
    async def hangs(outputs: str) -> bool:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append(outputs)
            raise
        return True

    assert "took longer" in error_of(hangs, outputs="a")[1]
    assert ended == ["a"]


def test_the_callers_cancellation_is_its_own() -> None:
    """A run that is cancelled is cancelled; the scorer's own cancellation is an error."""

    @scorer
    async def waits() -> bool:
        await asyncio.sleep(60)
        return True

    @scorer
    async def gives_up() -> bool:
        raise asyncio.CancelledError

    async def cancelled() -> None:
        task = asyncio.create_task(score_one(waits, SAMPLE))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert error_of(gives_up, outputs="a") == ("SCORER_ERROR", "it was cancelled by itself")


def test_a_scorer_sees_the_context_of_its_caller() -> None:
    """Context variables, such as the current span, are seen in the scorer's thread."""
    current = contextvars.ContextVar("current", default="nobody")

    @scorer
    def who() -> str:
        return current.get()

    async def asked() -> object:
        current.set("me")
        (feedback,) = await score_one(who, SAMPLE)
        return feedback.value

    assert asyncio.run(asked()) == "me"


def test_a_trace_that_is_needed_and_missing_is_named() -> None:
    """A scorer that cannot do without a trace says so; one with a default is called without."""

    @scorer
    def needs(trace: Trace) -> int:
        return len(trace.spans)

    @scorer
    def manages(trace: Trace | None = None) -> bool:
        return trace is None

    assert error_of(needs, outputs="a") == (
        "MISSING_TRACE",
        "needs needs a trace, and this record has none",
    )
    assert score(manages, outputs="a").value is True


def test_a_scorer_may_return_something_to_await() -> None:
    """A plain function that returns a coroutine is awaited as well."""

    async def later() -> int:
        return 5

    assert score(scorer(name="wrapped")(partial(later)), outputs="a").value == 5
