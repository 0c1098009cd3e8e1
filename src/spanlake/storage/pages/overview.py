"""What an experiment's traces come to over time: volume, errors, latency, tokens, cost, quality."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from spanlake.storage.lake import Lake
from spanlake.storage.pages.trace_counts import bucket_seconds
from spanlake.storage.pages.trace_selection import TraceSelection, chosen_traces
from spanlake.storage.weighting import Quantiles

_COLUMNS = (
    "trace_id",
    "status",
    "start_time",
    "end_time",
    "duration_ms",
    "session_id",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "unpriced_call_count",
    "sample_weight",
)
_MAX_MODELS = 6
_MAX_SCORERS = 8
_MAX_TOOLS = 20
_Z = 1.96  # of a 95 % interval

_IS_ESTIMATED = "SELECT coalesce(bool_or(sample_weight != 1), false) FROM chosen_traces"
_TOTALS = """
SELECT
    lake.weighted_count(true, sample_weight),
    lake.weighted_count(status = 'error', sample_weight),
    count(DISTINCT session_id), {p50}, {p95},
    lake.weighted_sum(input_tokens, sample_weight),
    lake.weighted_sum(output_tokens, sample_weight),
    sum(cost_usd * sample_weight),
    lake.weighted_sum(unpriced_call_count, sample_weight),
    min(start_time), max(start_time), max(end_time)
FROM {traces}
"""
_POINTS = """
SELECT
    bucket,
    lake.weighted_count(status = 'ok', sample_weight),
    lake.weighted_count(status = 'error', sample_weight),
    {p50}, {p95}, {p99}
