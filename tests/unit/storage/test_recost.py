"""What calls would cost with other prices."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rows import NOON_NS, Row, span, usage, write

from spanlake.semconv.cost import PRICE_VERSION
from spanlake.semconv.custom_prices import CustomPrice, ModelRates, PriceTerms
from spanlake.semconv.price_book import NO_CUSTOM_PRICES, PriceBook
from spanlake.storage import recost as module
from spanlake.storage.lake import Lake
from spanlake.storage.query import QueryError
from spanlake.storage.recost import Recosted, recost

NOON = datetime.fromtimestamp(NOON_NS / 1e9, UTC)
MILLION = 1_000_000


def call(span_id: str, model: str, tokens: int, *, start_ms: int = 0, **columns: object) -> Row:
    named = {"trace_id": span_id, "span_type": "LLM", "provider": "openai", "model": model}
    return {**span(span_id, start_ms=start_ms), **named, **usage(tokens, tokens), **columns}


def book(*prices: tuple[datetime, float]) -> PriceBook:
    """Prices of gpt-4o's input, each from a moment on."""
    return PriceBook(
        CustomPrice(
            number, NOON, PriceTerms("openai", "gpt-4o", start, None, ModelRates(input_mtok=usd))
        )
        for number, (start, usd) in enumerate(prices, 1)
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three calls of gpt-4o within three seconds, one without a record, and two of others."""
    write(
        tmp_path,
        call("a", "gpt-4o", MILLION, cost_usd=12.5, price_version="genai-prices 0.1"),
        call("b", "gpt-4o", 2 * MILLION, start_ms=1000, cost_usd=20.0, cost_source="reported"),
        call("c", "gpt-4o", MILLION, start_ms=2000),
        call("d", "gpt-4o-mini", MILLION, start_ms=2000, cost_usd=0.75),
        call("e", "our-model", 10, start_ms=2000),
    )
    return tmp_path


def test_beside_what_is_recorded(data: Path) -> None:
    """Each model has its calls, tokens, recorded and other cost, the dearest first."""
    with Lake(data) as lake:
        found = recost(lake, NO_CUSTOM_PRICES)
    built_in = (PRICE_VERSION,)
    assert found == [
        Recosted("openai", "gpt-4o", 3, 4 * MILLION, 4 * MILLION, 32.5, 50.0, 1, 0, built_in),
        Recosted("openai", "gpt-4o-mini", 1, MILLION, MILLION, 0.75, 0.75, 0, 0, built_in),
        Recosted("openai", "our-model", 1, 10, 10, None, None, 1, 1, ()),
    ]


def test_prices_of_a_moment_or_of_each_call(data: Path) -> None:
    """All calls cost what the price of a moment is, or each the price of its own time."""
    changing = book((NOON - timedelta(days=1), 1.0), (NOON + timedelta(seconds=1.5), 3.0))

    def cost(as_of: datetime | None) -> tuple[float | None, tuple[str, ...]]:
        with Lake(data) as lake:
            (found,) = recost(lake, changing, where="model = 'gpt-4o'", as_of=as_of)
        return found.recosted_usd, found.price_versions

    assert cost(NOON) == (4.0, ("custom 1",))
    assert cost(NOON + timedelta(days=1)) == (12.0, ("custom 2",))
    assert cost(NOON - timedelta(days=2)) == (50.0, (PRICE_VERSION,))
    assert cost(None) == (6.0, ("custom 1", "custom 2"))


def test_a_window_and_a_condition(data: Path) -> None:
    """Only calls since a moment, and only those that meet a condition, are priced."""
    with Lake(data) as lake:
        late = recost(lake, NO_CUSTOM_PRICES, since=NOON + timedelta(seconds=1))
        assert [(each.model, each.call_count) for each in late] == [
            ("gpt-4o", 2),
            ("gpt-4o-mini", 1),
            ("our-model", 1),
        ]
        none = recost(lake, NO_CUSTOM_PRICES, where="model = 'none'")
        assert none == []
        with pytest.raises(QueryError, match=r"^--where is nonsense = 1: "):
            recost(lake, NO_CUSTOM_PRICES, where="nonsense = 1")


def test_many_batches_are_one_answer(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sums do not depend on how many calls are priced at a time."""
    with Lake(data) as lake:
        whole = recost(lake, NO_CUSTOM_PRICES)
        monkeypatch.setattr(module, "_BATCH_ROWS", 1)
        assert recost(lake, NO_CUSTOM_PRICES) == whole


def test_nothing_is_changed(data: Path) -> None:
    """What is recorded stays as it is."""
    with Lake(data) as lake:
        before = lake.sql("SELECT span_id, cost_usd FROM spans ORDER BY 1").fetchall()
        recost(lake, book((NOON, 9.0)))
        assert lake.sql("SELECT span_id, cost_usd FROM spans ORDER BY 1").fetchall() == before


def test_counts_beyond_reason(tmp_path: Path) -> None:
    """Counts whose sum is beyond 64 bits are summed all the same."""
    huge = 2**62
    write(tmp_path, *(call(str(number), "gpt-4o", huge, total_tokens=huge) for number in range(4)))
    with Lake(tmp_path) as lake:
        (found,) = recost(lake, NO_CUSTOM_PRICES)
    assert found.input_tokens == 4 * huge
