"""Who asks, as handlers of HTTP requests find out."""

from starlette.requests import HTTPConnection

from spanlake.entities.access import Principal, PrincipalKind

_FOR_ADMINISTRATORS = frozenset(("audit",))

ANONYMOUS = Principal(PrincipalKind.ANONYMOUS)
"""Nobody who is known."""


def principal_of(request: HTTPConnection) -> Principal:
    """Who asks; on a route without a policy it is nobody who is known."""
    principal = request.scope.get("state", {}).get("principal", ANONYMOUS)
    assert isinstance(principal, Principal)  # noqa: S101  # nobody else sets it
    return principal


def hidden_views(principal: Principal) -> frozenset[str]:
    """The views that somebody who asks in SQL may not see."""
    return frozenset() if principal.may_administer else _FOR_ADMINISTRATORS


def set_principal(request: HTTPConnection, principal: Principal) -> None:
    """Note who asks."""
    request.scope.setdefault("state", {})["principal"] = principal
