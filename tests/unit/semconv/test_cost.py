import math
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import NamedTuple

import pyarrow as pa
import pytest
from genai_prices import Usage, calc_price
from genai_prices.data import providers
from hypothesis import given
from hypothesis import strategies as st

from spanlake.semconv.cost import PRICE_VERSION, UsageColumns, computed_costs

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
CHARGED_IN_SPANS = {"input_mtok", "output_mtok", "requests_kcount"}
MODELS = [(provider.id, model) for provider in providers for model in provider.models]
VARYING = [
    (provider, model.id)
    for provider, model in MODELS
    if isinstance(model.prices, list) or "TieredPrices" in repr(model.prices)
]


class Call(NamedTuple):
    provider: str | None
    model: str | None
    input_tokens: int | None = 1000
    output_tokens: int | None = 100
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    time: datetime = NOON


def cost(calls: Sequence[Call]) -> list[float | None]:
    def integers(values: Sequence[int | None]) -> pa.Int64Array:
        return pa.array(values, pa.int64())

    costs: list[float | None] = computed_costs(
        UsageColumns(
            provider=pa.array([call.provider for call in calls], pa.string()),
            model=pa.array([call.model for call in calls], pa.string()),
            start_time_ns=integers(
                [(call.time - EPOCH) // timedelta(microseconds=1) * 1000 for call in calls]
            ),
            input_tokens=integers([call.input_tokens for call in calls]),
            output_tokens=integers([call.output_tokens for call in calls]),
            cache_read_tokens=integers([call.cache_read_tokens for call in calls]),
            cache_write_tokens=integers([call.cache_write_tokens for call in calls]),
            reasoning_tokens=integers([call.reasoning_tokens for call in calls]),
        )
    ).usd.to_pylist()
    return costs


def expected(call: Call) -> float | None:
    """Return the price that genai-prices itself gives, which is slow but the truth.

    It prices a model that is sold only by the second or the page at 0, for which None stands here.
    """
    usage = Usage(
        input_tokens=call.input_tokens,
        output_tokens=call.output_tokens,
        cache_read_tokens=call.cache_read_tokens,
        cache_write_tokens=call.cache_write_tokens,
        output_reasoning_tokens=call.reasoning_tokens,
    )
    try:
        price = calc_price(
            usage, call.model or "", provider_id=call.provider, genai_request_timestamp=call.time
        )
    except LookupError:
        return None
    charges = vars(price.model_price).keys()
    return float(price.total_price) if not charges or charges & CHARGED_IN_SPANS else None


def same_as_expected(calls: Sequence[Call]) -> list[object]:
    prices = [expected(call) for call in calls]
    return [None if usd is None else pytest.approx(usd, rel=1e-12, abs=0) for usd in prices]


@st.composite
def varying_calls(draw: st.DrawFn) -> Call:
    provider, model = draw(st.sampled_from(VARYING))
    counts = st.integers(0, 10**6) | st.sampled_from([200_000, 200_001, 272_000, 272_001])
    cache_read, cache_write, reasoning = draw(counts), draw(counts), draw(counts)
    return Call(
        provider,
        model,
        input_tokens=cache_read + cache_write + draw(counts),
        output_tokens=reasoning + draw(counts),
        cache_read_tokens=cache_read,
        cache_write_tokens=cache_write,
        reasoning_tokens=reasoning,
        time=NOON + draw(st.timedeltas(timedelta(days=-900), timedelta(days=900))),
    )


def test_every_model_costs_what_genai_prices_says() -> None:
    """Each model of each provider is priced as calc_price does, all in one call."""
    calls = [
        Call(
            provider,
            model.id,
            input_tokens=number * 331 % 400_000 + 150_000,
            output_tokens=number * 17 % 20_000 + 5_000,
            cache_read_tokens=number * 37 % 100_000,
            cache_write_tokens=number * 23 % 50_000,
            reasoning_tokens=number * 7 % 5_000,
            time=NOON + timedelta(minutes=number * 97),
        )
        for number, (provider, model) in enumerate(MODELS)
    ]
    costs = cost(calls)
    assert sum(usd is not None for usd in costs) > 2000
    assert costs == same_as_expected(calls)


@given(st.lists(varying_calls(), min_size=1, max_size=8))
def test_tiers_and_times_are_those_of_genai_prices(calls: list[Call]) -> None:
    """A price that depends on prompt length, date or hour is the one calc_price picks."""
    assert cost(calls) == same_as_expected(calls)


def test_a_discount_may_span_midnight() -> None:
    """Off-peak prices hold from their first minute to their last, on both sides of midnight."""
    day = datetime(2025, 4, 1, tzinfo=UTC)
    half_hours = [day + timedelta(minutes=30 * number) for number in range(48)]
    times = [time - timedelta(microseconds=early) for time in half_hours for early in (0, 1)]
    calls = [Call("deepseek", "deepseek-chat", time=time) for time in times]
    prices = cost(calls)
    assert len(set(prices)) == 2
    assert prices == same_as_expected(calls)


def test_cost_of_a_well_known_model() -> None:
    """A million tokens cost gpt-4o-mini's 15 cents in, 7.5 cents from the cache, 60 cents out."""
    million = 1_000_000
    call = Call("openai", "gpt-4o-mini", input_tokens=million, output_tokens=million)
    assert cost([call, call._replace(cache_read_tokens=million)]) == pytest.approx([0.75, 0.675])


@pytest.mark.parametrize(
    ("provider", "model", "priced_as"),
    [
        ("openai", "gpt-4o-mini-2024-07-18", "openai"),
        ("anthropic", "claude-3-5-sonnet-20241022", "anthropic"),
        ("azure.ai.openai", "gpt-4o-mini", "azure"),
        ("azure.ai.inference", "gpt-4o-mini", "azure"),
        ("aws.bedrock", "anthropic.claude-3-5-sonnet-20240620-v1:0", "aws"),
        ("aws.bedrock", "eu.anthropic.claude-3-5-sonnet-20240620-v1:0", "aws"),
        ("gcp.gemini", "models/gemini-2.0-flash", "google"),
        ("gcp.vertex_ai", "claude-3-5-sonnet@20240620", "google"),
        ("gcp.gen_ai", "gemini-2.0-flash", "google"),
        ("mistral_ai", "mistral-large-latest", "mistral"),
        ("x_ai", "grok-3", "x-ai"),
        ("cohere", "command-r-plus-08-2024", "cohere"),
        ("groq", "llama-3.3-70b-versatile", "groq"),
        ("deepseek", "deepseek-chat", "deepseek"),
        ("perplexity", "sonar", "perplexity"),
        ("together_ai", "meta-llama/Llama-3.3-70B-Instruct-Turbo", "together"),
        ("openrouter", "anthropic/claude-3.5-sonnet", "openrouter"),
        ("voyageai", "voyage-3", "voyageai"),
        (None, "GPT-4o-mini", None),
        ("some-gateway", "gpt-4o-mini", None),
    ],
)
def test_provider_names(provider: str | None, model: str, priced_as: str | None) -> None:
    """A canonical provider name leads to that provider's prices, no name to the model's own."""
    call = Call(provider, model)
    assert cost([call]) == same_as_expected([call._replace(provider=priced_as)])


@pytest.mark.parametrize(
    ("provider", "model", "same_as"),
    [
        (None, "anthropic/claude-3-5-sonnet-20241022", "anthropic"),
        ("litellm", "openai/gpt-4o-mini", "openai"),
        ("openai", "openai/gpt-4o-mini", "openai"),
        (None, "azure/gpt-4o-mini", "azure"),
    ],
)
def test_routed_model_names(provider: str | None, model: str, same_as: str) -> None:
    """The prefix that a router puts before a model names the provider, where none other does."""
    bare = Call(same_as, model.partition("/")[2])
    assert cost([Call(provider, model)]) == cost([bare]) == same_as_expected([bare])


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(Call("openai", "no-such-model"), id="model unknown to its provider"),
        pytest.param(Call("openai", "claude-3-5-sonnet-20241022"), id="another provider's model"),
        pytest.param(Call("openai", "anthropic/claude-3-5-sonnet-20241022"), id="prefix disagrees"),
        pytest.param(Call("nobody", "no-such-model"), id="nothing known"),
        pytest.param(Call(None, "ollama/gpt-oss"), id="routed to the user's own machine"),
        pytest.param(Call("ollama", "deepseek-r1:8b"), id="on the user's own machine"),
        pytest.param(Call("openai", None), id="no model"),
        pytest.param(Call("openai", "gpt-4o", None, None), id="no tokens"),
        pytest.param(Call("openai", "gpt-4o", None, None, 5), id="cached tokens alone"),
        pytest.param(Call("mistral_ai", "mistral-ocr-latest"), id="sold by the page"),
    ],
)
def test_unpriced_calls_are_null(call: Call) -> None:
    """What has no known price is null, never 0, and leaves its neighbours alone."""
    priced = Call("openai", "gpt-4o")
    before, unpriced, after = cost([priced, call, priced])
    assert unpriced is None
    assert before == after == expected(priced)


