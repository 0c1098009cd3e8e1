"""Versions side by side: how they were made, how they measured, and the traces they made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TypeVar

from spanlake.errors import UserError
from spanlake.storage.catalog.version import Version
from spanlake.storage.lake import Lake
from spanlake.storage.weighting import Quantiles

_T = TypeVar("_T")

_CHOSEN = "chosen AS (SELECT unnest($experiments) AS experiment, unnest($names) AS app_version)"
_DURATIONS = Quantiles("duration_ms", "experiment, app_version", is_weighted=True)
_TRAFFIC = f"""
WITH {_CHOSEN}
SELECT
    experiment,
    app_version,
    lake.weighted_count(true, sample_weight) AS trace_count,
    lake.weighted_count(error_count > 0, sample_weight) AS error_trace_count,
    min(start_time) AS first_time,
    max(start_time) AS last_time,
    {_DURATIONS.at(0.5)} AS duration_p50_ms,
    {_DURATIONS.at(0.95)} AS duration_p95_ms,
    lake.weighted_sum(input_tokens, sample_weight) AS input_tokens,
    lake.weighted_sum(output_tokens, sample_weight) AS output_tokens,
    sum(cost_usd * sample_weight) AS cost_usd,
    lake.weighted_sum(unpriced_call_count, sample_weight) AS unpriced_call_count,
    bool_or(sample_weight != 1) AS is_estimated
FROM {_DURATIONS.source("(FROM traces JOIN chosen USING (experiment, app_version))")}
GROUP BY experiment, app_version
"""  # noqa: S608  # a constant
_SCORES = f"""
WITH {_CHOSEN}
SELECT
    traces.experiment,
    traces.app_version,
    assessments.name,
    count(*) AS n,
    sum(coalesce(assessments.value_double, assessments.value_bool::DOUBLE) * sample_weight)
        / sum(sample_weight) AS mean
FROM traces
JOIN chosen USING (experiment, app_version)
JOIN assessments ON assessments.trace_id = traces.trace_id
WHERE assessments.is_valid
    AND assessments.kind = 'feedback'
    AND isfinite(coalesce(assessments.value_double, assessments.value_bool::DOUBLE))
GROUP BY ALL
"""  # noqa: S608  # a constant


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What the traces of a version come to. Tokens and cost are the billable ones.

    is_estimated: some of the traces stand for others that were sampled out.
    """

    trace_count: int = 0
    error_trace_count: int = 0
    first_time: datetime | None = None
    last_time: datetime | None = None
    duration_p50_ms: float | None = None
    duration_p95_ms: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    unpriced_call_count: int = 0
    is_estimated: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """The feedback of one name on the traces of a version. mean: true is 1. count: how many."""

    mean: float
    count: int


@dataclass(frozen=True, slots=True)
class Side:
    """A version and its traffic."""

    version: Version
    traffic: Traffic


@dataclass(frozen=True, slots=True)
class Comparison:
    """Versions side by side. In each list there is a value a side, None where it has none.

    params: those that differ. metrics: all that any has. scores: of feedback that is a number or
    a bool, by name.
    """

    sides: tuple[Side, ...]
    params: Mapping[str, list[str | None]]
    metrics: Mapping[str, list[float | None]]
    scores: Mapping[str, list[Score | None]]


def compare_versions(lake: Lake, versions: Sequence[Version]) -> Comparison:
    """Put versions side by side. UserError for fewer than two."""
    if len({each.version_id for each in versions}) < 2:  # noqa: PLR2004  # sides
        raise UserError(
            f"NAMEs are {', '.join(each.name for each in versions) or 'none'}: must be two "
            "versions or more; `spanlake versions list` shows them"
        )
    traffic = traffic_of(lake, versions)
    params = _side_by_side([each.params for each in versions])
    return Comparison(
        sides=tuple(Side(each, traffic[each.version_id]) for each in versions),
        params={key: values for key, values in params.items() if len(set(values)) > 1},
        metrics=_side_by_side([each.metrics for each in versions]),
        scores=_side_by_side(_scores(lake, versions)),
    )


def traffic_of(lake: Lake, versions: Sequence[Version]) -> dict[str, Traffic]:
    """By the id of a version what its traces come to."""
    names = [field.name for field in fields(Traffic)]
    found = {
        (experiment, name): Traffic(**dict(zip(names, rest, strict=True)))
        for experiment, name, *rest in lake.rows(_TRAFFIC, _wanted(versions))
    }
    return {
        each.version_id: found.get((each.experiment, each.name), Traffic()) for each in versions
    }


def _scores(lake: Lake, versions: Sequence[Version]) -> list[dict[str, Score]]:
    found: dict[tuple[str, str], dict[str, Score]] = {}
    for experiment, version, name, count, mean in lake.rows(_SCORES, _wanted(versions)):
        found.setdefault((experiment, version), {})[name] = Score(mean, count)
    return [found.get((each.experiment, each.name), {}) for each in versions]


def _wanted(versions: Sequence[Version]) -> dict[str, list[str]]:
    return {
        "experiments": [each.experiment for each in versions],
        "names": [each.name for each in versions],
    }


def _side_by_side(sides: Sequence[Mapping[str, _T]]) -> dict[str, list[_T | None]]:
    keys = sorted({key for side in sides for key in side})
    return {key: [side.get(key) for side in sides] for key in keys}
