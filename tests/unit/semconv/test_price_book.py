import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanlake.semconv.applied_price import applied_prices
from spanlake.semconv.cost import PRICE_VERSION, Costs, UsageColumns, computed_costs
from spanlake.semconv.custom_prices import CustomPrice, ModelRates, PriceTerms
from spanlake.semconv.price_book import Pattern, PriceBook
from spanlake.semconv.prices import nanoseconds_since_epoch

START = datetime(2026, 1, 1, tzinfo=UTC)
MILLION = 1_000_000


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def price(  # noqa: PLR0913  # what a price has
    version: int,
    model: str = "gpt-4o",
    provider: str | None = None,
    *,
    rates: ModelRates | None = None,
    start: int = 0,
    end: int | None = None,
) -> CustomPrice:
    until = None if end is None else day(end)
    return CustomPrice(version, START, PriceTerms(provider, model, day(start), until, rates))


def usd(amount: float) -> ModelRates:
    return ModelRates(input_mtok=amount)


def costs(
    book: PriceBook,
    calls: Sequence[tuple[str | None, str, int]],
    *,
    at: datetime | None = None,
) -> Costs:
    """A million tokens of input each. calls: provider, model and the day of each."""
    count = len(calls)

    def same(value: int | None) -> pa.Int64Array:
        return pa.array([value] * count, pa.int64())

    return computed_costs(
        UsageColumns(
            provider=pa.array([provider for provider, _, _ in calls], pa.string()),
            model=pa.array([model for _, model, _ in calls], pa.string()),
            start_time_ns=pa.array(
                [nanoseconds_since_epoch(day(number)) for _, _, number in calls], pa.int64()
            ),
            input_tokens=same(MILLION),
            output_tokens=same(0),
            cache_read_tokens=same(None),
            cache_write_tokens=same(None),
            reasoning_tokens=same(None),
        ),
        book,
        at_ns=None if at is None else nanoseconds_since_epoch(at),
    )


def test_a_custom_price_goes_before_the_built_in_one() -> None:
    """From its first moment to its last a custom price counts, and tells its version."""
    book = PriceBook([price(7, provider="openai", rates=usd(1.5), start=2, end=4)])
    found = costs(book, [("openai", "gpt-4o", number) for number in range(1, 6)])
    assert found.usd.to_pylist() == [2.5, 1.5, 1.5, 2.5, 2.5]
    own = "custom 7"
    assert found.price_version.to_pylist() == [
        PRICE_VERSION,
        own,
        own,
        PRICE_VERSION,
        PRICE_VERSION,
    ]


def test_a_model_that_nobody_else_prices() -> None:
    """A custom price is enough for a model that no list has, and is null before it begins."""
    book = PriceBook([price(1, "our-model", "vllm", rates=usd(0.2), start=1)])
    found = costs(book, [("vllm", "our-model", 0), ("vllm", "our-model", 1), ("x", "our-model", 1)])
    assert found.usd.to_pylist() == [None, pytest.approx(0.2), None]
    assert found.price_version.to_pylist() == [None, "custom 1", None]


@pytest.mark.parametrize(
    ("provider", "model", "version"),
    [
        ("openai", "gpt-4o", 4),
        (" OpenAI ", "GPT-4o", 4),
        ("azure.ai.openai", "gpt-4o", 3),
        (None, "gpt-4o", 3),
        ("openai", "gpt-4o-mini", 2),
        ("openai", "gpt-4.1", 1),
        ("anthropic", "claude-sonnet-4-5", 0),
    ],
)
def test_the_most_precise_names_count(provider: str | None, model: str, version: int) -> None:
    """A whole name goes before a pattern, the longer pattern before the shorter, models first."""
    book = PriceBook(
        [
            price(4, "gpt-4o", "openai", rates=usd(4)),
            price(3, "gpt-4o", rates=usd(3)),
            price(2, "gpt-4o*", "openai", rates=usd(2)),
            price(1, "gpt-*", "open*", rates=usd(1)),
            price(0, "*", rates=usd(0)),
        ]
    )
    assert costs(book, [(provider, model, 0)]).price_version.to_pylist() == [f"custom {version}"]


def test_a_withdrawal_leaves_what_is_less_precise() -> None:
    """While a precise price is withdrawn, a less precise one counts, or the built-in one."""
    book = PriceBook(
        [
            price(1, "gpt-4o*", rates=usd(9), start=0, end=4),
            price(2, "gpt-4o", rates=usd(5)),
            price(3, "gpt-4o", rates=None, start=2),
        ]
    )
    assert costs(book, [("openai", "gpt-4o", n) for n in (1, 3, 5)]).usd.to_pylist() == [5, 9, 2.5]


def test_what_each_kind_of_token_costs() -> None:
    """Cached tokens cost what input costs unless told otherwise, reasoning what output costs."""
    call = {
        "provider": pa.array(["p"]),
        "model": pa.array(["m"]),
        "start_time_ns": pa.array([nanoseconds_since_epoch(day(1))]),
        "input_tokens": pa.array([10 * MILLION]),
        "output_tokens": pa.array([7 * MILLION]),
        "cache_read_tokens": pa.array([3 * MILLION]),
        "cache_write_tokens": pa.array([2 * MILLION]),
        "reasoning_tokens": pa.array([4 * MILLION]),
    }

    def cost(rates: ModelRates) -> float:
        book = PriceBook([price(1, "m", rates=rates)])
        (found,) = computed_costs(UsageColumns.of(call), book).usd.to_pylist()
        return float(found)

    assert cost(ModelRates(1.0, 10.0)) == pytest.approx(10 + 70)
    assert cost(ModelRates(1.0, 10.0, 0.1, 2.0, 0.5)) == pytest.approx(5 + 0.3 + 4 + 70 + 0.5)
    assert cost(ModelRates(request_usd=0.25)) == pytest.approx(0.25)
    assert cost(ModelRates(cache_read_mtok=0.0)) == 0