def test_free_models_cost_nothing() -> None:
    """A model that is given away costs 0, which is not the same as unknown."""
    assert cost([Call("openrouter", "deepseek/deepseek-r1:free")]) == [0.0]


def test_a_missing_count_is_zero() -> None:
    """One known count is enough for a price."""
    calls = [Call("openai", "gpt-4o", 1000, None), Call("openai", "gpt-4o", None, 100)]
    filled = [Call("openai", "gpt-4o", 1000, 0), Call("openai", "gpt-4o", 0, 100)]
    assert cost(calls) == cost(filled) == same_as_expected(filled)


def test_parts_beyond_their_total_are_still_charged() -> None:
    """Cached or reasoning tokens that exceed the totals count as the whole of them."""
    wrong = Call("anthropic", "claude-sonnet-4-5", 10, 5, 700, 400, 50)
    whole = wrong._replace(input_tokens=1100, output_tokens=50)
    assert cost([wrong]) == same_as_expected([whole])


def test_huge_and_negative_counts_give_sane_figures() -> None:
    """Counts near the limits of 64 bits cost a finite amount, negative ones nothing."""
    top = 2**63 - 1
    huge, negative = cost(
        [
            Call("anthropic", "claude-sonnet-4-5", 2**62, 2**62, top, top, top),
            Call("anthropic", "claude-sonnet-4-5", -(2**63), -5, -1, -(2**62), -1),
        ]
    )
    assert huge is not None
    assert math.isfinite(huge)
    assert huge > top / 1_000_000
    assert negative == 0


@given(st.text(max_size=40), st.text(max_size=40) | st.sampled_from(["(a+)+$", "/", "-20250230"]))
def test_any_name_is_answered(provider: str, model: str) -> None:
    """No name of a provider or a model raises."""
    assert len(cost([Call(provider, model), Call(None, f"{provider}/{model}")])) == 2


def test_invented_names_are_unpriced() -> None:
    """Thousands of different and very long names cost nobody time or money."""
    names = [f"claude-{number}-{'9' * 10_000}" for number in range(1000)]
    names += [f"gpt-{number}-of-mine" for number in range(5000)]
    assert set(cost([Call("anthropic", name) for name in names])) == {None}


def test_no_rows() -> None:
    """An empty batch has an empty column of costs."""
    assert cost([]) == []


def test_price_version_names_the_package() -> None:
    """The version recorded beside a cost is that of the installed price data."""
    assert version("genai-prices") in PRICE_VERSION


def test_price_data_is_loaded_on_first_use() -> None:
    """Importing the module does not load the price data, which takes most of a second."""
    program = "import sys, spanlake.semconv.cost; sys.exit('genai_prices' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
