"""What goes wrong, as a page: what happened, why, and what to do."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from spanlake.errors import NotFoundError, OverloadedError, UserError
from spanlake.web.cross_site import ForeignRequestError, check_host
from spanlake.web.lake_pool import SlowQuestionError
from spanlake.web.pages.rendering import is_fragment, render

Handler = Callable[[Request], Awaitable[Response]]


def explained(handler: Handler, *, is_local: bool) -> Handler:
    """The handler, with a page for each error that has something to say to the reader.

    is_local: the server is for its own machine alone, and only answers to its names.
    """

    async def handle(request: Request) -> Response:
        try:
            if is_local:
                check_host(request)
            return await handler(request)
        except ForeignRequestError as error:
            return _failure(request, 403, "Not from here", str(error))
        except NotFoundError as error:
            return _failure(request, 404, "Not found", str(error))
        except UserError as error:
            return _failure(request, 400, "That cannot be shown", str(error))
        except SlowQuestionError as error:
            return _failure(request, 503, "This took too long", str(error))
        except OverloadedError as error:
            return _failure(request, 503, "The server is busy", f"{error}; try again in a moment.")

    return handle


def _failure(request: Request, status: int, title: str, message: str) -> Response:
    template = "error_part.html" if is_fragment(request) else "error.html"
    return render(request, template, status=status, title=title, message=message)
