import asyncio
from pathlib import Path

import pytest
from asking import QUICK, complete, model_of, request, with_port

from spanlake.evaluation.models.cache import MemoryStore
from spanlake.evaluation.models.errors import UnavailableError
from spanlake.evaluation.models.message import ChatMessage, ChatRequest, Role
from spanlake.evaluation.models.port import ModelPort
from spanlake.storage.reply_cache import ReplyCache
from spanlake.testing import Answer, Fault, FinishReason, ModelServer, OfflineModel, Said


def test_a_question_is_paid_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a later run the same request costs nothing, and the run says what that saved."""
    with ModelServer("fine") as server:
        name = model_of(server, "openai", monkeypatch)
        with ReplyCache(tmp_path) as store:
            first = complete(port := ModelPort(store=store), name, request())
        assert (port.spending.calls, port.spending.cached_calls) == (1, 0)
        with ReplyCache(tmp_path) as store:
            again = complete(port := ModelPort(store=store), name, request())
        assert len(server.requests) == 1
    assert again.text == first.text
    assert again.usage == first.usage
    assert (again.from_cache, again.cost_usd, again.saved_usd) == (True, 0.0, first.cost_usd)
    assert port.spending.calls == 0
    assert port.spending.saved_usd == first.cost_usd


def test_equal_questions_at_the_same_time_are_asked_once() -> None:
    """Of many equal requests in flight one is sent, and all get its reply."""
    model = OfflineModel(Answer("fine", delay=0.05))

    async def ask(port: ModelPort) -> list[str]:
        asked = [port.model(model).complete(request()) for _ in range(20)]
        return [reply.text for reply in await asyncio.gather(*asked)]

    port = ModelPort(store=MemoryStore())
    assert with_port(port, ask) == ["fine"] * 20
    assert len(model.requests) == 1
    assert (port.spending.calls, port.spending.cached_calls) == (1, 19)


def test_a_failure_is_shared_by_who_waited_and_kept_for_nobody() -> None:
    """Equal requests fail together, each tries again by itself, and later ones start afresh."""
    said: list[Said] = [
        Fault(500, delay=0.02),
        Fault(500, delay=0.02),
        Fault(500, delay=0.02),
        "fine",
    ]
    model = OfflineModel(said)
    port = ModelPort(store=MemoryStore(), retry=QUICK)

    async def ask(port: ModelPort) -> list[object]:
        asked = [port.model(model).complete(request()) for _ in range(5)]
        failed = await asyncio.gather(*asked, return_exceptions=True)
        return [*failed, (await port.model(model).complete(request())).text]

    *failed, last = with_port(port, ask)
    assert all(isinstance(each, UnavailableError) for each in failed)
    assert last == "fine"


def test_when_the_first_to_ask_is_cancelled_the_next_asks() -> None:
    """Whoever waits for another's reply gets one, even if the other gives up."""
    model = OfflineModel(Answer("fine", delay=0.05))

    async def ask(port: ModelPort) -> str:
        first = asyncio.create_task(port.model(model).complete(request()))
        second = asyncio.create_task(port.model(model).complete(request()))
        await asyncio.sleep(0.01)
        first.cancel()
        return (await second).text

    assert with_port(ModelPort(store=MemoryStore()), ask) == "fine"
    assert len(model.requests) == 2


@pytest.mark.parametrize(
    "changed",
    [
        request("other"),
        request(temperature=1.0),
        request(max_tokens=5),
        ChatRequest(messages=(ChatMessage(Role.SYSTEM, "hello"),)),
    ],
)
def test_what_is_asked_differently_is_another_question(changed: ChatRequest) -> None:
    """Every part of a request that the model sees counts for its digest, and the model too."""
    assert changed.digest("m") != request().digest("m")
    assert request().digest("m") != request().digest("n")


def test_a_nonce_does_not_make_another_question() -> None:
    """Requests that differ only in their random code have one digest."""
    assert request("[[a]] x [[a]]", nonce="a").digest("m") == request(
        "[[b]] x [[b]]", nonce="b"
    ).digest("m")
    assert request("[[a]] x [[a]]", nonce="a").digest("m") != request("[[]] x [[]]").digest("m")


def test_half_a_reply_is_not_kept() -> None:
    """A reply that was cut off, or refused, is asked for again."""
    model = OfflineModel([Answer("ha", finish_reason=FinishReason.LENGTH), "whole"])

    async def ask(port: ModelPort) -> list[str]:
        return [(await port.model(model).complete(request())).text for _ in range(3)]

    assert with_port(ModelPort(store=MemoryStore()), ask) == ["ha", "whole", "whole"]


def test_a_damaged_cache_is_done_without(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A cache file that is none is told of, and the models are asked."""
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "replies.sqlite").write_bytes(b"not a database" * 1000)
    with ReplyCache(tmp_path) as store:
        store.put("a", "m", b"{}")
        assert store.get("a") is None
        assert len(store) == 0
    assert "reply_cache.unusable" in caplog.text


def test_a_reply_of_another_version_is_asked_for_again() -> None:
    """What cannot be read as a reply any more is no reply."""
    store = MemoryStore()
    model = OfflineModel("fine")
    store.put(request().digest(str(model.name)), "m", b'{"words": 1}')
    port = ModelPort(store=store)
    assert with_port(port, lambda port: port.model(model).complete(request())).text == "fine"
    assert len(model.requests) == 1


def test_the_oldest_replies_go_first(tmp_path: Path) -> None:
    """A cache that is over its capacity forgets its oldest replies when it is opened."""
    with ReplyCache(tmp_path) as store:
        for number in range(10):
            store.put(str(number), "m", b"{}")
    with ReplyCache(tmp_path, capacity=3) as store:
        assert [number for number in range(10) if store.get(str(number))] == [7, 8, 9]
        store.clear()
        assert len(store) == 0


def test_two_processes_may_use_one_cache(tmp_path: Path) -> None:
    """What one writes the other reads at once."""
    with ReplyCache(tmp_path) as one, ReplyCache(tmp_path) as other:
        one.put("a", "m", b"1")
        other.put("b", "m", b"2")
        assert (other.get("a"), one.get("b")) == (b"1", b"2")
