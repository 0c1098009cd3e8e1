"""The SQL page: an editor, the answer as a table or a chart, and the answer as a file."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple, get_args
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from spanlake.errors import OverloadedError, UserError
from spanlake.storage.query import view_columns
from spanlake.storage.results.formats import ResultFormat
from spanlake.web.pages.rendering import is_fragment, render
from spanlake.web.services import Services

if TYPE_CHECKING:
    from spanlake.web.sql_process.processes import SqlPage


class Example(NamedTuple):
    """A query that is good to begin with."""

    name: str
    query: str


_MEDIA_TYPES: dict[ResultFormat, str] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}


class SqlPages:
    """The editor and what it runs."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._processes = services.queries

    async def show(self, request: Request) -> Response:
        """The page; a query in its URL runs at once, unless another site led here."""
        await self._processes.prepare()
        query = request.query_params.get("q", "")
        is_own = request.headers.get("sec-fetch-site", "none") != "cross-site"
        return render(
            request,
            "sql.html",
            query=query,
            runs=bool(query) and is_own,
            views=await self._services.lakes.ask(view_columns),
            examples=_examples(),
            page=None,
            problem=None,
        )

    async def result(self, request: Request) -> Response:
        """The answer to a query: a part of the page, or a page of its own without JavaScript."""
        query = request.query_params.get("q", "")
        page: SqlPage | None = None
        problem: str | None = None
        try:
            page = await self._processes.page(query)
        except (UserError, OverloadedError) as error:
            problem = str(error)
        if is_fragment(request):
            response = render(request, "sql_result.html", query=query, page=page, problem=problem)
            response.headers["hx-replace-url"] = "/sql?" + urlencode({"q": query})
            return response
        return render(
            request,
            "sql.html",
            query=query,
            runs=False,
            views=await self._services.lakes.ask(view_columns),
            examples=_examples(),
            page=page,
            problem=problem,
        )

    async def download(self, request: Request) -> Response:
        """The whole answer as a file. UserError for a query that has none."""
        query = request.query_params.get("q", "")
        output_format = request.query_params.get("format", "csv")
        if output_format not in get_args(ResultFormat):
            raise UserError(
                f"format is {output_format[:20]!r}: must be one of {', '.join(_MEDIA_TYPES)}"
            )
        chosen: ResultFormat = output_format  # type: ignore[assignment]  # it is one of them
        # The answer outlives this function, and the process that gives it does, too.
        stack = AsyncExitStack()
        pieces = await stack.enter_async_context(self._processes.download(query, chosen))

        async def body() -> AsyncIterator[bytes]:
            async with stack:
                async for piece in pieces:
                    yield piece

        return StreamingResponse(
            body(),
            media_type=_MEDIA_TYPES[chosen],
            headers={
                "content-disposition": f'attachment; filename="spanlake.{chosen}"',
                "x-content-type-options": "nosniff",
                "cache-control": "no-store",
            },
        )


@cache
def _examples() -> tuple[Example, ...]:
    """The queries in example_queries.sql: a comment names each, a semicolon ends it."""
    text = (files("spanlake.web.pages") / "example_queries.sql").read_text("utf-8")
    parts = [part.strip().partition("\n") for part in text.split(";") if part.strip()]
    return tuple(Example(name.removeprefix("-- "), query) for name, _, query in parts)
