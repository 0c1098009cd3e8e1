"""What goes wrong, as a page: what happened, why, and what to do."""

import math
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from spanlake.access.cross_site import ForeignRequestError
from spanlake.access.routes import Handler
from spanlake.errors import (
    ForbiddenError,
    NotFoundError,
    OverloadedError,
    QuotaError,
    RequestError,
    UnauthenticatedError,
    UserError,
)
from spanlake.web.lake_pool import SlowQuestionError
from spanlake.web.pages.rendering import is_fragment, render

SIGN_IN = "/sign-in"


def explained(handler: Handler) -> Handler:
    """The handler, with a page for each error that has something to say to the reader."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except ForbiddenError as error:
            return refused(request, error)
        except NotFoundError as error:
            return _failure(request, 404, "Not found", str(error))
        except UserError as error:
            return _failure(request, 400, "That cannot be shown", str(error))
        except SlowQuestionError as error:
            return _failure(request, 503, "This took too long", str(error))
        except OverloadedError as error:
            return _failure(request, 503, "The server is busy", f"{error}; try again in a moment.")

    return handle


def refused(request: Request, error: RequestError) -> Response:
    """The page for somebody who is not let in; it is where they sign in, if that may help."""
    if isinstance(error, UnauthenticatedError):
        return _to_sign_in(request)
    if isinstance(error, ForeignRequestError):
        return _failure(request, 403, "Not from here", str(error))
    if isinstance(error, OverloadedError):
        status = 429 if isinstance(error, QuotaError) else 503
        answer = _failure(request, status, "Not now", str(error))
        answer.headers["retry-after"] = str(max(1, math.ceil(error.retry_after)))
        return answer
    return _failure(request, 403, "Not yours to do", str(error))


def _to_sign_in(request: Request) -> Response:
    """Send the browser where people sign in, and from there back to what it asked for."""
    here = request.url.path
    after = f"{here}?{request.url.query}" if request.url.query else here
    place = f"{SIGN_IN}?{urlencode({'next': after})}" if request.method == "GET" else SIGN_IN
    if is_fragment(request):
        # The part of a page goes where a page must.
        return Response(status_code=401, headers={"hx-redirect": SIGN_IN})
    return RedirectResponse(place, 303)


def _failure(request: Request, status: int, title: str, message: str) -> Response:
    template = "error_part.html" if is_fragment(request) else "error.html"
    return render(request, template, status=status, title=title, message=message)
