"""Sessions: the list, and one as the conversation it was."""

import math

from starlette.requests import Request
from starlette.responses import Response

from spanlake.storage.assessments.marks import (
    AssessmentMark,
    assessments_of_session,
    assessments_of_traces,
)
from spanlake.storage.condition import literal
from spanlake.storage.lake import Lake
from spanlake.storage.pages.sessions import SessionTraces, list_sessions, read_session
from spanlake.web.pages.forms import count_of
from spanlake.web.pages.rendering import render
from spanlake.web.services import Services

_ROWS = 50
_TURNS = 100


class SessionPages:
    """Sessions, and their turns."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def show_list(self, request: Request) -> Response:
        """The sessions, the last used first."""
        search = request.query_params.get("q", "")
        experiment = request.query_params.get("experiment") or None
        page = _page(request)
        found = await self._services.lakes.ask(
            lambda lake: list_sessions(
                lake,
                search=search,
                experiment=experiment,
                offset=(page - 1) * _ROWS,
                limit=_ROWS,
            )
        )
        return render(
            request,
            "sessions.html",
            found=found,
            search=search,
            number_of_page=page,
            pages=math.ceil(found.total / _ROWS),
            previous=_at_page(request, page - 1),
            following=_at_page(request, page + 1),
            query="FROM sessions\nORDER BY last_time DESC\nLIMIT 1000",
        )

    async def show(self, request: Request) -> Response:
        """One session as a chat."""
        session_id = request.path_params["session_id"]
        page = _page(request)
        found, of_session, of_traces = await self._services.lakes.ask(
            lambda lake: _read(lake, session_id, page)
        )
        by_trace: dict[str, list[AssessmentMark]] = {}
        for each in of_traces:
            by_trace.setdefault(each.trace_id or "", []).append(each)
        return render(
            request,
            "session.html",
            found=found,
            assessments=of_session,
            by_trace=by_trace,
            number_of_page=page,
            first=(page - 1) * _TURNS + 1,
            pages=math.ceil(found.total / _TURNS),
            query="FROM traces\n"
            f"WHERE list_contains(session_ids, {literal(session_id)})\nORDER BY start_time",
        )


def _read(
    lake: Lake, session_id: str, page: int
) -> tuple[SessionTraces, tuple[AssessmentMark, ...], tuple[AssessmentMark, ...]]:
    found = read_session(lake, session_id, offset=(page - 1) * _TURNS, limit=_TURNS)
    ids = [turn.trace_id for turn in found.turns]
    return found, assessments_of_session(lake, session_id), assessments_of_traces(lake, ids)


def _page(request: Request) -> int:
    return max(1, min(count_of(request.query_params.get("page")), 1_000_000))


def _at_page(request: Request, page: int) -> str:
    return "?" + request.url.include_query_params(page=page).query