FROM {traces}
GROUP BY bucket
ORDER BY bucket
"""
_BUCKETS = """(
    SELECT *, (epoch_us(start_time) // 1_000_000 // $width) * $width AS bucket
    FROM chosen_traces
    WHERE start_time IS NOT NULL
)"""
_MODELS = """
SELECT
    (epoch_us(call.start_time) // 1_000_000 // $width) * $width AS bucket,
    coalesce(call.model, 'unknown') AS model,
    lake.weighted_count(true, call.sample_weight),
    lake.weighted_sum(call.input_tokens, call.sample_weight),
    lake.weighted_sum(call.output_tokens, call.sample_weight),
    sum(call.cost_usd * call.sample_weight)
FROM llm_calls AS call
SEMI JOIN chosen_traces USING (trace_id)
WHERE call.start_time BETWEEN $first AND $end
GROUP BY ALL
ORDER BY bucket
"""
_TOOLS = """
SELECT
    tool, lake.weighted_count(true, sample_weight) AS calls,
    lake.weighted_count(is_error, sample_weight), {p50}, {p95}
FROM {spans}
GROUP BY tool
ORDER BY calls DESC, tool
LIMIT $most
"""
_TOOL_SPANS = """(
    SELECT coalesce(tool_name, name, 'unknown') AS tool, is_error, duration_ms, sample_weight
    FROM spans
    SEMI JOIN chosen_traces USING (trace_id)
    WHERE span_type = 'TOOL' AND start_time BETWEEN $first AND $end
)"""
# Where weights differ, a mean is as sure as that of fewer scores: the effective number of them.
_SCORES = """
SELECT
    bucket, name, count(*), any_value(mean),
    coalesce(sqrt(greatest(0, sum(weight * (score - mean) ** 2)
        / nullif(sum(weight) - sum(weight * weight) / sum(weight), 0))), 0),
    sum(weight) ** 2 / sum(weight * weight)
FROM (
    SELECT *, sum(score * weight) OVER each_mean / sum(weight) OVER each_mean AS mean
    FROM (
        SELECT
            (epoch_us(trace.start_time) // 1_000_000 // $width) * $width AS bucket,
            name,
            coalesce(value_double, value_bool::INTEGER::DOUBLE) AS score,
            trace.sample_weight AS weight
        FROM (FROM assessments WHERE is_valid AND kind = 'feedback') AS each
        JOIN chosen_traces AS trace ON trace.trace_id = each.trace_id
        WHERE trace.start_time IS NOT NULL
    )
    WHERE isfinite(score)
    WINDOW each_mean AS (PARTITION BY bucket, name)
)
GROUP BY bucket, name
ORDER BY bucket
"""


class Totals(NamedTuple):
    """Over all of the time. sessions: those that are stored; of how many others is not known."""

    traces: int
    errors: int
    sessions: int
    p50_ms: float | None
    p95_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    unpriced_call_count: int | None
    first: datetime | None
    last: datetime | None
    end: datetime | None


class Point(NamedTuple):
    """The traces that started in a piece of time. start: seconds since the epoch."""

    start: int
    ok: int
    errors: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


class ModelPoint(NamedTuple):
    """The billed calls of a model in a piece of time."""

    start: int
    model: str
    calls: int
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None


class ToolUse(NamedTuple):
    """A tool over all of the time."""

    tool: str
    calls: int
    failures: int
    p50_ms: float | None
    p95_ms: float | None


class ScorePoint(NamedTuple):
    """What a scorer gave in a piece of time, with a 95 % interval of the mean."""

    start: int
    scorer: str
    scored: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Overview:
    """What the chosen traces come to. width: of a piece of time, in seconds.

    is_estimated: some traces stand for others that were sampled out.
    """

    totals: Totals
    is_estimated: bool
    width: int
    points: tuple[Point, ...]
    models: tuple[ModelPoint, ...]
    tools: tuple[ToolUse, ...]
    scores: tuple[ScorePoint, ...]


def read_overview(lake: Lake, selection: TraceSelection) -> Overview:
    """The chosen traces over their time, or over that which was asked for."""
    with chosen_traces(lake, selection, _COLUMNS):
        ((is_estimated,),) = lake.rows(_IS_ESTIMATED)
        durations = Quantiles("duration_ms", "", is_estimated)
        totals = Totals(*lake.rows(_asked(_TOTALS, durations, traces="chosen_traces"))[0])
        width = 60
        if totals.first is not None and totals.last is not None:
            first = selection.since or totals.first
            last = max(totals.last, selection.until or totals.last)
            width = bucket_seconds(first, last)
        by: dict[str, object] = {"width": width}
        # Spans of these traces are looked for in the files of this time alone.
        within: dict[str, object] = {"first": totals.first, "end": totals.end}
        points = _asked(_POINTS, durations._replace(by="bucket"), traces=_BUCKETS)
        tools = _asked(_TOOLS, durations._replace(by="tool"), spans=_TOOL_SPANS)
        return Overview(
            totals=totals,
            is_estimated=is_estimated,
            width=width,
            points=tuple(Point(*row) for row in lake.rows(points, by)),
            models=_most_used([ModelPoint(*row) for row in lake.rows(_MODELS, by | within)]),
            tools=tuple(ToolUse(*row) for row in lake.rows(tools, {"most": _MAX_TOOLS, **within})),
            scores=_scores(lake.rows(_SCORES, by)),
        )


def _asked(query: str, durations: Quantiles, **rows: str) -> str:
    """A query with its quantiles, over rows that allow for them."""
    shares = {"p50": durations.at(0.5), "p95": durations.at(0.95), "p99": durations.at(0.99)}
    return query.format(**shares, **{name: durations.source(each) for name, each in rows.items()})


def _most_used(points: Sequence[ModelPoint]) -> tuple[ModelPoint, ...]:
    """Those of the models that cost most; the rest goes together as "others"."""
    weights: dict[str, tuple[float, int]] = {}
    for point in points:
        cost, calls = weights.get(point.model, (0.0, 0))
        weights[point.model] = cost + (point.cost_usd or 0.0), calls + point.calls
    kept = set(sorted(weights, key=lambda model: weights[model], reverse=True)[:_MAX_MODELS])
    summed: dict[tuple[int, str], ModelPoint] = {}
    for point in points:
        model = point.model if point.model in kept else "others"
        old = summed.get((point.start, model))
        summed[point.start, model] = (
            point._replace(model=model) if old is None else _sum(old, point)
        )
    return tuple(summed.values())


def _sum(one: ModelPoint, other: ModelPoint) -> ModelPoint:
    return ModelPoint(
        one.start,
        one.model,
        one.calls + other.calls,
        (one.input_tokens or 0) + (other.input_tokens or 0),
        (one.output_tokens or 0) + (other.output_tokens or 0),
        (one.cost_usd or 0.0) + (other.cost_usd or 0.0),
    )


def _scores(rows: Sequence[tuple[int, str, int, float, float, float]]) -> tuple[ScorePoint, ...]:
    counts: dict[str, int] = {}
    for _, scorer, count, *_ in rows:
        counts[scorer] = counts.get(scorer, 0) + count
    kept = set(sorted(counts, key=lambda name: (-counts[name], name))[:_MAX_SCORERS])
    return tuple(
        ScorePoint(start, scorer, count, mean, mean - half, mean + half)
        for start, scorer, count, mean, deviation, effective in rows
        if scorer in kept
        for half in [_Z * deviation / effective**0.5]
    )
