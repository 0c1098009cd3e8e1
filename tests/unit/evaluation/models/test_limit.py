import asyncio
import threading
import time

import pytest
from asking import model_of, request, with_port

from spanlake.evaluation.models.blocking import run_blocking
from spanlake.evaluation.models.limit import AdaptiveLimit
from spanlake.evaluation.models.port import ModelPort
from spanlake.evaluation.models.retry import RetryPolicy
from spanlake.testing import Answer, ChatRequest, Fault, ModelServer


class Busy:
    """A script of a provider that answers so many at once, and 429 to the rest."""

    def __init__(self, places: int, retry_after: float | None) -> None:
        self.places = threading.Semaphore(places)
        self.retry_after = retry_after
        self.refused = 0
        self.lock = threading.Lock()

    def __call__(self, _: ChatRequest) -> str | Fault:
        if not self.places.acquire(blocking=False):
            with self.lock:
                self.refused += 1
            return Fault(429, retry_after=self.retry_after)
        time.sleep(0.01)
        self.places.release()
        return "fine"


@pytest.mark.parametrize(("protocol", "retry_after"), [("openai", None), ("anthropic", 0.05)])
def test_a_storm_of_429_ends_with_every_answer(
    protocol: str, retry_after: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests that come much too many at once are all answered, with few refused."""
    script = Busy(4, retry_after)
    with ModelServer(script) as server:
        name = model_of(server, protocol, monkeypatch)

        async def storm(port: ModelPort) -> int:
            model = port.model(name)
            replies = await asyncio.gather(
                *(model.complete(request(str(number))) for number in range(40))
            )
            return len(replies)

        port = ModelPort(concurrency=16, retry=RetryPolicy(first_wait=0.02, longest_wait=0.2))
        assert with_port(port, storm) == 40
        assert port.spending.calls == 40
        assert script.refused < 120


def test_nothing_is_sent_before_the_time_a_provider_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a 429 with Retry-After every request to the provider waits that long."""
    came: list[float] = []

    def script(_: ChatRequest) -> str | Fault:
        came.append(time.monotonic())
        return Fault(429, retry_after=0.4) if len(came) == 1 else "fine"

    with ModelServer(script) as server:
        name = model_of(server, "openai", monkeypatch)

        async def ask(port: ModelPort) -> None:
            model = port.model(name)
            first = asyncio.create_task(model.complete(request("first")))
            while not came:  # noqa: ASYNC110  # it comes in a thread
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.1)
            await asyncio.gather(first, model.complete(request("second")))

        with_port(ModelPort(), ask)
    assert len(came) == 3
    assert min(came[1:]) - came[0] >= 0.39


def test_the_limit_is_shared_by_all_models_of_a_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many judges and models there are, a provider sees no more at once than the limit."""
    running, most, lock = 0, 0, threading.Lock()

    def script(_: ChatRequest) -> Answer:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return Answer("fine")

    with ModelServer(script) as server:
        model_of(server, "openai", monkeypatch)

        async def ask(port: ModelPort) -> None:
            names = ("openai:/gpt-4o", "openai:/gpt-4o-mini", "gpt-4.1")
            await asyncio.gather(
                *(
                    port.model(name).complete(request(str(number)))
                    for number in range(8)
                    for name in names
                )
            )

        with_port(ModelPort(concurrency=5), ask)
    assert most <= 5


def test_one_burst_of_429_halves_the_limit_once() -> None:
    """Many refusals of requests that were sent together are one piece of news."""

    async def burst() -> float:
        limit = AdaptiveLimit(64)
        entered = [await limit.enter() for _ in range(40)]
        for cuts in entered:
            limit.throttled(cuts, 0.0)
        return limit.allowed

    assert asyncio.run(burst()) == 20


def test_the_limit_grows_again_with_success() -> None:
    """A limit that was cut is back at its ceiling after enough answers, and never above it."""

    async def recover() -> list[float]:
        limit = AdaptiveLimit(16)
        limit.throttled(await limit.enter(), 0.0)
        low = limit.allowed
        for _ in range(400):
            limit.succeeded()
        return [low, limit.allowed]

    assert asyncio.run(recover()) == [1, 16]


def test_who_gives_up_waiting_leaves_no_place_taken() -> None:
    """A request that is cancelled while it waits, or as it is let in, takes no place with it."""

    async def give_up() -> int:
        limit = AdaptiveLimit(1)
        await limit.enter()
        waiting = [asyncio.create_task(limit.enter()) for _ in range(5)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        limit.leave()  # lets the second in
        waiting[1].cancel()
        await asyncio.gather(*waiting[:2], return_exceptions=True)
        for task in waiting[2:]:
            await task
            limit.leave()
        return limit.in_flight

    assert asyncio.run(give_up()) == 0


def test_connections_of_every_event_loop_are_closed_with_the_port() -> None:
    """A port that was used from a thread's own loop too leaves no connection open."""
    with ModelServer("fine") as server:
        port = ModelPort()

        async def ask() -> None:
            await port.model(server.model("m")).complete(request())

        async def run() -> None:
            await ask()
            await asyncio.to_thread(run_blocking, ask)
            assert len(port._loops) == 2  # noqa: SLF001  # nothing else tells
            await port.aclose()

        asyncio.run(run())
        port.close()
        assert port._loops == {}  # noqa: SLF001  # nothing else tells
