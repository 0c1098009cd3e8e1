"""Which requests a browser may send here: from our own pages, and from sites that are listed.

A page of any site can make the reader's browser send requests to a server on the reader's machine,
and by a name that it lets point there (DNS rebinding) even read the answers.
"""

from collections.abc import Collection
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from starlette.requests import HTTPConnection

from spanlake.config import Endpoint
from spanlake.errors import ForbiddenError

_ANY = "*"
_DEFAULT_PORT = 80


class ForeignRequestError(ForbiddenError):
    """A request that a page of another site made, or that is for another host."""


def check_host(request: HTTPConnection) -> None:
    """Refuse a name that is not this machine's; for a server that only this machine can reach.

    Raises ForeignRequestError.
    """
    host = request.headers.get("host", "")
    if not _is_local(host):
        raise ForeignRequestError(
            f"Host is {host[:80]!r}: must be localhost or a loopback address, because this server "
            "is for its own machine alone; open it as http://localhost"
        )


def check_origin(request: HTTPConnection, allowed: Collection[str]) -> None:
    """Refuse what a page of another site asks for. allowed: origins that may, or `*`.

    Raises ForeignRequestError.
    """
    origin = request.headers.get("origin")
    if origin is None:
        site = request.headers.get("sec-fetch-site")
        mode = request.headers.get("sec-fetch-mode")
        if site == "cross-site" and mode != "navigate" and _ANY not in allowed:
            raise ForeignRequestError("a page of another site may not ask this; open it yourself")
        return
    same = _parts(origin).netloc.lower() == request.headers.get("host", "").lower()
    if not (same or origin in allowed or _ANY in allowed):
        raise ForeignRequestError(
            f"Origin is {origin[:80]!r}: its pages may not ask this; OTLP and "
            "POST /api/v1/assessments are open to the origins in "
            "receivers.otlp.protocols.http.cors.allowed_origins"
        )


@lru_cache(maxsize=64)
def _is_local(host: str) -> bool:
    name = _parts(f"//{host}").hostname or ""
    return Endpoint(name, _DEFAULT_PORT).is_loopback or name.endswith(".localhost")


def _parts(url: str) -> SplitResult:
    """The parts of a URL; of what is none, nothing."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")
