"""Token usage: one block from one dialect, never a mixture of two."""

import pyarrow as pa
import pyarrow.compute as pc

from spanlake.semconv.columns import ROLLUPS
from spanlake.semconv.plan import Plan
from spanlake.semconv.reader import Reader

FIELDS = (
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)

_NO_COUNT = pa.scalar(None, pa.int64())
_UNKNOWN = pa.scalar(None, pa.bool_())


def usage_columns(reader: Reader, plan: Plan) -> dict[str, pa.Array]:
    """The token columns of `FIELDS`.

    All fields of a row come from the most trusted dialect that reports input or output. Input
    includes cached tokens; a reporter that excludes them betrays itself by more cached than input.
    """
    chosen = {name: pa.nulls(reader.length, pa.int64()) for name in FIELDS}
    open_rows = pa.array([True] * reader.length, pa.bool_())
    excluded = pa.array([False] * reader.length, pa.bool_())
    for dialect, sources in plan.usage:
        block = reader.counts(sources)
        reported = pc.or_(block["input_tokens"].is_valid(), block["output_tokens"].is_valid())
        take = pc.and_(reported, open_rows)
        if not take.true_count:
            continue
        for name, values in block.items():
            chosen[name] = pc.if_else(take, values, chosen[name])
        open_rows = pc.and_(open_rows, pc.invert(reported))
        if dialect.cache_excluded:
            excluded = pc.or_(excluded, take)
    _include_cached(chosen, excluded)
    _fill_total(chosen)
    return chosen


def _include_cached(usage: dict[str, pa.Array], known_excluded: pa.BooleanArray) -> None:
    if (
        usage["cache_read_tokens"].null_count
        == usage["cache_write_tokens"].null_count
        == len(usage["input_tokens"])
    ):
        return
    cached = pc.add(
        pc.fill_null(usage["cache_read_tokens"], 0), pc.fill_null(usage["cache_write_tokens"], 0)
    )
    tokens = usage["input_tokens"]
    betrayed = pc.fill_null(pc.greater(cached, tokens), False)
    excluded = pc.or_(betrayed, pc.and_(known_excluded, tokens.is_valid()))
    usage["input_tokens"] = pc.if_else(excluded, pc.add(tokens, cached), tokens)
    # A total sent beside an exclusive input excludes the cached tokens too.
    usage["total_tokens"] = pc.if_else(excluded, _NO_COUNT, usage["total_tokens"])


def _fill_total(usage: dict[str, pa.Array]) -> None:
    known = pc.or_(usage["input_tokens"].is_valid(), usage["output_tokens"].is_valid())
    total = pc.add(pc.fill_null(usage["input_tokens"], 0), pc.fill_null(usage["output_tokens"], 0))
    usage["total_tokens"] = pc.coalesce(usage["total_tokens"], pc.if_else(known, total, _NO_COUNT))


def is_rollup(span_type: pa.StringArray, total_tokens: pa.Int64Array) -> pa.BooleanArray:
    """Whether a span's usage sums up calls that spans below it report themselves; null without."""
    rollup = pc.is_in(span_type, pa.array(ROLLUPS))
    return pc.if_else(total_tokens.is_valid(), rollup, _UNKNOWN)
