"""What model calls cost in USD, column-wise.

Each distinct provider and model is looked up once; its price then applies to all its rows at a
time. Which price that is: `price_book`. How it depends on prompt length and time: `prices`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from importlib.metadata import version
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.semconv.price_book import NO_CUSTOM_PRICES, PriceBook
from spanlake.semconv.prices import BilledUnits, Counts, PriceSchedule

PRICE_VERSION: Final = f"genai-prices {version('genai-prices')}"
"""How costs by the prices of `genai-prices` are labelled."""


@dataclass(frozen=True, slots=True)
class UsageColumns:
    """The usage of model calls, one row a call; all columns have the same length.

    provider: the canonical OpenTelemetry name, such as `openai` or `aws.bedrock`.
    input_tokens: includes the tokens read from and written to a cache.
    output_tokens: includes the reasoning tokens.
    """

    provider: pa.StringArray
    model: pa.StringArray
    start_time_ns: pa.Int64Array
    input_tokens: pa.Int64Array
    output_tokens: pa.Int64Array
    cache_read_tokens: pa.Int64Array
    cache_write_tokens: pa.Int64Array
    reasoning_tokens: pa.Int64Array

    @classmethod
    def of(cls, columns: Mapping[str, pa.Array]) -> Self:
        """Take them from among others."""
        return cls(**{field.name: columns[field.name] for field in fields(cls)})


class Costs(NamedTuple):
    """The USD of each call, and the version of the price that it is by; null without a price."""

    usd: pa.DoubleArray
    price_version: pa.StringArray


def computed_costs(
    usage: UsageColumns, book: PriceBook = NO_CUSTOM_PRICES, *, at_ns: int | None = None
) -> Costs:
    """Return what each call costs; null for an unknown model, or without input and output tokens.

    A missing count is 0 where another is known. Cached tokens beyond the input tokens, or
    reasoning tokens beyond the output tokens, are charged for all the same.
    at_ns: the moment whose prices count, in nanoseconds since the epoch, if not each call's own.
    """
    cost = np.full(len(usage.model), np.nan)
    label = np.zeros(len(cost), np.int64)
    labels = [""]
    units = _billed_units(usage)
    time_ns = _integers(usage.start_time_ns)
    for schedule, rows in _rows_by_schedule(usage, book):
        parts = BilledUnits(*(count[rows] for count in units))
        charges = schedule.charges(parts, time_ns[rows], at_ns)
        cost[rows] = charges.usd
        for number in np.unique(charges.period[charges.period >= 0]).tolist():
            label[rows[charges.period == number]] = len(labels)
            labels.append(version_label(schedule.periods[number].version))
    unpriced = np.isnan(cost)
    versions = pa.array(labels).take(pa.array(label, mask=unpriced))
    return Costs(pa.array(cost, mask=unpriced), versions)


def version_label(version: int | None) -> str:
    """How costs are labelled: by the version of a custom price, or of `genai-prices` if None."""
    return PRICE_VERSION if version is None else f"custom {version}"


def _billed_units(usage: UsageColumns) -> BilledUnits[Counts]:
    """Split the inclusive counts into parts; in integers, where a difference is exact."""
    prompt = _integers(usage.input_tokens)
    completion = _integers(usage.output_tokens)
    cache_read = _integers(usage.cache_read_tokens)
    cache_write = _integers(usage.cache_write_tokens)
    reasoning = _integers(usage.reasoning_tokens)
    # One after the other, since the sum of two huge counts overflows.
    uncached = np.maximum(np.maximum(prompt - cache_read, 0) - cache_write, 0)
    return BilledUnits(
        uncached_input=uncached.astype(np.float64),
        cache_read=cache_read.astype(np.float64),
        cache_write=cache_write.astype(np.float64),
        output=np.maximum(completion - reasoning, 0).astype(np.float64),
        reasoning=reasoning.astype(np.float64),
        requests=np.ones(len(prompt)),
    )


def _integers(column: pa.Int64Array) -> npt.NDArray[np.int64]:
    """Return the column with 0 for a missing or negative number."""
    integers: npt.NDArray[np.int64] = column.fill_null(0).to_numpy(zero_copy_only=False)
    return np.maximum(integers, 0)


def _rows_by_schedule(
    usage: UsageColumns, book: PriceBook
) -> Iterator[tuple[PriceSchedule, npt.NDArray[np.intp]]]:
    """Yield each price schedule with the numbers of its rows; rows without a price are in none."""
    counted = pc.or_(usage.input_tokens.is_valid(), usage.output_tokens.is_valid())
    rows = np.flatnonzero(counted.to_numpy(zero_copy_only=False))
    providers, models = _Names.of(usage.provider), _Names.of(usage.model)
    pair_codes = (providers.codes * len(models.names) + models.codes)[rows]
    pairs, pair_of_row = np.unique(pair_codes, return_inverse=True)
    # Many names may mean one model, so that schedules can be far fewer than pairs.
    numbers: dict[PriceSchedule, int] = {}
    schedule_of_pair = np.full(len(pairs), -1)
    for place, pair in enumerate(pairs.tolist()):
        provider, model = divmod(pair, len(models.names))
        if schedule := book.find(providers.names[provider], models.names[model]):
            schedule_of_pair[place] = numbers.setdefault(schedule, len(numbers))
    schedule_of_row = schedule_of_pair[pair_of_row]
    for schedule, number in numbers.items():
        yield schedule, rows[schedule_of_row == number]


class _Names(NamedTuple):
    """The distinct names of a column, None last, and each row's position among them."""

    names: list[str | None]
    codes: npt.NDArray[np.int64]

    @classmethod
    def of(cls, column: pa.StringArray) -> Self:
        encoded = column.dictionary_encode()
        names = encoded.dictionary.to_pylist()
        codes = encoded.indices.cast(pa.int64()).fill_null(len(names))
        return cls([*names, None], codes.to_numpy(zero_copy_only=False))
