"""What is counted of all the traces that were chosen: how many, when, and by facet."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from spanlake.storage.lake import Lake
from spanlake.storage.pages.trace_selection import (
    ALL_TRACES,
    FACETS,
    TraceSelection,
    chosen_traces,
    table_of,
)

_MAX_VALUES = 12
_MAX_BUCKETS = 72
_SECOND, _MINUTE, _HOUR, _DAY = 1, 60, 3600, 86400
# How long a bar of the histogram may stand for, in seconds.
_WIDTHS = (
    *(_SECOND * n for n in (1, 2, 5, 10, 30)),
    *(_MINUTE * n for n in (1, 2, 5, 10, 30)),
    *(_HOUR * n for n in (1, 2, 4, 12)),
    *(_DAY * n for n in (1, 2, 7, 30, 91, 365)),
)
# Facets are counted of so many traces, the newest ones: their lists take the longest to read.
MOST_FACETED = 100_000
_FACETED = sorted({"sample_weight"}.union(*(facet.columns for facet in FACETS)))
_TOTALS = """
SELECT
    count(*),
    lake.weighted_count(true, sample_weight),
    lake.weighted_count(status = 'error', sample_weight),
    coalesce(bool_or(sample_weight != 1), false),
    min(start_time),
    max(start_time)
FROM chosen_traces
"""
_BARS = """
SELECT
    epoch_us(start_time) // 1_000_000 // $width AS bucket,
    lake.weighted_count(status = 'ok', sample_weight),
    lake.weighted_count(status = 'error', sample_weight)
FROM chosen_traces
WHERE start_time IS NOT NULL
GROUP BY bucket
"""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bar of the histogram: how many of the traces that started then failed, or did not."""

    start: datetime
    end: datetime
    ok: int
    errors: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.ok + self.errors


@dataclass(frozen=True, slots=True)
class FacetCounts:
    """The most frequent values of a facet. others: how many further values there are."""

    name: str
    values: tuple[tuple[str, int], ...]
    others: int


@dataclass(frozen=True, slots=True)
class TraceCounts:
    """What all chosen traces come to.

    is_estimated: some of them stand for others that were sampled out. faceted: of how many, the
    newest, there are facets; None is all.
    """

    total: int
    errors: int
    is_estimated: bool
    histogram: tuple[Bucket, ...]
    facets: tuple[FacetCounts, ...]
    faceted: int | None


def read_trace_counts(lake: Lake, selection: TraceSelection) -> TraceCounts:
    """The counts over the chosen traces. UserError for a wrong filter."""
    # What the filter line says may take a while to find out twice.
    is_searched = bool(selection.search.strip())
    columns = {"status", "start_time", "sample_weight", *(_FACETED if is_searched else ())}
    with chosen_traces(lake, selection, sorted(columns)):
        count, total, errors, is_estimated, first, last = lake.rows(_TOTALS)[0]
        bars: tuple[Bucket, ...] = ()
        if first is not None:
            bars = _histogram(lake, selection.since or first, max(last, selection.until or last))
        since = _newest_since(lake, count)
        with _faceted_traces(lake, None if is_searched else selection, since):
            facets = _facets(lake)
        faceted = MOST_FACETED if count > MOST_FACETED else None
        return TraceCounts(total, errors, is_estimated, bars, facets, faceted)


def bucket_seconds(first: datetime, last: datetime) -> int:
    """How long a piece of this time should be so that a chart has some dozens of them."""
    seconds = (last - first).total_seconds()
    return next((each for each in _WIDTHS if seconds / each <= _MAX_BUCKETS), _WIDTHS[-1])


def _histogram(lake: Lake, first: datetime, last: datetime) -> tuple[Bucket, ...]:
    """Bars of one width over this time."""
    width = bucket_seconds(first, last)
    counts = lake.rows(_BARS, {"width": width})
    by_bucket = {bucket: (ok, errors) for bucket, ok, errors in counts}
    start = int(first.timestamp()) // width
    end = max(start + 1, min(int(last.timestamp()) // width + 1, start + 4 * _MAX_BUCKETS))
    zone = first.tzinfo
    return tuple(
        Bucket(
            datetime.fromtimestamp(number * width, zone),
            datetime.fromtimestamp(number * width, zone) + timedelta(seconds=width),
            *by_bucket.get(number, (0, 0)),
        )
        for number in range(start, end)
    )


def _facets(lake: Lake) -> tuple[FacetCounts, ...]:
    """All facets in one query: planning one takes longer than counting."""
    parts = [
        f"SELECT '{facet.name}' AS facet, value,"  # noqa: S608  # of FACETS
        f" lake.weighted_count(true, sample_weight) AS n FROM ({facet.values})"
        " WHERE value IS NOT NULL GROUP BY value"
        for facet in FACETS
    ]
    counted = lake.rows(
        "SELECT facet, value, n, count(*) OVER (PARTITION BY facet) AS values FROM ("  # noqa: S608  # of FACETS
        + " UNION ALL ".join(parts)
        + ") QUALIFY row_number() OVER (PARTITION BY facet ORDER BY n DESC, value) <= $most"
        " ORDER BY n DESC, value",
        {"most": _MAX_VALUES},
    )
    found: dict[str, list[tuple[str, int]]] = {facet.name: [] for facet in FACETS}
    totals = dict.fromkeys(found, 0)
    for name, value, n, values in counted:
        found[name].append((value, n))
        totals[name] = values
    return tuple(
        FacetCounts(name, tuple(values), totals[name] - len(values))
        for name, values in found.items()
        if values
    )


def _newest_since(lake: Lake, count: int) -> datetime | None:
    """Since when the newest traces started that have facets; None if all chosen ones do."""
    if count <= MOST_FACETED:
        return None
    rows = lake.rows(
        "SELECT start_time FROM chosen_traces ORDER BY start_time DESC NULLS LAST"
        " LIMIT 1 OFFSET $others",
        {"others": MOST_FACETED - 1},
    )
    moment: datetime | None = rows[0][0]
    return moment


def _faceted_traces(
    lake: Lake, selection: TraceSelection | None, since: datetime | None
) -> AbstractContextManager[None]:
    """Have the newest of the chosen traces in the table `faceted_traces`.

    selection: what to find them by once more; None if `chosen_traces` has all that is counted.
    """
    if selection is None:
        newest = TraceSelection(since=since).condition()
        return table_of(lake, "faceted_traces", "FROM chosen_traces", newest, _FACETED)
    newest = replace(selection, since=since or selection.since).condition()
    return table_of(lake, "faceted_traces", ALL_TRACES, newest, _FACETED)
