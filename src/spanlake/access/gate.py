"""The one place where it is decided who may do what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from urllib.parse import unquote

from starlette.requests import HTTPConnection

from spanlake.access.cross_site import check_host, check_origin
from spanlake.access.policy import Policy
from spanlake.access.quota import Quotas
from spanlake.access.session_cookie import session_token
from spanlake.access.snapshot import AccessSnapshot
from spanlake.access.sync import AccessSync
from spanlake.access.trail import Trail
from spanlake.config.auth import Require
from spanlake.entities.access import (
    AuditEvent,
    Permission,
    Principal,
    PrincipalKind,
)
from spanlake.errors import (
    ForbiddenError,
    OverloadedError,
    QuotaError,
    RequestError,
    UnauthenticatedError,
)
from spanlake.storage.catalog.api_key import PREFIX, ApiKey, key_id_of
from spanlake.storage.catalog.sign_ins import token_digest

KEY_HEADER = "x-spanlake-key"
"""Where a key may stand instead of `Authorization: Bearer KEY`."""

AUTHORIZATION = "authorization"

_SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
_ANYBODY = Principal.local()


@dataclass(slots=True)
class _Asking:
    """One request. what: how the audit log names it. actor: who asks, as far as is known."""

    what: str
    actor: Principal


@dataclass(frozen=True, slots=True)
class GateRules:
    """require: when a credential is asked for; `auto` is once there has been a key or a user.

    is_local: only this machine reaches the server, by a name of this machine. is_behind_tls: a
    proxy that ends TLS stands before it.
    """

    require: Require
    is_local: bool
    is_behind_tls: bool = False


class Gate:
    """Admits requests, or says why not. sync: None when there is nothing to know."""

    def __init__(
        self, sync: AccessSync | None, quotas: Quotas, trail: Trail, rules: GateRules
    ) -> None:
        self._sync = sync
        self._quotas = quotas
        self._trail = trail
        self._rules = rules

    @classmethod
    def open(cls, *, is_local: bool) -> Self:
        """A gate through which anybody may pass."""
        return cls(None, Quotas(), Trail(), GateRules("never", is_local))

    @property
    def is_open(self) -> bool:
        """Whether nobody is asked who they are."""
        if self._sync is None or self._rules.require == "never":
            return True
        return self._rules.require == "auto" and not self._sync.is_in_use

    @property
    def snapshot(self) -> AccessSnapshot:
        """What decides. OverloadedError while that is not known."""
        known = self._sync.snapshot if self._sync else None
        if known is None:
            raise OverloadedError(
                "keys and sign-ins cannot be checked, because the catalog cannot be read"
            )
        return known

    def admit(self, request: HTTPConnection, policy: Policy, path: str) -> Principal:
        """Who asks over HTTP, who may. path: of the route, with names for its parameters.

        UnauthenticatedError, ForbiddenError, OverloadedError.
        """
        if self.is_open:
            if self._rules.is_local:
                check_host(request)
            return _ANYBODY
        client = request.client
        method: str = request.scope["method"]
        asking = _Asking(f"{method} {path}", _from(client.host if client else None))
        text = _key_of(request)
        try:
            if text is not None and policy.permission is not Permission.PUBLIC:
                return self._with_key(text, policy, asking)
            return self._without_key(request, method, policy, asking)
        except RequestError as error:
            self._tell(asking, error)
            raise

    def admit_call(
        self, metadata: Iterable[tuple[str, str | bytes]], peer: str, policy: Policy, path: str
    ) -> Principal:
        """Who calls a method over gRPC, who may. peer: as gRPC writes it. Raises as `admit` does.

        metadata: of the call, with names in lower case.
        """
        if self.is_open:
            return _ANYBODY
        asking = _Asking(path, _from(_address(peer)))
        named = {name: value for name, value in metadata if isinstance(value, str)}
        text = _key(named.get(AUTHORIZATION), named.get(KEY_HEADER))
        try:
            if text is None:
                raise _missing(policy)
            return self._with_key(text, policy, asking)
        except RequestError as error:
            self._tell(asking, error)
            raise

    def take(self, principal: Principal, size: int) -> None:
        """Count bytes that a key sends. QuotaError when they are too many."""
        if principal.kind is PrincipalKind.KEY and principal.principal_id is not None:
            key = self.snapshot.keys.get(principal.principal_id)
            if key is not None:
                self._quotas.take(key, size)

    def is_secure(self, request: HTTPConnection) -> bool:
        """Whether what the browser sends is encrypted, be it as far as a proxy."""
        return self._rules.is_behind_tls or request.scope["scheme"] == "https"

    def user_of(self, request: HTTPConnection) -> Principal | None:
        """Who is signed in, if somebody is."""
        known = self.snapshot
        token = session_token(request, known.cookie_secret, secure=self.is_secure(request))
        sign_in = known.sign_ins.get(token_digest(token)) if token else None
        if sign_in is None or sign_in.expires_at <= datetime.now(UTC):
            return None
        user = known.users.get(sign_in.user_id)
        client = request.client
        return user.principal(client.host if client else None) if user else None

    def _without_key(
        self, request: HTTPConnection, method: str, policy: Policy, asking: _Asking
    ) -> Principal:
        is_public = policy.permission is Permission.PUBLIC
        try:
            user = self.user_of(request)
        except OverloadedError:
            if not is_public:
                raise
            user = None
        if user is None:
            if not is_public:
                raise _missing(policy)
            return asking.actor
        asking.actor = user
        if method not in _SAFE_METHODS:
            check_origin(request, ())
        if not user.may(policy.permission):
            raise ForbiddenError(
                f"user {user.name!r} may not do this: it asks for {policy.permission.value}; "
                "an administrator can give them another role"
            )
        return user

    def _with_key(self, text: str, policy: Policy, asking: _Asking) -> Principal:
        key_id = key_id_of(text)
        key = self.snapshot.keys.get(key_id) if key_id else None
        if key is None or not key.is_of(text):
            raise UnauthenticatedError("the key is none of this server's; check how it is written")
        asking.actor = principal = _principal(key, asking.actor.source)
        state = key.state(datetime.now(UTC))
        if state != "active":
            raise UnauthenticatedError(f"key {key.name!r} is {state}; use another")
        if not principal.may(policy.permission):
            raise ForbiddenError(
                f"key {key.name!r} has the scope {' and '.join(key.scopes)}: this asks for "
                f"{policy.permission.value}; use a key that has it"
            )
        if key.experiment is not None and not policy.by_experiment:
            raise ForbiddenError(
                f"key {key.name!r} is for experiment {key.experiment!r}: this is about all of "
                "them; use a key without an experiment"
            )
        self._quotas.request(key)
        return principal

    def _tell(self, asking: _Asking, error: RequestError) -> None:
        """Let the audit log know of a refusal, unless the fault is ours."""
        if isinstance(error, QuotaError) or not isinstance(error, OverloadedError):
            event = AuditEvent(asking.actor, "access.refuse", asking.what, reason=str(error))
            self._trail.refused(event)


def _principal(key: ApiKey, source: str | None) -> Principal:
    return Principal(
        PrincipalKind.KEY,
        key.name,
        key.key_id,
        key.permissions,
        experiment=key.experiment,
        source=source,
    )


def _from(source: str | None) -> Principal:
    return Principal(PrincipalKind.ANONYMOUS, source=source)


def _missing(policy: Policy) -> UnauthenticatedError:
    return UnauthenticatedError(
        "no key is given: send one as `Authorization: Bearer KEY` or `x-spanlake-key: KEY`; "
        f"`spanlake keys create NAME --scope {policy.permission.value}` makes one"
    )


def _key_of(request: HTTPConnection) -> str | None:
    headers = request.headers
    return _key(headers.get(AUTHORIZATION), headers.get(KEY_HEADER))


def _key(authorization: str | None, own: str | None) -> str | None:
    """The key that a request shows, however it does."""
    if own is not None:
        return own.strip()
    if authorization is None:
        return None
    scheme, _, text = authorization.strip().partition(" ")
    if scheme.lower() == "bearer":
        return text.strip()
    # What a proxy before us has asked for, such as Basic, is none of ours.
    return authorization if authorization.startswith(PREFIX) else None


def _address(peer: str) -> str | None:
    """The address in ipv4:127.0.0.1:53412 or ipv6:%5B::1%5D:53412."""
    kind, _, rest = unquote(peer).partition(":")
    return rest.rpartition(":")[0].strip("[]") if kind in ("ipv4", "ipv6") else None
