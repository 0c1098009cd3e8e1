"""Who reviews: whoever is signed in, else the name that somebody typed here once."""

from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

from spanlake.access.principal import principal_of
from spanlake.storage.catalog.labels.queues import LONGEST_REVIEWER
from spanlake.storage.catalog.texts import is_name

_COOKIE = "spanlake-reviewer"
_YEAR_SECONDS = 365 * 24 * 3600


def reviewer_of(request: Request) -> str | None:
    """The name of whoever looks at a page; None until it is known."""
    name = principal_of(request).source_id or unquote(request.cookies.get(_COOKIE, ""))
    return name if is_name(name, longest=LONGEST_REVIEWER) else None


def may_rename(request: Request) -> bool:
    """Whether the name is only what was typed."""
    return principal_of(request).source_id is None


def remember(request: Request, response: Response, name: str) -> None:
    """Let a browser say the name from now on."""
    response.set_cookie(
        _COOKIE,
        quote(name),
        max_age=_YEAR_SECONDS,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        path="/",
    )
