"""The URLs of the review app, and who may ask for each."""

from spanlake.entities.access import Permission
from spanlake.web.pages.page import Page
from spanlake.web.pages.review.agreement import AgreementPage
from spanlake.web.pages.review.focus import FocusPage
from spanlake.web.pages.review.queues import QueuePages
from spanlake.web.pages.review.schemas import SchemaPages
from spanlake.web.services import Services

_ITEM = "/review/{queue}/items/{item}"


def review_pages(services: Services) -> list[Page]:
    """Every page of it; the words that are no queues' names come first."""
    queues, schemas = QueuePages(services), SchemaPages(services)
    focus, agreement = FocusPage(services), AgreementPage(services)
    read, label, edit = Permission.READ, Permission.LABEL, Permission.EDIT
    return [
        Page("GET", "/review", read, queues.show_list),
        Page("GET", "/review/new", edit, queues.new),
        Page("POST", "/review/new", edit, queues.create),
        Page("GET", "/review/name", read, queues.ask_name),
        Page("POST", "/review/name", read, queues.set_name),
        Page("GET", "/review/schemas", read, schemas.show),
        Page("POST", "/review/schemas", edit, schemas.create),
        Page("POST", "/review/schemas/delete", edit, schemas.delete),
        Page("GET", "/review/{queue}", read, queues.show),
        Page("POST", "/review/{queue}/start", label, focus.start),
        Page("POST", "/review/{queue}/add", edit, queues.add),
        Page("POST", "/review/{queue}/change", edit, queues.change),
        Page("POST", "/review/{queue}/sync", edit, queues.sync),
        Page("GET", "/review/{queue}/agreement", read, agreement.show),
        Page("GET", "/review/{queue}/done", read, focus.done),
        Page("GET", _ITEM, label, focus.show),
        Page("POST", _ITEM, label, focus.answer),
        Page("POST", f"{_ITEM}/decision", edit, agreement.decide),
        Page("POST", "/traces/queue", edit, queues.add_selected),
        Page("POST", "/sessions/queue", edit, queues.add_selected),
    ]
