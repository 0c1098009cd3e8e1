"""Templates to responses: autoescaped, with headers that let no page do more than it must."""

import hashlib
import shlex
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from spanlake.access.principal import principal_of
from spanlake.web.pages import quantities
from spanlake.web.pages.filters import FILTERS
from spanlake.web.pages.folding import fold
from spanlake.web.pages.kinds import kind_of

STATIC = Path(str(files("spanlake.web") / "static"))
_HEADERS = {
    # Nothing inline, nothing from elsewhere, nobody's frame.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
    "vary": "HX-Request",
}

# Of what is no page.
DATA_HEADERS = {"x-content-type-options": "nosniff", "cache-control": "no-store"}


def is_fragment(request: Request) -> bool:
    """Whether htmx asks for a part of a page that it has already."""
    is_history = request.headers.get("hx-history-restore-request") == "true"
    return request.headers.get("hx-request") == "true" and not is_history


def render(
    request: Request, template: str, *, status: int = 200, **context: object
) -> HTMLResponse:
    """A template with its context. experiment is taken from the URL, if it is not given."""
    context.setdefault("experiment", request.query_params.get("experiment") or None)
    html = _environment().get_template(template).render(request=request, **context)
    return HTMLResponse(html, status, headers=_HEADERS)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("spanlake.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        name: getattr(quantities, name)
        for name in ("duration", "tokens", "cost", "number", "size", "iso", "utc", "percent")
    }
    environment.filters |= {"fold": fold, "shell": shlex.quote, **FILTERS}
    environment.globals |= {
        "counted": quantities.counted,
        "kind_of": kind_of,
        "asset": _asset,
        "principal_of": principal_of,
        "unknown": quantities.UNKNOWN,
        "now": lambda: datetime.now().astimezone(),
    }
    return environment


@cache
def _asset(path: str) -> str:
    """The URL of a static file; another one when its content is, so it can be kept for ever."""
    digest = hashlib.sha256((STATIC / path).read_bytes()).hexdigest()
    return f"/static/{path}?v={digest[:12]}"
