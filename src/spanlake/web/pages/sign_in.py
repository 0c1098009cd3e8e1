"""Where people sign in and out."""

import secrets
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from spanlake import log
from spanlake.access.attempt import Attempt, OidcError
from spanlake.access.cross_site import check_origin
from spanlake.access.principal import principal_of
from spanlake.access.routes import GuardedRoute
from spanlake.access.sign_in import CALLBACK, SignInDesk
from spanlake.entities.access import Permission
from spanlake.errors import NotFoundError, QuotaError, UnauthenticatedError, UserError
from spanlake.web.pages.failures import SIGN_IN
from spanlake.web.pages.forms import read_form
from spanlake.web.pages.page import Page
from spanlake.web.pages.rendering import render
from spanlake.web.services import Services

_log = log.get(__name__)
_HOME = "/traces"
_LONGEST_PATH = 2000


def sign_in_routes(services: Services) -> list[GuardedRoute]:
    """The pages for those who are not known yet, or want to be no longer."""
    pages, public = SignInPages(services), Permission.PUBLIC
    listed = [
        Page("GET", SIGN_IN, public, pages.show),
        Page("POST", SIGN_IN, public, pages.by_password),
        Page("GET", f"{SIGN_IN}/oidc", public, pages.to_provider),
        Page("GET", CALLBACK, public, pages.from_provider),
        Page("POST", "/sign-out", public, pages.out),
    ]
    return [page.route(services) for page in listed]


class SignInPages:
    """The form, the way to a provider and back, and the way out."""

    def __init__(self, services: Services) -> None:
        self._access = services.access

    async def show(self, request: Request) -> Response:
        """The form; whoever needs none goes on."""
        after = _path_after(request.query_params.get("next", ""))
        if self._access.gate.is_open or principal_of(request).is_known:
            return RedirectResponse(after, 303)
        return self._form(request, after)

    async def by_password(self, request: Request) -> Response:
        """Sign in whoever gives a name and its password."""
        check_origin(request, ())
        desk, fields = self._desk(), await read_form(request)
        name, after = fields.get("name", ""), _path_after(fields.get("next", ""))
        try:
            token = await desk.by_password(request, name, fields.get("password", ""))
        except UnauthenticatedError as error:
            return self._form(request, after, status=401, name=name, failure=str(error))
        except QuotaError as error:
            return self._form(request, after, status=429, name=name, failure=str(error))
        response = RedirectResponse(after, 303)
        desk.remember(request, response, token)
        return response

    async def to_provider(self, request: Request) -> Response:
        """Send the browser to the provider."""
        desk = self._desk()
        if desk.oidc is None:
            raise NotFoundError(
                "no OpenID provider is set; extensions.spanlake_auth.oidc is where it goes"
            )
        attempt = Attempt.new(_path_after(request.query_params.get("next", "")))
        try:
            response = RedirectResponse(await desk.oidc_url(request, attempt), 303)
        except OidcError as error:
            return self._failed(request, attempt.after, error)
        desk.remember_attempt(request, response, attempt)
        return response

    async def from_provider(self, request: Request) -> Response:
        """Sign in whoever comes back from the provider."""
        desk = self._desk()
        if desk.oidc is None:
            raise NotFoundError("no OpenID provider is set")
        attempt, query = desk.attempt_of(request), request.query_params
        if attempt is None or not secrets.compare_digest(
            attempt.state.encode(), query.get("state", "").encode()
        ):
            error = OidcError("this sign-in was not begun here, or too long ago; try again")
            return self._failed(request, _HOME, error)
        if "code" not in query:
            said = query.get("error", "no code")[:100]
            return self._failed(request, attempt.after, OidcError(f"the provider says {said!r}"))
        try:
            token = await desk.by_oidc(request, attempt, query["code"])
        except (OidcError, UserError) as error:
            return self._failed(request, attempt.after, error)
        response = RedirectResponse(attempt.after, 303)
        desk.remember(request, response, token)
        return response

    async def out(self, request: Request) -> Response:
        """Sign out, and show that it is done."""
        check_origin(request, ())
        response = RedirectResponse(SIGN_IN, 303)
        if self._access.desk is not None and not self._access.gate.is_open:
            await self._access.desk.out(request, response)
        return response

    def _desk(self) -> SignInDesk:
        desk = self._access.desk
        if desk is None or self._access.gate.is_open:
            raise NotFoundError(
                "nobody signs in to this server, because it asks nobody; "
                "`spanlake users create NAME` changes that"
            )
        return desk

    def _failed(self, request: Request, after: str, error: OidcError | UserError) -> Response:
        self._desk().refused(request, None, "oidc", str(error))
        _log.warning("sign_in.refused", reason=str(error))
        return self._form(request, after, status=401, failure=str(error))

    def _form(
        self,
        request: Request,
        after: str,
        *,
        status: int = 200,
        name: str = "",
        failure: str | None = None,
    ) -> Response:
        oidc = self._desk().oidc
        return render(
            request,
            "sign_in.html",
            status=status,
            name=name,
            after=after,
            failure=failure,
            provider=oidc.settings.label if oidc else None,
        )


def _path_after(text: str) -> str:
    """Where to go on to: a path of this server, whatever a link says."""
    parts = urlsplit(text if len(text) <= _LONGEST_PATH else "")
    is_ours = not parts.scheme and not parts.netloc and parts.path.startswith("/")
    is_plain = text.isprintable() and "\\" not in text and not text.startswith("//")
    return text if is_ours and is_plain and not parts.path.startswith(SIGN_IN) else _HOME
