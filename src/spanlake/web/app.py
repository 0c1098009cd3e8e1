"""What the server answers beside OTLP: the API and the pages, as routes to mount."""

from starlette.routing import BaseRoute

from spanlake.web.api.routes import api_routes
from spanlake.web.pages.routes import page_routes
from spanlake.web.services import Services


def routes(services: Services) -> list[BaseRoute]:
    """Every route; a further part of the web adds its own here."""
    return [*api_routes(services), *page_routes(services)]
