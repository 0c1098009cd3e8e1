"""The list of traces; what is counted of all of them, which comes a moment later; and the news."""

import itertools
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from spanlake.errors import UserError
from spanlake.storage.condition import literal
from spanlake.storage.pages.trace_counts import TraceCounts, read_trace_counts
from spanlake.storage.pages.trace_list import (
    TraceList,
    TraceRow,
    count_new_traces,
    read_trace_list,
)
from spanlake.storage.pages.trace_search import EXAMPLE
from spanlake.storage.search.completion import complete_from
from spanlake.web.pages.forms import count_of, ids_of
from spanlake.web.pages.rendering import DATA_HEADERS, render
from spanlake.web.pages.view_state import (
    COLUMNS,
    DEFAULT_COLUMNS,
    PAGE_ROWS,
    RANGES,
    SORTABLE,
    ViewState,
    moment_of,
)
from spanlake.web.services import Services

_MAX_LINE = 4_000
# The collector's clock and a browser's next question are never this far apart.
_SOON = timedelta(seconds=2)


class Chip(NamedTuple):
    """A facet that is chosen, and the URL without it."""

    name: str
    value: str
    is_not: bool
    url: str


class Group(NamedTuple):
    """Rows that belong together; session_id is None for those of no session."""

    session_id: str | None
    rows: tuple[TraceRow, ...]


class TracePages:
    """The list of traces, and what is done with the rows selected in it."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def home(self, request: Request) -> Response:
        """The list is what one sees first."""
        return RedirectResponse(
            "/traces" + (f"?{request.url.query}" if request.url.query else ""), 307
        )

    async def show(self, request: Request) -> Response:
        """One page of the list; a filter line that cannot be read is shown with its mistake."""
        state = ViewState.of("/traces", request.query_params)
        asked_at = datetime.now(UTC)
        page, problem = None, None
        try:
            page = await self._read(state, asked_at)
        except UserError as error:
            problem = str(error)
        return render(
            request,
            "traces.html",
            **_frame(state),
            state=state,
            columns=_columns(state, page),
            page=page,
            problem=problem,
            query=_query(state, asked_at) if page else "FROM traces",
            groups=tuple(_groups(page, state)) if page else (),
            first=(state.page - 1) * PAGE_ROWS + 1,
            counts_url=state.url("/traces/counts"),
            news_url=_news_url(state, asked_at),
            endpoint=f"{request.url.scheme}://{request.url.netloc}",
            demo_command=f"spanlake demo --data {shlex.quote(str(self._services.root))}",
            status=400 if problem else 200,
        )

    async def _read(self, state: ViewState, now: datetime) -> TraceList:
        selection = state.selection(now)
        return await self._services.lakes.ask(
            lambda lake: read_trace_list(
                lake,
                selection,
                sort=state.sort,
                ascending=state.ascending,
                offset=(state.page - 1) * PAGE_ROWS,
                limit=PAGE_ROWS,
            )
        )

    async def counts(self, request: Request) -> Response:
        """Total, histogram and facets: over all chosen traces, so that the list need not wait."""
        state = ViewState.of("/traces", request.query_params)
        selection = state.selection(datetime.now(UTC))
        counts = await self._services.lakes.ask(lambda lake: read_trace_counts(lake, selection))
        return render(
            request,
            "traces_counts.html",
            state=state,
            counts=counts,
            brush_url=state.in_range(""),
            bar_width=_bar_width(counts),
        )

    async def news(self, request: Request) -> Response:
        """How many traces of this view have come since it was made."""
        state = ViewState.of("/traces", request.query_params)
        since = moment_of("after", request.query_params.get("after"))
        count = 0
        if since is not None:
            selection = state.selection(datetime.now(UTC))
            count = await self._services.lakes.ask(
                lambda lake: count_new_traces(lake, selection, received_after=since)
            )
        return render(request, "news.html", count=count, url=state.at_page(1))

    async def complete(self, request: Request) -> Response:
        """What may come next in a filter line, as JSON for the script of the line."""
        line = request.query_params.get("q", "")[:_MAX_LINE]
        cursor = count_of(request.query_params.get("at"), len(line))
        found = await self._services.lakes.ask(lambda lake: complete_from(lake, line, cursor))
        return JSONResponse([each._asdict() for each in found], headers=DATA_HEADERS)

    async def selected(self, request: Request) -> Response:
        """The selected traces as a query."""
        ids = ids_of(request.query_params.get("ids", ""))
        query = f"FROM traces\nWHERE list_contains({literal(ids)}, trace_id)\nORDER BY start_time"
        return RedirectResponse("/sql?" + urlencode({"q": query}), 303)


def _frame(state: ViewState) -> dict[str, object]:
    return {
        "all_columns": COLUMNS,
        "sortable": SORTABLE,
        "ranges": {key: word for key, (word, _) in RANGES.items()},
        "range_name": _range_name(state),
        "chips": tuple(_chips(state)),
        "filter_example": EXAMPLE,
    }


def _range_name(state: ViewState) -> str:
    if state.time_range:
        return RANGES[state.time_range][0]
    return "All time" if state.since is None and state.until is None else "Chosen time"


def _chips(state: ViewState) -> Iterator[Chip]:
    for name, values in state.included.items():
        for value in values:
            yield Chip(name, value, is_not=False, url=state.including(name, value))
    for name, values in state.excluded.items():
        for value in values:
            yield Chip(name, value, is_not=True, url=state.excluding(name, value))
    if state.session_id:
        yield Chip("session", state.session_id, is_not=False, url=state.any_session())
    if state.since or state.until:
        span = f"{state.since or '…'} to {state.until or '…'}"
        yield Chip("time", span, is_not=False, url=state.in_range(""))


def _groups(page: TraceList, state: ViewState) -> Iterator[Group]:
    """The rows as they are, or by session, a session standing where its first row does."""
    if not state.by_session:
        yield Group(None, page.rows)
        return
    order = {row.session_id: at for at, row in reversed(list(enumerate(page.rows)))}
    rows = sorted(page.rows, key=lambda row: order[row.session_id])
    for session_id, members in itertools.groupby(rows, lambda row: row.session_id):
        yield Group(session_id, tuple(members))


def _query(state: ViewState, now: datetime) -> str:
    direction = "ASC" if state.ascending else "DESC"
    return (
        f"FROM traces\nWHERE {state.selection(now).condition().written_out()}\n"
        f"ORDER BY {state.sort} {direction} NULLS LAST\nLIMIT 1000"
    )


def _news_url(state: ViewState, asked_at: datetime) -> str:
    url = state.url("/traces/news")
    after = urlencode({"after": (asked_at - _SOON).isoformat()})
    return f"{url}{'&' if '?' in url else '?'}{after}"


def _bar_width(counts: TraceCounts) -> str:
    """1 min, 30 min, 2 h, 7 d."""
    if not counts.histogram:
        return ""
    seconds = int((counts.histogram[0].end - counts.histogram[0].start).total_seconds())
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def _columns(state: ViewState, page: TraceList | None) -> tuple[str, ...]:
    """Those chosen; while none are, those of the usual ones in which anything stands."""
    if state.columns != DEFAULT_COLUMNS or page is None:
        return state.columns
    has_any = {
        "assessments": any(row.marks for row in page.rows),
        "session": any(row.session_id for row in page.rows),
        "version": any(row.app_version for row in page.rows),
    }
    return tuple(name for name in state.columns if has_any.get(name, True))
