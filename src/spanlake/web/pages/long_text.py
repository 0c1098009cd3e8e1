"""Texts of any length, a piece at a time: a browser copes with megabytes, but not all at once."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from spanlake.web.pages.forms import count_of
from spanlake.web.pages.rendering import is_fragment, render

_PIECE = 200_000


def text_response(request: Request, text: str) -> Response:
    """A piece of the text from `offset` on, as a part of a page; outside of one, the whole text."""
    start = count_of(request.query_params.get("offset"))
    if not is_fragment(request):
        return PlainTextResponse(
            text,
            headers={
                "x-content-type-options": "nosniff",
                "content-security-policy": "default-src 'none'; sandbox",
                "cache-control": "no-store",
            },
        )
    end = start + _PIECE
    url = request.url.include_query_params(offset=end)
    return render(
        request,
        "text_piece.html",
        piece=text[start:end],
        left=max(0, len(text) - end),
        next_url=f"{url.path}?{url.query}",
        whole_url=f"{url.path}?{request.url.remove_query_params('offset').query}",
    )
