import asyncio

import pytest
from asking import model_of, request, with_port

from spanlake.errors import UserError
from spanlake.evaluation.models.cache import MemoryStore
from spanlake.evaluation.models.errors import BudgetExceededError, UnpricedModelError
from spanlake.evaluation.models.port import ModelPort
from spanlake.testing import Answer, ModelServer, OfflineModel, Usage

# At 0.15 and 0.60 USD for a million tokens of gpt-4o-mini.
CALL = Answer("fine", usage=Usage(10, 100))
CALL_USD = (10 * 0.15 + 100 * 0.6) / 1e6


def test_a_budget_holds_however_many_ask_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many calls are made as it pays for, the rest say so, and it is never overspent."""
    budget = 10.5 * CALL_USD
    with ModelServer(CALL) as server:
        name = model_of(server, "openai", monkeypatch)

        async def ask(port: ModelPort) -> list[object]:
            model = port.model(name)
            asked = [model.complete(request(str(n), max_tokens=100)) for n in range(40)]
            return list(await asyncio.gather(*asked, return_exceptions=True))

        port = ModelPort(budget_usd=budget)
        outcomes = with_port(port, ask)
        refused = [each for each in outcomes if isinstance(each, BudgetExceededError)]
        assert len(server.requests) == len(outcomes) - len(refused) == 10
    assert port.spending.cost_usd <= budget
    assert refused[0].error_code == "BUDGET_EXCEEDED"
    assert "larger budget" in str(refused[0])


def test_a_budget_that_is_used_up_lets_cached_replies_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was answered before costs nothing, and needs no budget."""
    store = MemoryStore()
    with ModelServer(CALL) as server:
        name = model_of(server, "openai", monkeypatch)
        asked = request(max_tokens=100)
        with_port(ModelPort(store=store), lambda port: port.model(name).complete(asked))
        poor = ModelPort(store=store, budget_usd=1e-9)
        reply = with_port(poor, lambda port: port.model(name).complete(asked))
    assert reply.from_cache


def test_no_budget_can_hold_a_model_without_a_price() -> None:
    """A model whose price is not known is refused, rather than taken for free."""
    with pytest.raises(UnpricedModelError, match="spanlake prices set"):
        with_port(
            ModelPort(budget_usd=1.0), lambda port: port.model(OfflineModel()).complete(request())
        )


def test_a_model_without_a_price_is_unpriced_and_not_free() -> None:
    """The cost of a call to it is unknown, and the spending counts it as such."""
    port = ModelPort()
    reply = with_port(port, lambda port: port.model(OfflineModel("fine")).complete(request()))
    assert reply.cost_usd is None
    assert (port.spending.calls, port.spending.unpriced_calls) == (1, 1)


@pytest.mark.parametrize("budget", [0.0, -1.0, float("nan")])
def test_a_budget_is_more_than_nothing(budget: float) -> None:
    """A budget of nothing is a mistake, and said to be one."""
    with pytest.raises(UserError, match="more than 0"):
        ModelPort(budget_usd=budget)
