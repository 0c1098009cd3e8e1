"""What an experiment's traces come to over time: volume, errors, latency, tokens, cost, quality."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from spanlake.storage.lake import Lake
from spanlake.storage.pages.trace import bucket_seconds
from spanlake.storage.pages.trace_selection import TraceSelection, chosen_traces

_MAX_MODELS = 6
_MAX_SCORERS = 8
_MAX_TOOLS = 20
_Z = 1.96  # of a 95 % interval

_TOTALS = """
SELECT
    count(*), count(*) FILTER (status = 'error'), count(DISTINCT session_id),
    quantile_cont(duration_ms, 0.5), quantile_cont(duration_ms, 0.95),
    sum(input_tokens)::BIGINT, sum(output_tokens)::BIGINT, sum(cost_usd),
    sum(unpriced_call_count)::BIGINT, min(start_time), max(start_time)
FROM chosen_traces
"""
_POINTS = """
SELECT
    (epoch(start_time)::BIGINT // $width) * $width AS bucket,
    count(*) FILTER (status = 'ok'), count(*) FILTER (status = 'error'),
    quantile_cont(duration_ms, 0.5), quantile_cont(duration_ms, 0.95),
    quantile_cont(duration_ms, 0.99)
FROM chosen_traces
WHERE start_time IS NOT NULL
GROUP BY bucket
ORDER BY bucket
"""
_MODELS = """
SELECT
    (epoch(call.start_time)::BIGINT // $width) * $width AS bucket,
    coalesce(call.model, 'unknown') AS model,
    count(*), sum(call.input_tokens)::BIGINT, sum(call.output_tokens)::BIGINT, sum(call.cost_usd)
FROM llm_calls AS call
SEMI JOIN chosen_traces USING (trace_id)
GROUP BY ALL
ORDER BY bucket
"""
_TOOLS = """
SELECT
    coalesce(tool_name, name, 'unknown') AS tool, count(*) AS calls,
    count(*) FILTER (is_error), quantile_cont(duration_ms, 0.5), quantile_cont(duration_ms, 0.95)
FROM spans
SEMI JOIN chosen_traces USING (trace_id)
WHERE span_type = 'TOOL'
GROUP BY tool
ORDER BY calls DESC, tool
LIMIT $most
"""
_SCORES = """
SELECT
    (epoch(trace.start_time)::BIGINT // $width) * $width AS bucket,
    each.name, count(*), avg(score), coalesce(stddev_samp(score), 0)
FROM (
    SELECT trace_id, name, coalesce(value_double, value_bool::INTEGER::DOUBLE) AS score
    FROM assessments
    WHERE is_valid AND kind = 'feedback'
) AS each
JOIN chosen_traces AS trace ON trace.trace_id = each.trace_id
WHERE score IS NOT NULL AND NOT isnan(score) AND trace.start_time IS NOT NULL
GROUP BY ALL
ORDER BY bucket
"""


class Totals(NamedTuple):
    """Over all of the time."""

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
    """What the chosen traces come to. width: of a piece of time, in seconds."""

    totals: Totals
    width: int
    points: tuple[Point, ...]
    models: tuple[ModelPoint, ...]
    tools: tuple[ToolUse, ...]
    scores: tuple[ScorePoint, ...]


def read_overview(lake: Lake, selection: TraceSelection) -> Overview:
    """The chosen traces over their time, or over that which was asked for."""
    with chosen_traces(lake, selection):
        totals = Totals(*lake.sql(_TOTALS).fetchall()[0])
        width = 60
        if totals.first is not None and totals.last is not None:
            first = selection.since or totals.first
            last = max(totals.last, selection.until or totals.last)
            width = bucket_seconds(first, last)
        by = {"width": width}
        return Overview(
            totals=totals,
            width=width,
            points=tuple(Point(*row) for row in lake.sql(_POINTS, by).fetchall()),
            models=_most_used([ModelPoint(*row) for row in lake.sql(_MODELS, by).fetchall()]),
            tools=tuple(ToolUse(*row) for row in lake.sql(_TOOLS, {"most": _MAX_TOOLS}).fetchall()),
            scores=_scores(lake.sql(_SCORES, by).fetchall()),
        )


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


def _scores(rows: Sequence[tuple[int, str, int, float, float]]) -> tuple[ScorePoint, ...]:
    counts: dict[str, int] = {}
    for _, scorer, count, _, _ in rows:
        counts[scorer] = counts.get(scorer, 0) + count
    kept = set(sorted(counts, key=lambda name: (-counts[name], name))[:_MAX_SCORERS])
    return tuple(
        ScorePoint(start, scorer, count, mean, mean - half, mean + half)
        for start, scorer, count, mean, deviation in rows
        if scorer in kept
        for half in [_Z * deviation / count**0.5]
    )
