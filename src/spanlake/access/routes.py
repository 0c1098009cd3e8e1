"""Routes that have a policy: nothing of a handler runs before the gate has let somebody in."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from spanlake.access.gate import Gate
from spanlake.access.policy import Policy
from spanlake.access.principal import set_principal
from spanlake.errors import RequestError

Handler = Callable[[Request], Awaitable[Response]]
Refused = Callable[[Request, RequestError], Response]
"""How a part of the server words a refusal."""


class GuardedRoute(Route):
    """A route with a policy for each of its methods. refused: words a refusal."""

    def __init__(
        self,
        path: str,
        endpoint: Handler,
        *,
        gate: Gate,
        policies: Mapping[str, Policy],
        refused: Refused,
    ) -> None:
        super().__init__(path, endpoint, methods=list(policies))
        self._gate = gate
        self.policies = dict(policies)
        if "GET" in self.policies:
            self.policies["HEAD"] = self.policies["GET"]
        self._refused = refused

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that is let in; the method may be one that the route does not have."""
        policy = self.policies.get(scope["method"])
        if policy is not None:
            request = Request(scope, receive)
            try:
                set_principal(request, self._gate.admit(request, policy, self.path))
            except RequestError as error:
                await self._refused(request, error)(scope, receive, send)
                return
        await super().handle(scope, receive, send)


class PublicMount(Mount):
    """Files that anybody may have."""

    def __init__(self, path: str, app: ASGIApp) -> None:
        super().__init__(path, app)


def check_guarded(routes: Iterable[BaseRoute]) -> None:
    """Raise TypeError for a route without a policy: nobody has decided who may ask it."""
    for route in routes:
        if not isinstance(route, GuardedRoute | PublicMount):
            raise TypeError(f"{route!r} has no policy; make it a GuardedRoute")
