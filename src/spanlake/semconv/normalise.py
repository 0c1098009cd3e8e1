"""Raw spans of any dialect to the canonical columns: total, per span, column by column."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.semconv.arrays import whole
from spanlake.semconv.attributes import AttributeIndex, Rows
from spanlake.semconv.columns import CANONICAL, SEMCONV_VERSION, TEXT_COLUMNS
from spanlake.semconv.cost import Costs, UsageColumns, computed_costs
from spanlake.semconv.derived import DEFAULT_EXPERIMENT, derived
from spanlake.semconv.evaluations import evaluations_of
from spanlake.semconv.outcome import outcome
from spanlake.semconv.places import Places
from spanlake.semconv.plan import plan_of
from spanlake.semconv.price_book import NO_CUSTOM_PRICES, PriceBook
from spanlake.semconv.reader import Column, Reader
from spanlake.semconv.span_events import event_content
from spanlake.semconv.tables import Dialect, load_dialects
from spanlake.semconv.usage import usage_columns

# Logfire announces a span that has begun by another one, below it.
_PLACEHOLDER = ("logfire.span_type", "pending_span")
_MAX_ERRORS = 20


class Canonical(NamedTuple):
    """The canonical columns of n spans.

    table: `columns.CANONICAL`. verbatim: for each text column, the entries of the attribute maps
    (counted over all spans) whose text it holds unchanged.
    """

    table: pa.Table
    verbatim: dict[str, Rows]


class Normaliser:
    """Maps spans by the dialect tables; `prices` adds the cost of model calls.

    book: asked for the prices with every batch.
    """

    def __init__(
        self,
        dialects: tuple[Dialect, ...],
        *,
        prices: bool,
        book: Callable[[], PriceBook] = lambda: NO_CUSTOM_PRICES,
    ) -> None:
        self._dialects = dialects
        self._prices = prices
        self._book = book

    def normalise(self, spans: pa.Table, experiments: pa.StringArray) -> Canonical:
        """The canonical columns of raw spans.

        spans: the raw columns as the OTLP codec makes them. experiments: for each span the
        experiment its request named, or null. Never raises: a span that cannot be mapped has null
        columns and the reason in `semconv_errors`.
        """
        try:
            return self._columns(spans, experiments)
        except Exception as error:  # noqa: BLE001  # a mapping bug must never cost a span
            if len(spans) <= 1:
                return _unmapped(experiments, f"{type(error).__name__}: {error}")
        half = len(spans) // 2
        first = self.normalise(spans.slice(0, half), experiments.slice(0, half))
        second = self.normalise(spans.slice(half), experiments.slice(half))
        offsets = np.asarray(whole(spans["attributes"]).slice(0, half).offsets)
        return _joined(first, second, int(offsets[-1] - offsets[0]))

    def _columns(self, spans: pa.Table, experiments: pa.StringArray) -> Canonical:
        places = Places(spans)
        attributes = places.attributes
        plan = plan_of(self._dialects, places.vocabulary())
        reader = Reader(places, plan)
        columns: dict[str, pa.Array] = {}
        verbatim: dict[str, Rows] = {}
        taken = np.zeros(len(attributes.texts), bool)
        span_types = reader.column("span_type", pa.string()).values
        places.types_are(span_types)
        for field in CANONICAL:
            column = reader.column(field.name, field.type)
            columns[field.name] = column.values
            if field.name in TEXT_COLUMNS:
                verbatim[field.name] = _claim(column, attributes, taken)
        columns["span_type"] = span_types
        columns |= _filled_from_events(columns, spans)
        columns |= usage_columns(reader, plan)
        told = columns["error_message"]
        columns |= outcome(spans, attributes)._asdict()
        columns["error_message"] = pc.if_else(
            columns["is_error"], pc.coalesce(columns["error_message"], told), None
        )
        columns |= derived(columns, whole(spans["name"]), experiments)
        columns |= self._costs(columns, whole(spans["start_time_ns"]))
        columns["evaluations"] = evaluations_of(spans, attributes)
        columns["dialect"] = _dialect_names(places, plan.spoken)
        columns["semconv_version"] = pa.repeat(SEMCONV_VERSION, len(spans))
        columns["semconv_errors"] = _errors(reader)
        return Canonical(pa.table(columns, CANONICAL), verbatim)

    def costs(self, usage: UsageColumns) -> Costs:
        """What calls cost by today's prices; null without one, or where prices are not wanted."""
        if self._prices:
            return computed_costs(usage, self._book())
        length = len(usage.model)
        return Costs(pa.nulls(length, pa.float64()), pa.nulls(length, pa.string()))

    def _costs(
        self, columns: dict[str, pa.Array], start_time_ns: pa.Int64Array
    ) -> dict[str, pa.Array]:
        """The cost an app reported, else the computed one."""
        reported = columns["cost_usd"]
        computed, version = self.costs(UsageColumns.of(columns | {"start_time_ns": start_time_ns}))
        cost = pc.coalesce(reported, computed)
        source = pc.if_else(reported.is_valid(), "reported", "computed")
        is_computed = pc.and_(cost.is_valid(), reported.is_null())
        return {
            "cost_usd": cost,
            "cost_source": pc.if_else(cost.is_valid(), source, None),
            "price_version": pc.if_else(is_computed, version, None),
        }


