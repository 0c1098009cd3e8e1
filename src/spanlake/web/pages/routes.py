"""The URLs of the pages."""

from starlette.convertors import StringConvertor, register_url_convertor
from starlette.routing import BaseRoute

from spanlake.access.routes import PublicMount
from spanlake.entities.access import Permission
from spanlake.web.pages.actions import TraceActions
from spanlake.web.pages.evaluation_routes import evaluation_pages
from spanlake.web.pages.frame import FrameParts
from spanlake.web.pages.overview import OverviewPage
from spanlake.web.pages.page import Page
from spanlake.web.pages.review.routes import review_pages
from spanlake.web.pages.selected import SelectedTraces
from spanlake.web.pages.sessions import SessionPages
from spanlake.web.pages.sign_in import sign_in_routes
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
    read, label, edit = Permission.READ, Permission.LABEL, Permission.EDIT
    pages = [
        *review_pages(services),
        Page("GET", "/", read, traces.home),
        Page("GET", "/traces", read, traces.show),
        Page("GET", "/traces/counts", read, traces.counts),
        Page("GET", "/traces/news", read, traces.news),
        Page("GET", "/traces/complete", read, traces.complete),
        Page("GET", "/traces/selected", read, traces.selected),
        Page("GET", "/traces/export", read, actions.export),
        Page("GET", "/traces/compare", read, actions.compare),
        Page("GET", "/traces/{trace_id}", read, trace.show),
        Page("GET", "/traces/{trace_id}/rows", read, trace.rows),
        Page("GET", "/traces/{trace_id}/text", read, trace.text),
        Page("GET", "/traces/{trace_id}/spans/{span_id}/text", read, trace.span_text),
        Page("GET", "/sessions", read, sessions.show_list),
        Page("GET", "/sessions/{session_id:any}", read, sessions.show),
        Page("GET", "/overview", read, overview.show),
        *evaluation_pages(services),
        Page("GET", "/sql", read, sql.show),
        Page("GET", "/sql/result", read, sql.result),
        Page("GET", "/sql/download", read, sql.download),
        Page("POST", "/sql/saved", edit, sql.save),
        Page("POST", "/sql/saved/delete", edit, sql.delete),
        Page("GET", "/parts/experiments", read, frame.experiments),
        Page("GET", "/parts/status", read, frame.status),
        Page("POST", "/traces/{trace_id}/assessments", label, actions.assess_trace),
        Page("POST", "/assess/session", label, actions.assess_session),
        Page("POST", "/traces/dataset", edit, selected.add_to_dataset),
        Page("POST", "/traces/delete", edit, selected.delete),
    ]
    return [
        *sign_in_routes(services),
        *(page.route(services) for page in pages),
        PublicMount("/static", Assets()),
    ]
