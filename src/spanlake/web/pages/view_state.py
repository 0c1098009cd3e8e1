"""The state of a list of traces, which is in its URL and nowhere else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Self, get_args
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from spanlake.errors import UserError
from spanlake.storage.pages.trace_list import SortKey
from spanlake.storage.pages.trace_selection import FACETS, TraceSelection
from spanlake.web.pages.forms import count_of

RANGES: Mapping[str, tuple[str, timedelta]] = {
    "15m": ("Last 15 minutes", timedelta(minutes=15)),
    "1h": ("Last hour", timedelta(hours=1)),
    "24h": ("Last 24 hours", timedelta(hours=24)),
    "7d": ("Last 7 days", timedelta(days=7)),
    "30d": ("Last 30 days", timedelta(days=30)),
}
COLUMNS: Mapping[str, str] = {
    "time": "Time",
    "name": "Name",
    "input": "Input",
    "output": "Output",
    "types": "Steps",
    "duration": "Duration",
    "tokens": "Tokens",
    "cost": "Cost",
    "assessments": "Assessments",
    "session": "Session",
    "version": "Version",
    "service": "Service",
    "models": "Models",
    "tools": "Tools",
    "user": "User",
    "tags": "Tags",
    "environment": "Environment",
    "spans": "Spans",
    "trace_id": "Trace ID",
}
DEFAULT_COLUMNS = (
    "time", "name", "input", "output", "types", "duration", "tokens", "cost", "assessments",
    "session", "version",
)  # fmt: skip
SORTABLE: Mapping[str, SortKey] = {
    "time": "start_time",
    "name": "name",
    "duration": "duration_ms",
    "tokens": "total_tokens",
    "cost": "cost_usd",
    "spans": "span_count",
}
PAGE_ROWS = 50
_FACET_NAMES = frozenset(facet.name for facet in FACETS)
_SORT_KEYS = frozenset(get_args(SortKey))


@dataclass(frozen=True, slots=True)
class ViewState:
    """What a list of traces shows. A method that names a change returns the URL after it.

    path: of the page. time_range: a key of RANGES, or "" for all time or for since and until.
    """

    path: str
    search: str = ""
    experiment: str | None = None
    session_id: str | None = None
    time_range: str = ""
    since: datetime | None = None
    until: datetime | None = None
    included: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    excluded: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: SortKey = "start_time"
    ascending: bool = False
    columns: tuple[str, ...] = DEFAULT_COLUMNS
    page: int = 1
    by_session: bool = False

    @classmethod
    def of(cls, path: str, params: QueryParams) -> Self:
        """Read a URL. UserError for a value that means nothing."""
        sort = params.get("sort", "-start_time")
        key = sort.removeprefix("-")
        columns = tuple(name for name in params.get("cols", "").split(",") if name in COLUMNS)
        time_range = params.get("range", "")
        return cls(
            path=path,
            search=params.get("q", ""),
            experiment=params.get("experiment") or None,
            session_id=params.get("session") or None,
            time_range=time_range if time_range in RANGES else "",
            since=moment_of("from", params.get("from")),
            until=moment_of("to", params.get("to")),
            included=_by_facet(params, ""),
            excluded=_by_facet(params, "not."),
            sort=key if key in _SORT_KEYS else "start_time",  # type: ignore[arg-type]  # it is one of them
            ascending=key in _SORT_KEYS and not sort.startswith("-"),
            columns=columns or DEFAULT_COLUMNS,
            page=max(1, min(count_of(params.get("page")), 1_000_000)),
            by_session=params.get("group") == "session",
        )

    def selection(self, now: datetime) -> TraceSelection:
        """Which traces these are at a moment."""
        since = self.since
        if since is None and self.time_range:
            since = now - RANGES[self.time_range][1]
        return TraceSelection(
            search=self.search,
            experiment=self.experiment,
            session_id=self.session_id,
            since=since,
            until=self.until,
            included=self.included,
            excluded=self.excluded,
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out."""
        selection = self.selection(datetime.now(UTC))
        return selection != TraceSelection(experiment=self.experiment)

    def url(self, path: str | None = None) -> str:
        """This view."""
        query = urlencode(list(self._pairs()))
        return (path or self.path) + (f"?{query}" if query else "")

    def including(self, facet: str, value: str) -> str:
        """Only what has the value; what has not, if it was included already."""
        excluded = _without(self.excluded, facet, value)
        if value in self.included.get(facet, ()):
            included = _without(self.included, facet, value)
        else:
            included = _with(self.included, facet, value)
        return replace(self, included=included, excluded=excluded, page=1).url()

    def excluding(self, facet: str, value: str) -> str:
        """Without what has the value; with it again, if it was excluded already."""
        included = _without(self.included, facet, value)
        if value in self.excluded.get(facet, ()):
            excluded = _without(self.excluded, facet, value)
        else:
            excluded = _with(self.excluded, facet, value)
        return replace(self, included=included, excluded=excluded, page=1).url()

    def sorted_by(self, key: SortKey) -> str:
        """By a column, largest first; the other way round, if it was so already."""
        ascending = self.sort == key and not self.ascending
        return replace(self, sort=key, ascending=ascending, page=1).url()

    def at_page(self, page: int) -> str:
        """Another page."""
        return replace(self, page=page).url()

    def in_range(self, name: str) -> str:
        """Within one of RANGES, or of all time for ""."""
        return replace(self, time_range=name, since=None, until=None, page=1).url()

    def between(self, since: datetime, until: datetime) -> str:
        """Within these times."""
        return replace(self, time_range="", since=since, until=until, page=1).url()

    def any_session(self) -> str:
        """Of no session in particular."""
        return replace(self, session_id=None, page=1).url()

    def grouped(self) -> str:
        """By session; no longer so, if it was."""
        return replace(self, by_session=not self.by_session, page=1).url()

    def showing(self, column: str) -> str:
        """With a column; without it, if it was there."""
        shown = set(self.columns) ^ {column}
        columns = tuple(name for name in COLUMNS if name in shown)
        return replace(self, columns=columns or DEFAULT_COLUMNS).url()

    def cleared(self) -> str:
        """With nothing left out."""
        return replace(
            self,
            search="", session_id=None, time_range="", since=None, until=None,
            included={}, excluded={}, page=1,
        ).url()  # fmt: skip

    def hidden(self, *left_out: str) -> list[tuple[str, str]]:
        """The fields a form has to carry along, without those it has itself."""
        return [(name, value) for name, value in self._pairs() if name not in left_out]

    def _pairs(self) -> Iterator[tuple[str, str]]:
        plain = {
            "experiment": self.experiment or "",
            "q": self.search,
            "session": self.session_id or "",
            "range": self.time_range,
            "from": _written(self.since),
            "to": _written(self.until),
        }
        yield from ((name, value) for name, value in plain.items() if value)
        for prefix, facets in (("", self.included), ("not.", self.excluded)):
            for name, values in facets.items():
                yield from ((prefix + name, value) for value in values)
        if (self.sort, self.ascending) != ("start_time", False):
            yield "sort", ("" if self.ascending else "-") + self.sort
        if self.columns != DEFAULT_COLUMNS:
            yield "cols", ",".join(self.columns)
        if self.by_session:
            yield "group", "session"
        if self.page > 1:
            yield "page", str(self.page)


def _by_facet(params: QueryParams, prefix: str) -> dict[str, tuple[str, ...]]:
    return {
        name: tuple(dict.fromkeys(values))
        for name in sorted(_FACET_NAMES)
        if (values := params.getlist(prefix + name))
    }


def _with(
    facets: Mapping[str, tuple[str, ...]], name: str, value: str
) -> dict[str, tuple[str, ...]]:
    return {**facets, name: (*facets.get(name, ()), value)}


def _without(
    facets: Mapping[str, tuple[str, ...]], name: str, value: str
) -> dict[str, tuple[str, ...]]:
    left = tuple(each for each in facets.get(name, ()) if each != value)
    others = {facet: values for facet, values in facets.items() if facet != name}
    return {**others, name: left} if left else others


def moment_of(name: str, text: str | None) -> datetime | None:
    """The time a field of a URL says, None for none. UserError for what is no time."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(
            f"{name} is {text[:40]!r}: must be a time such as 2026-11-21T07:49:10Z"
        ) from None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _written(moment: datetime | None) -> str:
    if moment is None:
        return ""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