@cache
def default_normaliser() -> Normaliser:
    """Every dialect there is, with prices."""
    return Normaliser(load_dialects(), prices=True)


def general_normaliser() -> Normaliser:
    """What every span may carry, and nothing of GenAI."""
    general = tuple(dialect for dialect in load_dialects() if not dialect.is_genai)
    return Normaliser(general, prices=False)


def placeholders(spans: pa.Table) -> pa.BooleanArray:
    """Which spans only announce others that will come."""
    key, value = _PLACEHOLDER
    told = pc.map_lookup(whole(spans["attributes"]), pa.scalar(key), "first")
    return pc.fill_null(pc.equal(told, value), False)


def _joined(first: Canonical, second: Canonical, entries: int) -> Canonical:
    """Two halves as one; the first has this many attribute entries."""
    return Canonical(
        pa.concat_tables([first.table, second.table]).combine_chunks(),
        {
            name: np.concatenate([first.verbatim[name], second.verbatim[name] + entries])
            for name in TEXT_COLUMNS
        },
    )


def _unmapped(experiments: pa.StringArray, reason: str) -> Canonical:
    length = len(experiments)
    columns = {field.name: pa.nulls(length, field.type) for field in CANONICAL}
    columns["semconv_errors"] = pa.array(
        [[reason]] * length, CANONICAL.field("semconv_errors").type
    )
    columns["semconv_version"] = pa.repeat(SEMCONV_VERSION, length)
    columns["is_error"] = pa.repeat(False, length)
    columns["experiment"] = pc.coalesce(experiments, DEFAULT_EXPERIMENT)
    none = np.empty(0, np.int64)
    return Canonical(pa.table(columns, CANONICAL), dict.fromkeys(TEXT_COLUMNS, none))


def _filled_from_events(columns: dict[str, pa.Array], spans: pa.Table) -> dict[str, pa.Array]:
    """Content that only the spans' events have."""
    content = event_content(spans, columns["span_type"])
    if content is None:
        return {}
    return {name: pc.coalesce(columns[name], held) for name, held in content._asdict().items()}


def _claim(column: Column, attributes: AttributeIndex, taken: npt.NDArray[np.bool_]) -> Rows:
    """The string entries that a column is verbatim, and no other column holds already."""
    if column.positions is None:
        return np.empty(0, np.int64)
    mine: Rows = column.positions[column.positions >= 0]
    mine = mine[(attributes.letters[mine] == ord("s")) & ~taken[mine]]
    taken[mine] = True
    return mine


def _dialect_names(places: Places, spoken: tuple[Dialect, ...]) -> pa.StringArray:
    """The most trusted dialect each span speaks, apart from our own."""
    names = pa.nulls(places.length, pa.string())
    for dialect in spoken:
        speaks = pa.array(places.speak(dialect.speakers))
        names = pc.coalesce(names, pc.if_else(speaks, dialect.name, None))
    return names


def _errors(reader: Reader) -> pa.ListArray:
    kind = CANONICAL.field("semconv_errors").type
    if not reader.errors:
        return pa.nulls(reader.length, kind)
    rows = [reader.errors.get(row, [])[:_MAX_ERRORS] or None for row in range(reader.length)]
    return pa.array(rows, kind)
