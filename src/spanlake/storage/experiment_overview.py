"""Experiments with the spans that belong to them, those included that only spans name."""

from dataclasses import dataclass
from datetime import datetime

from spanlake.errors import NotFoundError
from spanlake.storage.lake import Lake
from spanlake.storage.query import query_errors
from spanlake.storage.typed_rows import columns_of, typed_rows

_QUERY = """
SELECT
    name,
    experiment_id,
    description,
    coalesce(tags, []) AS tags,
    created_at,
    archived_at,
    coalesce(span_count, 0) AS span_count,
    coalesce(estimated_span_count, 0) AS estimated_span_count,
    first_time,
    last_time
FROM experiments
FULL JOIN (
    SELECT
        experiment AS name,
        count(*) AS span_count,
        lake.weighted_count(true, lake.sample_weight(sample_weight, tail_weight))
            AS estimated_span_count,
        min(start_time) AS first_time,
        max(start_time) AS last_time
    FROM lake.spans
    WHERE experiment IS NOT NULL AND ($name::VARCHAR IS NULL OR experiment = $name)
    GROUP BY experiment
) USING (name)
WHERE $name::VARCHAR IS NULL OR name = $name
ORDER BY last_time DESC NULLS LAST, name
"""


@dataclass(frozen=True, slots=True)
class ExperimentOverview:
    """An experiment. What the catalog holds of it is None if it is only on spans.

    span_count: of what is stored. estimated_span_count: with what was sampled out. first_time,
    last_time: when the first and last of them started.
    """

    name: str
    experiment_id: str | None
    description: str | None
    tags: tuple[str, ...]
    created_at: datetime | None
    archived_at: datetime | None
    span_count: int
    estimated_span_count: int
    first_time: datetime | None
    last_time: datetime | None


def experiment_overviews(lake: Lake) -> list[ExperimentOverview]:
    """Every experiment, the one with the newest span first. QueryError as queries raise it."""
    return _overviews(lake, None)


def experiment_overview(lake: Lake, name: str) -> ExperimentOverview:
    """One experiment by its name. NotFoundError if neither catalog nor spans have it."""
    found = _overviews(lake, name)
    if not found:
        raise NotFoundError(
            f"NAME is {name!r}: no experiment is called so; `spanlake experiments list` shows them"
        )
    return found[0]


def is_on_spans(lake: Lake, name: str) -> bool:
    """Whether any stored span belongs to an experiment of this name."""
    query = "SELECT 1 FROM lake.spans WHERE experiment = $name LIMIT 1"
    return bool(lake.rows(query, {"name": name}))


def _overviews(lake: Lake, name: str | None) -> list[ExperimentOverview]:
    with query_errors(lake, _QUERY):
        query = f"SELECT {columns_of(ExperimentOverview)} FROM ({_QUERY})"  # noqa: S608  # of ours
        return typed_rows(ExperimentOverview, lake.rows(query, {"name": name}))
