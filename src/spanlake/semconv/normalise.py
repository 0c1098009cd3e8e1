"""Raw spans of any dialect to the canonical columns: total, per span, column by column."""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.semconv.arrays import whole
from spanlake.semconv.attributes import AttributeIndex, Rows
from spanlake.semconv.columns import CANONICAL, SEMCONV_VERSION, TEXT_COLUMNS
from spanlake.semconv.cost import PRICE_VERSION, UsageColumns, computed_cost
from spanlake.semconv.outcome import outcome
from spanlake.semconv.reader import Reader
from spanlake.semconv.tables import Dialect, load_dialects
from spanlake.semconv.usage import is_rollup, usage_columns

_DEFAULT_EXPERIMENT = "default"
_MAX_ERRORS = 20


class Canonical(NamedTuple):
    """The canonical columns of n spans.

    table: `columns.CANONICAL`. verbatim: for each text column, the entries of the attribute maps
    (counted over all spans) whose text it holds unchanged.
    """

    table: pa.Table
    verbatim: dict[str, Rows]


class Normaliser:
    """Maps spans by the dialect tables; `prices` adds the cost of model calls."""

    def __init__(self, dialects: tuple[Dialect, ...], *, prices: bool) -> None:
        self._dialects = dialects
        self._prices = prices

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
                return _unmapped(len(spans), f"{type(error).__name__}: {error}")
        half = len(spans) // 2
        first = self.normalise(spans.slice(0, half), experiments.slice(0, half))
        second = self.normalise(spans.slice(half), experiments.slice(half))
        offsets = np.asarray(whole(spans["attributes"]).slice(0, half).offsets)
        return _joined(first, second, int(offsets[-1] - offsets[0]))

    def _columns(self, spans: pa.Table, experiments: pa.StringArray) -> Canonical:
        attributes = _index(spans, "attributes", "attribute_types")
        resource = _index(spans, "resource", "resource_types")
        reader = Reader(attributes, resource, self._dialects)
        columns: dict[str, pa.Array] = {}
        verbatim: dict[str, Rows] = {}
        taken = np.zeros(len(attributes.texts), bool)
        for field in CANONICAL:
            column = reader.column(field.name, field.type)
            columns[field.name] = column.values
            if field.name in TEXT_COLUMNS:
                verbatim[field.name] = _claim(column.positions, attributes, taken)
        columns |= usage_columns(reader, self._dialects)
        columns |= outcome(spans, attributes)._asdict()
        columns |= _derived(columns, experiments)
        columns |= self._costs(columns, whole(spans["start_time_ns"]))
        columns["dialect"] = _dialect_names(attributes, self._dialects)
        columns["semconv_version"] = pa.repeat(SEMCONV_VERSION, len(spans))
        columns["semconv_errors"] = _errors(reader)
        return Canonical(pa.table(columns, CANONICAL), verbatim)

    def _costs(
        self, columns: dict[str, pa.Array], start_time_ns: pa.Int64Array
    ) -> dict[str, pa.Array]:
        """The cost an app reported, else the computed one."""
        reported = columns["cost_usd"]
        if self._prices:
            computed = computed_cost(
                UsageColumns(
                    provider=columns["provider"],
                    model=columns["model"],
                    start_time_ns=start_time_ns,
                    input_tokens=columns["input_tokens"],
                    output_tokens=columns["output_tokens"],
                    cache_read_tokens=columns["cache_read_tokens"],
                    cache_write_tokens=columns["cache_write_tokens"],
                    reasoning_tokens=columns["reasoning_tokens"],
                )
            )
        else:
            computed = pa.nulls(len(reported), pa.float64())
        cost = pc.coalesce(reported, computed)
        source = pc.if_else(reported.is_valid(), "reported", "computed")
        is_computed = pc.and_(cost.is_valid(), reported.is_null())
        return {
            "cost_usd": cost,
            "cost_source": pc.if_else(cost.is_valid(), source, None),
            "price_version": pc.if_else(is_computed, PRICE_VERSION, None),
        }


@cache
def default_normaliser() -> Normaliser:
    """Every dialect there is, with prices."""
    return Normaliser(load_dialects(), prices=True)


def _joined(first: Canonical, second: Canonical, entries: int) -> Canonical:
    """Two halves as one; the first has this many attribute entries."""
    return Canonical(
        pa.concat_tables([first.table, second.table]).combine_chunks(),
        {
            name: np.concatenate([first.verbatim[name], second.verbatim[name] + entries])
            for name in TEXT_COLUMNS
        },
    )


def _unmapped(length: int, reason: str) -> Canonical:
    columns = {field.name: pa.nulls(length, field.type) for field in CANONICAL}
    columns["semconv_errors"] = pa.array(
        [[reason]] * length, CANONICAL.field("semconv_errors").type
    )
    columns["semconv_version"] = pa.repeat(SEMCONV_VERSION, length)
    columns["is_error"] = pa.repeat(False, length)
    columns["experiment"] = pa.repeat(_DEFAULT_EXPERIMENT, length)
    none = np.empty(0, np.int64)
    return Canonical(pa.table(columns, CANONICAL), dict.fromkeys(TEXT_COLUMNS, none))


def _index(spans: pa.Table, values: str, types: str) -> AttributeIndex:
    return AttributeIndex(whole(spans[values]), whole(spans[types]))


def _claim(positions: Rows, attributes: AttributeIndex, taken: npt.NDArray[np.bool_]) -> Rows:
    """The string entries among `positions` that no other column holds already."""
    mine: Rows = positions[positions >= 0]
    mine = mine[(attributes.letters[mine] == ord("s")) & ~taken[mine]]
    taken[mine] = True
    return mine


def _derived(columns: dict[str, pa.Array], experiments: pa.StringArray) -> dict[str, pa.Array]:
    """Columns that follow from others."""
    speaks_model = pc.or_(
        columns["total_tokens"].is_valid(),
        pc.or_(
            columns["request_model"].is_valid(),
            pc.or_(columns["input_messages"].is_valid(), columns["output_messages"].is_valid()),
        ),
    )
    span_type = pc.coalesce(
        columns["span_type"],
        pc.if_else(columns["tool_name"].is_valid(), "TOOL", None),
        pc.if_else(columns["documents"].is_valid(), "RETRIEVER", None),
        pc.if_else(speaks_model, "LLM", None),
    )
    return {
        "span_type": span_type,
        "model": pc.coalesce(columns["response_model"], columns["request_model"]),
        "usage_is_rollup": is_rollup(span_type, columns["total_tokens"]),
        "experiment": pc.coalesce(
            columns["experiment"], experiments, columns["service_name"], _DEFAULT_EXPERIMENT
        ),
    }


def _dialect_names(attributes: AttributeIndex, dialects: tuple[Dialect, ...]) -> pa.StringArray:
    """The most trusted dialect each span speaks, apart from our own."""
    names = pa.nulls(attributes.length, pa.string())
    for dialect in dialects:
        if dialect.is_genai:
            speaks = pa.array(attributes.rows_with_prefix(dialect.prefixes))
            names = pc.coalesce(names, pc.if_else(speaks, dialect.name, None))
    return names


def _errors(reader: Reader) -> pa.ListArray:
    kind = CANONICAL.field("semconv_errors").type
    if not reader.errors:
        return pa.nulls(reader.length, kind)
    rows = [reader.errors.get(row, [])[:_MAX_ERRORS] or None for row in range(reader.length)]
    return pa.array(rows, kind)
