"""The URLs of the pages."""

from starlette.convertors import StringConvertor, register_url_convertor
from starlette.routing import BaseRoute, Mount, Route

from spanlake.web.pages.actions import TraceActions
from spanlake.web.pages.failures import Handler, explained
from spanlake.web.pages.frame import FrameParts
from spanlake.web.pages.overview import OverviewPage
from spanlake.web.pages.selected import SelectedTraces
from spanlake.web.pages.sessions import SessionPages
from spanlake.web.pages.sql import SqlPages
from spanlake.web.pages.static import Assets
from spanlake.web.pages.trace import TracePage
from spanlake.web.pages.traces import TracePages
from spanlake.web.services import Services


class _AnyText(StringConvertor):
    """A part of a path with any character; a session may be called anything."""

    regex = r"(?s:.+)"


register_url_convertor("any", _AnyText())


def page_routes(services: Services) -> list[BaseRoute]:
    """Every page and part of one, and the files they load."""
    traces, trace, actions = TracePages(services), TracePage(services), TraceActions(services)
    sessions, sql, frame = SessionPages(services), SqlPages(services), FrameParts(services)
    overview, selected = OverviewPage(services), SelectedTraces(services)
    shown: dict[str, Handler] = {
        "/": traces.home,
        "/traces": traces.show,
        "/traces/news": traces.news,
        "/traces/complete": traces.complete,
        "/traces/selected": traces.selected,
        "/traces/export": actions.export,
        "/traces/compare": actions.compare,
        "/traces/{trace_id}": trace.show,
        "/traces/{trace_id}/rows": trace.rows,
        "/traces/{trace_id}/text": trace.text,
        "/traces/{trace_id}/spans/{span_id}/text": trace.span_text,
        "/sessions": sessions.show_list,
        "/sessions/{session_id:any}": sessions.show,
        "/overview": overview.show,
        "/sql": sql.show,
        "/sql/result": sql.result,
        "/sql/download": sql.download,
        "/parts/experiments": frame.experiments,
        "/parts/status": frame.status,
    }
    changed: dict[str, Handler] = {
        "/traces/{trace_id}/assessments": actions.assess_trace,
        "/assess/session": actions.assess_session,
        "/traces/dataset": selected.add_to_dataset,
        "/traces/delete": selected.delete,
    }
    is_local = services.is_local
    return [
        *(
            Route(path, explained(handler, is_local=is_local), methods=[method])
            for method, handlers in (("GET", shown), ("POST", changed))
            for path, handler in handlers.items()
        ),
        Mount("/static", Assets()),
    ]
