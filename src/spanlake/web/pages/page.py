"""A page as it is declared: its path, who may ask for it, and who answers."""

from typing import Literal, NamedTuple

from spanlake.access.policy import Policy
from spanlake.access.routes import GuardedRoute, Handler
from spanlake.entities.access import Permission
from spanlake.web.pages.failures import explained, refused
from spanlake.web.services import Services


class Page(NamedTuple):
    """A page, a part of one, or what a form of one does."""

    method: Literal["GET", "POST"]
    path: str
    permission: Permission
    handler: Handler

    def route(self, services: Services) -> GuardedRoute:
        """The route to it; a failure is a page, too."""
        return GuardedRoute(
            self.path,
            explained(self.handler),
            gate=services.access.gate,
            policies={self.method: Policy(self.permission)},
            refused=refused,
        )