def test_prices_of_another_moment() -> None:
    """All calls may be priced by the prices of one moment, whenever they were."""
    book = PriceBook(
        [
            price(1, rates=usd(1), start=0, end=5),
            price(2, rates=usd(2), start=5),
        ]
    )
    calls: list[tuple[str | None, str, int]] = [(None, "gpt-4o", number) for number in (-1, 2, 7)]
    assert costs(book, calls).usd.to_pylist() == [2.5, 1, 2]
    assert costs(book, calls, at=day(3)).usd.to_pylist() == [1, 1, 1]
    assert costs(book, calls, at=day(-3)).usd.to_pylist() == [2.5] * 3


@given(st.text("ab*", min_size=1, max_size=6), st.text("ab", max_size=12))
def test_a_star_is_any_text(pattern: str, name: str) -> None:
    """A pattern matches what it would as a regular expression, of the whole name."""
    expected = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name) is not None
    assert Pattern(pattern).matches(name) is expected


def test_a_hostile_name_takes_no_time() -> None:
    """A pattern of many stars is matched in steps that grow with the name, not with its powers."""
    assert not Pattern("*a" * 100 + "b").matches("a" * 200_000)


names = st.sampled_from(["a", "ab", "b*", "*", "a*b", "abb"])


@st.composite
def custom_prices(draw: st.DrawFn) -> CustomPrice:
    start = draw(st.integers(0, 5))
    return price(
        draw(st.integers(1, 10**6)),
        draw(names),
        draw(st.none() | names),
        rates=draw(st.none() | st.integers(0, 5).map(usd)),
        start=start,
        end=draw(st.none() | st.integers(start + 1, 6)),
    )


@given(
    st.lists(custom_prices(), max_size=8, unique_by=lambda each: each.version),
    st.lists(
        st.tuples(
            st.none() | st.text("ab", max_size=3),
            st.text("ab", min_size=1, max_size=3),
            st.integers(-1, 7),
        ),
        min_size=1,
        max_size=8,
    ),
)
def test_every_call_has_the_price_of_its_moment(
    prices: list[CustomPrice], calls: list[tuple[str | None, str, int]]
) -> None:
    """Each call has the last version valid at its time, of the most precise names with any."""

    def expected(provider: str | None, model: str, number: int) -> str | None:
        def precision(of: tuple[str | None, str]) -> object:
            return Pattern(of[1]).precision, Pattern(of[0]).precision

        subjects = {(each.terms.provider, each.terms.model) for each in prices}
        for subject in sorted(subjects, key=precision, reverse=True):  # type: ignore[arg-type]
            if not (Pattern(subject[0]).matches(provider) and Pattern(subject[1]).matches(model)):
                continue
            valid = [
                each
                for each in prices
                if (each.terms.provider, each.terms.model) == subject
                if each.terms.valid_from <= day(number)
                if each.terms.valid_to is None or day(number) < each.terms.valid_to
            ]
            if valid and (last := max(valid, key=lambda each: each.version)).terms.rates:
                return f"custom {last.version}"
        return None

    found = costs(PriceBook(prices), calls).price_version.to_pylist()
    assert found == [expected(*call) for call in calls]


def test_a_thousand_names_of_one_price() -> None:
    """Names that a client invents share the price of the pattern that they all match."""
    book = PriceBook([price(1, "*", rates=usd(1))])
    calls: list[tuple[str | None, str, int]] = [(None, f"model-{n}", 0) for n in range(3000)]
    assert set(costs(book, calls).usd.to_pylist()) == {1.0}
    schedules = {book.find(None, model) for _, model, _ in calls}
    assert len(schedules) == 1


def test_what_a_model_costs_is_told() -> None:
    """What applies to a model is told for calls without a provider, and each that is named."""
    said = [
        price(1, "gpt-4o*", "openai", rates=ModelRates(1.5, 6.0, 0.1)),
        price(2, "gpt-4o", "az*", rates=usd(1)),
        price(3, "other", "cohere", rates=usd(1)),
    ]
    plain, custom = applied_prices(said, "gpt-4o", provider=None, moment=day(1))
    assert (plain.provider, plain.price_version, plain.input_mtok) == (None, PRICE_VERSION, 2.5)
    assert (custom.provider, custom.price_version, custom.prompt_over) == ("openai", "custom 1", 0)
    assert (custom.input_mtok, custom.output_mtok, custom.reasoning_mtok) == (1.5, 6.0, 6.0)
    assert (custom.cache_read_mtok, custom.cache_write_mtok, custom.request_usd) == (0.1, 1.5, 0)
    (azure,) = applied_prices(said, "gpt-4o", provider="azure", moment=day(1))
    assert azure.price_version == "custom 2"
    assert applied_prices(said, "no-such-model", provider=None, moment=day(1)) == []


def test_tiers_are_told_apart() -> None:
    """A model that charges more for long prompts has a line for each length that matters."""
    short, long = applied_prices([], "gemini-2.5-pro", provider="google", moment=day(1))
    assert (short.prompt_over, long.prompt_over) == (0, 200_000)
    assert long.input_mtok > short.input_mtok
