"""What the model calls of a window would cost with other prices, beside what is recorded.

A question, not a change: what is stored stays as it is.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from spanlake.semconv.arrays import whole
from spanlake.semconv.cost import UsageColumns, computed_costs
from spanlake.semconv.price_book import PriceBook
from spanlake.semconv.prices import nanoseconds_since_epoch
from spanlake.storage.lake import Lake
from spanlake.storage.query import query_errors

_COLUMNS = (
    "provider",
    "model",
    "start_time_ns",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost_usd",
)
_BATCH_ROWS = 100_000
_KEYS = ("provider", "model")
_SUMS = ("input_tokens", "output_tokens", "recorded_usd", "recosted_usd")


@dataclass(frozen=True, slots=True)
class Recosted:
    """The calls of one provider's model.

    recorded_usd: what is stored with them, recosted_usd: what they would cost; None if no call has
    any. unrecorded_calls, unpriced_calls: how many have none. price_versions: of what they would
    cost.
    """

    provider: str | None
    model: str | None
    call_count: int
    input_tokens: int | None
    output_tokens: int | None
    recorded_usd: float | None
    recosted_usd: float | None
    unrecorded_calls: int
    unpriced_calls: int
    price_versions: tuple[str, ...]


def recost(
    lake: Lake,
    book: PriceBook,
    *,
    since: datetime | None = None,
    where: str | None = None,
    as_of: datetime | None = None,
) -> list[Recosted]:
    """Price the billed calls that started since then, by provider and model, the dearest first.

    where: an SQL condition over the columns of `llm_calls`. as_of: the moment whose prices they
    cost; None is each call's own time. QueryError for a condition that is none.
    """
    calls = lake.sql(
        "FROM llm_calls WHERE $since::TIMESTAMPTZ IS NULL OR start_time >= $since",
        {"since": since},
    )
    at_ns = None if as_of is None else nanoseconds_since_epoch(as_of)
    with query_errors(lake, where or "", flag="--where"):
        if where is not None:
            lake.make_views(where)
            calls = calls.filter(where)
        # The calls themselves have the time to the microsecond.
        chosen = calls.project(
            ", ".join(
                "epoch_ns(start_time) AS start_time_ns" if name == "start_time_ns" else name
                for name in _COLUMNS
            )
        )
        parts = [
            _summed(pa.Table.from_batches([batch]), book, at_ns)
            for batch in chosen.to_arrow_reader(_BATCH_ROWS)
        ]
    return _totals(parts)


def _summed(calls: pa.Table, book: PriceBook, at_ns: int | None) -> pa.Table:
    """The sums of some calls, a row for each provider, model and price."""
    usage = UsageColumns.of({name: whole(calls[name]) for name in _COLUMNS if name != "cost_usd"})
    costs = computed_costs(usage, book, at_ns=at_ns)
    return (
        pa.table(
            {
                "provider": usage.provider,
                "model": usage.model,
                "price_version": costs.price_version,
                # Hostile counts are beyond what 64 bits can sum.
                "input_tokens": usage.input_tokens.cast(pa.float64(), safe=False),
                "output_tokens": usage.output_tokens.cast(pa.float64(), safe=False),
                "recorded_usd": whole(calls["cost_usd"]),
                "recosted_usd": costs.usd,
            }
        )
        .group_by([*_KEYS, "price_version"])
        .aggregate(
            [
                ([], "count_all"),
                *((name, "sum") for name in _SUMS),
                ("recorded_usd", "count", pc.CountOptions(mode="only_null")),
            ]
        )
    )


def _totals(parts: list[pa.Table]) -> list[Recosted]:
    """The sums of all parts, a row for each provider and model."""
    if not parts:
        return []
    rows: dict[tuple[str | None, str | None], list[dict[str, Any]]] = {}
    for row in pa.concat_tables(parts).to_pylist():
        rows.setdefault((row["provider"], row["model"]), []).append(row)
    totals = [_total(*names, some) for names, some in rows.items()]
    return sorted(totals, key=lambda total: -(total.recosted_usd or total.recorded_usd or 0.0))


def _total(provider: str | None, model: str | None, rows: list[dict[str, Any]]) -> Recosted:
    def total(column: str) -> float | None:
        known = [row[f"{column}_sum"] for row in rows if row[f"{column}_sum"] is not None]
        return sum(known) if known else None

    input_tokens, output_tokens = total("input_tokens"), total("output_tokens")
    return Recosted(
        provider=provider,
        model=model,
        call_count=sum(row["count_all"] for row in rows),
        input_tokens=None if input_tokens is None else int(input_tokens),
        output_tokens=None if output_tokens is None else int(output_tokens),
        recorded_usd=total("recorded_usd"),
        recosted_usd=total("recosted_usd"),
        unrecorded_calls=sum(row["recorded_usd_count"] for row in rows),
        unpriced_calls=sum(row["count_all"] for row in rows if row["price_version"] is None),
        price_versions=tuple(sorted({row["price_version"] for row in rows} - {None})),
    )
