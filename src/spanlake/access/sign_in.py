"""Signing in, by a password or at an OpenID provider, and out."""

import asyncio
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from spanlake.access.attempt import Attempt
from spanlake.access.gate import Gate
from spanlake.access.passwords import is_password
from spanlake.access.session_cookie import (
    clear_session,
    new_token,
    session_token,
    set_session,
)
from spanlake.access.sync import AccessSync
from spanlake.access.throttle import Throttle
from spanlake.access.trail import Trail
from spanlake.config import Oidc, SpanlakeAuth
from spanlake.entities.access import AuditEvent, Principal, PrincipalKind
from spanlake.errors import UnauthenticatedError
from spanlake.storage.catalog.sign_ins import (
    Identity,
    end_sign_in,
    start_oidc_sign_in,
    start_sign_in,
)
from spanlake.storage.catalog.users import User, find_user

if TYPE_CHECKING:
    from spanlake.access.oidc import OidcClient

CALLBACK = "/sign-in/oidc/callback"
"""Where a provider sends browsers back to."""

_ATTEMPT_COOKIE = "spanlake_oidc"
_ATTEMPT_SECONDS = 600
_SALT = "spanlake.oidc"
# Of one name from one address; and of one name, or from one address, which many may share.
_FREE_TRIES = 5
_MANY_FREE_TRIES = 50
# Each takes 64 MiB and a tenth of a second.
_HASHES_AT_ONCE = 2


class SignInDesk:
    """Makes and ends the sign-ins of one server."""

    def __init__(self, gate: Gate, sync: AccessSync, trail: Trail, settings: SpanlakeAuth) -> None:
        self._gate = gate
        self._sync = sync
        self._trail = trail
        self._settings = settings
        self._lifetime = timedelta(seconds=settings.session_lifetime)
        self._throttle = Throttle(_FREE_TRIES)
        self._wide_throttle = Throttle(_MANY_FREE_TRIES)
        self._hashing = asyncio.Semaphore(_HASHES_AT_ONCE)
        self.oidc = _client(settings.oidc) if settings.oidc else None

    async def by_password(self, request: Request, name: str, password: str) -> str:
        """The token of somebody who has given their password.

        UnauthenticatedError for a wrong one, QuotaError after several, CatalogError.
        """
        source = _source(request)
        pair, each = f"{source} {name}", (f"name {name}", f"source {source}")
        self._throttle.check(pair)
        self._wide_throttle.check(*each)
        user = await asyncio.to_thread(self._find, name)
        async with self._hashing:
            known = user.password_hash if user else None
            is_right = await asyncio.to_thread(is_password, known, password)
        if user is None or not is_right:
            self._throttle.failed(pair)
            self._wide_throttle.failed(*each)
            error = UnauthenticatedError("the name or the password is wrong")
            self.refused(request, name, "password", str(error))
            raise error
        self._throttle.succeeded(pair)
        token = new_token()
        await asyncio.to_thread(self._start, user, token, source)
        return token

    async def oidc_url(self, request: Request, attempt: Attempt) -> str:
        """Where the browser is to be sent to sign in. OidcError."""
        assert self.oidc is not None  # noqa: S101  # there is no route otherwise
        return await self.oidc.url(attempt, self._redirect_uri(request))

    async def by_oidc(self, request: Request, attempt: Attempt, code: str) -> str:
        """The token of somebody who comes back from the provider. OidcError, UserError."""
        assert self.oidc is not None  # noqa: S101  # there is no route otherwise
        identity = await self.oidc.identity(attempt, code, self._redirect_uri(request))
        token = new_token()
        await asyncio.to_thread(self._start_oidc, identity, token, _source(request))
        return token

    async def out(self, request: Request, response: Response) -> None:
        """End the sign-in of a request. CatalogError."""
        secret, secure = self._gate.snapshot.cookie_secret, self._gate.is_secure(request)
        token = session_token(request, secret, secure=secure)
        user = self._gate.user_of(request)
        if token is not None and user is not None:
            await asyncio.to_thread(self._end, token, user)
        clear_session(response, secure=secure)

    def remember(self, request: Request, response: Response, token: str) -> None:
        """Give the browser the token of a sign-in."""
        secret = self._gate.snapshot.cookie_secret
        secure = self._gate.is_secure(request)
        set_session(response, token, secret=secret, lifetime=self._lifetime, secure=secure)

    def remember_attempt(self, request: Request, response: Response, attempt: Attempt) -> None:
        """Give the browser what it has to bring back from the provider."""
        response.set_cookie(
            _ATTEMPT_COOKIE,
            self._serializer().dumps(asdict(attempt)),
            max_age=_ATTEMPT_SECONDS,
            path=CALLBACK,
            httponly=True,
            secure=self._gate.is_secure(request),
            samesite="lax",
        )

    def attempt_of(self, request: Request) -> Attempt | None:
        """What the browser brings back; None when that is nothing, or not ours, or too old."""
        try:
            found = self._serializer().loads(
                request.cookies.get(_ATTEMPT_COOKIE, ""), max_age=_ATTEMPT_SECONDS
            )
            return Attempt(**found)
        except (BadData, TypeError):
            return None

    def refused(self, request: Request, name: str | None, method: str, reason: str) -> None:
        """Let the audit log know that somebody was not signed in."""
        actor = Principal(PrincipalKind.ANONYMOUS, source=_source(request))
        details = {"method": method}
        event = AuditEvent(actor, "session.sign_in", name, reason=reason, details=details)
        self._trail.refused(event)

    def _serializer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._gate.snapshot.cookie_secret, _SALT)

    def _redirect_uri(self, request: Request) -> str:
        base = self._settings.public_url or str(request.base_url).rstrip("/")
        return f"{base}{CALLBACK}"

    def _find(self, name: str) -> User | None:
        with self._sync.catalog() as catalog, catalog.reading() as connection:
            return find_user(connection, name)

    def _start(self, user: User, token: str, source: str | None) -> None:
        with self._sync.catalog() as catalog:
            start_sign_in(catalog, user, token, lifetime=self._lifetime, source=source)
        self._sync.refresh()

    def _start_oidc(self, identity: Identity, token: str, source: str | None) -> None:
        with self._sync.catalog() as catalog:
            start_oidc_sign_in(catalog, identity, token, lifetime=self._lifetime, source=source)
        self._sync.refresh()

    def _end(self, token: str, actor: Principal) -> None:
        with self._sync.catalog() as catalog:
            end_sign_in(catalog, token, actor=actor)
        self._sync.refresh()


def _client(settings: Oidc) -> "OidcClient":
    # Most servers have no provider, and start without what talks to one.
    from spanlake.access.oidc import OidcClient

    return OidcClient(settings)


def _source(request: Request) -> str | None:
    return request.client.host if request.client else None
