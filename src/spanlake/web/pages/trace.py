"""One trace: the question and the answer, the tree with its waterfall, and the chosen span."""

import asyncio
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from spanlake.storage.assessments.marks import AssessmentMark, assessments_of_traces
from spanlake.storage.condition import literal
from spanlake.storage.lake import Lake
from spanlake.storage.pages.trace_outline import (
    SessionTurn,
    TraceOutline,
    read_outline_nodes,
    read_session_turn,
    read_trace_outline,
    read_trace_text,
)
from spanlake.storage.traces import full_trace_id
from spanlake.web.pages.forms import count_of
from spanlake.web.pages.long_text import text_response
from spanlake.web.pages.rendering import is_fragment, render
from spanlake.web.pages.span_pane import Pane, read_pane, read_span_text
from spanlake.web.pages.waterfall import ROWS_AT_ONCE, telling_span, waterfall
from spanlake.web.services import Services


@dataclass(frozen=True, slots=True)
class TraceLinks:
    """The URLs of one trace, which keep what is chosen."""

    trace_id: str
    span_id: str | None
    tab: str
    genai_only: bool

    def url(self, **changes: str) -> str:
        """The page with another span or tab, or with spans hidden or not."""
        plain = {
            "span": self.span_id or "",
            "tab": self.tab,
            "only": "genai" if self.genai_only else "",
        }
        pairs = {name: value for name, value in (plain | changes).items() if value}
        return f"/traces/{quote(self.trace_id)}" + (f"?{urlencode(pairs)}" if pairs else "")

    def rows_url(self, start: int, end: int | None = None) -> str:
        """The rows of the tree from a place on, or those before another."""
        only = "&only=genai" if self.genai_only else ""
        before = "" if end is None else f"&to={end}"
        return f"/traces/{quote(self.trace_id)}/rows?from={start}{before}{only}"

    def earlier_url(self, start: int) -> str:
        """The rows of the tree before a place."""
        return self.rows_url(max(0, start - ROWS_AT_ONCE), start)


class TracePage:
    """The page of a trace and its parts."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def show(self, request: Request) -> Response:
        """The page; or, where only the span is another one, its pane."""
        trace_id = request.path_params["trace_id"]
        wanted = request.query_params.get("span")
        tab = request.query_params.get("tab", "")
        only = request.query_params.get("only") == "genai"
        if is_fragment(request) and request.headers.get("hx-target") == "pane" and wanted:
            pane, assessed = await self._services.lakes.ask(
                lambda lake: _pane(lake, trace_id, wanted, tab)
            )
            links = TraceLinks(pane.span.trace_id, wanted, tab, only)
            return render(request, "span_pane.html", pane=pane, links=links, assessments=assessed)
        found = await self._read(trace_id, wanted, tab)
        head = found.outline.head
        span_id = found.pane.span.span_id if found.pane else None
        rows = waterfall(found.outline.nodes, genai_only=only, around=span_id)
        return render(
            request,
            "trace.html",
            experiment=request.query_params.get("experiment") or None,
            head=head,
            rows=rows,
            is_earlier=True,
            pane=found.pane,
            links=TraceLinks(head.trace_id, span_id, tab, only),
            assessments=found.assessments,
            turn=found.turn,
            missing=sum(1 for row in rows.rows if row.missing_parent),
            query=f"FROM spans\nWHERE trace_id = {literal(head.trace_id)}\nORDER BY start_time_ns",
        )

    async def _read(self, trace_id: str, wanted: str | None, tab: str) -> "_Found":
        """What the page needs, as far as it can be read at the same time."""
        ask = self._services.lakes.ask
        outline, assessments = await asyncio.gather(
            ask(lambda lake: read_trace_outline(lake, trace_id)),
            ask(lambda lake: assessments_of_traces(lake, [trace_id])),
        )
        whole = outline.head.trace_id
        pane, turn = await asyncio.gather(
            ask(lambda lake: _first_pane(lake, outline, wanted, tab)),
            ask(lambda lake: read_session_turn(lake, outline.head)),
        )
        if whole != trace_id:  # the URL has the beginning of the id alone
            assessments = await ask(lambda lake: assessments_of_traces(lake, [whole]))
        return _Found(outline, pane, turn, assessments)

    async def rows(self, request: Request) -> Response:
        """Further rows of the tree."""
        trace_id = request.path_params["trace_id"]
        only = request.query_params.get("only") == "genai"
        first = count_of(request.query_params.get("from"))
        end = request.query_params.get("to")
        last = None if end is None else count_of(end, first)
        nodes = await self._services.lakes.ask(
            lambda lake: read_outline_nodes(lake, full_trace_id(lake, trace_id))
        )
        return render(
            request,
            "tree_rows.html" if is_fragment(request) else "tree_rows_page.html",
            rows=waterfall(nodes, start=first, end=last, genai_only=only),
            is_earlier="to" in request.query_params,
            links=TraceLinks(trace_id, None, "", only),
            selected=None,
        )

    async def text(self, request: Request) -> Response:
        """The question or the answer at its full length."""
        trace_id = request.path_params["trace_id"]
        column = "output" if request.query_params.get("of") == "output" else "input"
        text = await self._services.lakes.ask(lambda lake: read_trace_text(lake, trace_id, column))
        return text_response(request, text or "")

    async def span_text(self, request: Request) -> Response:
        """A text of a span at its full length."""
        trace_id, span_id = request.path_params["trace_id"], request.path_params["span_id"]
        place = request.query_params.get("at", "")
        text = await self._services.lakes.ask(
            lambda lake: read_span_text(lake, full_trace_id(lake, trace_id), span_id, place)
        )
        return text_response(request, text)


@dataclass(frozen=True, slots=True)
class _Found:
    outline: TraceOutline
    pane: Pane | None
    turn: SessionTurn | None
    assessments: tuple[AssessmentMark, ...]


def _first_pane(lake: Lake, outline: TraceOutline, wanted: str | None, tab: str) -> Pane | None:
    span_id = wanted or telling_span(outline.nodes, outline.head.root_span_id)
    return read_pane(lake, outline.head.trace_id, span_id, tab) if span_id else None


def _pane(
    lake: Lake, trace_id: str, span_id: str, tab: str
) -> tuple[Pane, tuple[AssessmentMark, ...]]:
    whole = full_trace_id(lake, trace_id)
    return read_pane(lake, whole, span_id, tab), assessments_of_traces(lake, [whole])
