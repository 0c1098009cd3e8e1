"""Questions to the lake from an event loop."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import duckdb
import pytest
from rows import span, write

from spanlake.errors import OverloadedError
from spanlake.storage.catalog.location import default_location
from spanlake.storage.lake import Lake
from spanlake.web.lake_pool import LakePool, SlowQuestionError

ENDLESS = "SELECT count(*) FROM range(1000000000) a, range(1000000000) b"


def run(data: Path, scenario: Callable[[LakePool], Awaitable[object]], **settings: int) -> None:
    """Play a scenario with a pool over a lake of one span."""
    write(data, span("a"))

    async def play() -> None:
        pool = LakePool(data, default_location(data), **settings)
        try:
            await scenario(pool)
        finally:
            pool.close()
            pool.close()

    asyncio.run(play())


def endless(lake: Lake) -> object:
    return lake.sql(ENDLESS).fetchall()


def count(lake: Lake) -> object:
    return lake.sql("SELECT count(*) FROM spans").fetchall()


def test_answers_and_errors(tmp_path: Path) -> None:
    """What a question returns or raises is what is awaited, and new spans are seen."""

    async def scenario(pool: LakePool) -> None:
        assert await pool.ask(count) == [(1,)]
        with pytest.raises(duckdb.Error, match="nothing"):
            await pool.ask(lambda lake: lake.sql("FROM nothing").fetchall())
        write(tmp_path, span("b"))
        assert await pool.ask(count) == [(2,)]

    run(tmp_path, scenario, size=1)


def test_a_slow_question_is_given_up(tmp_path: Path) -> None:
    """A question that takes too long is interrupted, and its lake answers the next one."""

    async def scenario(pool: LakePool) -> None:
        with pytest.raises(SlowQuestionError, match=r"took more than 0\.2 s; ask for less"):
            await pool.ask(endless, seconds=0.2)
        assert await pool.ask(count) == [(1,)]

    run(tmp_path, scenario, size=1)


def test_a_question_that_waits_too_long(tmp_path: Path) -> None:
    """A question whose turn does not come in time is not asked at all."""
    may_end = threading.Event()
    asked = []

    async def scenario(pool: LakePool) -> None:
        first = asyncio.create_task(pool.ask(lambda _: may_end.wait(10)))
        await asyncio.sleep(0)
        with pytest.raises(SlowQuestionError):
            await pool.ask(lambda _: asked.append(1), seconds=0.05)
        may_end.set()
        assert await first

    run(tmp_path, scenario, size=1)
    assert asked == []


def test_too_many_questions(tmp_path: Path) -> None:
    """When very many wait the next is told to come again; the others are answered."""
    may_end = threading.Event()

    async def scenario(pool: LakePool) -> None:
        waiting = [asyncio.create_task(pool.ask(lambda _: may_end.wait(10))) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(OverloadedError):
            await pool.ask(count)
        may_end.set()
        assert await asyncio.gather(*waiting) == [True] * 3
        assert await pool.ask(count) == [(1,)]

    run(tmp_path, scenario, size=1, waiting=2)


def test_the_loop_goes_on(tmp_path: Path) -> None:
    """While a question runs the event loop does other work."""

    async def scenario(pool: LakePool) -> None:
        asked = asyncio.create_task(pool.ask(endless, seconds=0.3))
        ticks = 0
        while not asked.done():
            await asyncio.sleep(0.01)
            ticks += 1
        with pytest.raises(SlowQuestionError):
            await asked
        assert ticks > 3

    run(tmp_path, scenario)


def test_closing_ends_what_runs(tmp_path: Path) -> None:
    """A pool that is closed does not wait for a question that has no end."""

    async def scenario(pool: LakePool) -> None:
        await pool.ask(count)
        asked = asyncio.create_task(pool.ask(endless))
        await asyncio.sleep(0.2)
        before = time.monotonic()
        await asyncio.to_thread(pool.close)
        with pytest.raises(OverloadedError, match="the server is stopping"):
            await asked
        assert time.monotonic() - before < 20

    run(tmp_path, scenario, size=1)
