"""The SQL page: an editor, the answer as a table or a chart, and the answer as a file."""

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple, get_args
from urllib.parse import urlencode

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from spanlake.access.cross_site import check_origin
from spanlake.access.principal import hidden_views, principal_of
from spanlake.errors import OverloadedError, UserError
from spanlake.storage.catalog.saved_queries import (
    delete_query,
    get_query,
    list_queries,
    save_query,
)
from spanlake.storage.query import view_columns
from spanlake.storage.results.formats import ResultFormat
from spanlake.web.catalog_thread import with_catalog
from spanlake.web.pages.forms import read_form
from spanlake.web.pages.rendering import is_fragment, render
from spanlake.web.services import Services
from spanlake.web.sql_process.answer import MEDIA_TYPES, streamed_answer

if TYPE_CHECKING:
    from spanlake.web.sql_process.processes import SqlPage

# A query of the longest that can be saved, as a form has it.
_MOST_BYTES = 1 << 20


class Example(NamedTuple):
    """A query that is good to begin with."""

    name: str
    query: str


class SqlPages:
    """The editor and what it runs."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._processes = services.queries

    async def show(self, request: Request) -> Response:
        """The page; a query in its URL runs at once, unless another site led here."""
        await self._processes.prepare()
        query = request.query_params.get("q", "")
        name = ""
        if wanted := request.query_params.get("saved"):
            found = await with_catalog(self._services, lambda catalog: get_query(catalog, wanted))
            query, name = query or found.query, found.name
        is_own = request.headers.get("sec-fetch-site", "none") != "cross-site"
        return await self._editor(request, query, name=name, runs=bool(query) and is_own)

    async def result(self, request: Request) -> Response:
        """The answer to a query: a part of the page, or a page of its own without JavaScript."""
        query = request.query_params.get("q", "")
        page: SqlPage | None = None
        problem: str | None = None
        try:
            page = await self._processes.page(query, hidden_views(principal_of(request)))
        except (UserError, OverloadedError) as error:
            problem = str(error)
        if is_fragment(request):
            response = render(request, "sql_result.html", query=query, page=page, problem=problem)
            response.headers["hx-replace-url"] = "/sql?" + urlencode({"q": query})
            response.background = BackgroundTask(self._processes.prepare)
            return response
        return await self._editor(request, query, page=page, problem=problem)

    async def save(self, request: Request) -> Response:
        """Keep a query under a name, in the place of the one that had it."""
        check_origin(request, ())
        form = await read_form(request, most_bytes=_MOST_BYTES)
        name, query = form.get("name", "").strip(), form.get("q", "")
        if not query.strip():
            raise UserError("the query is empty; write one, and save it then")
        made = await with_catalog(self._services, lambda catalog: save_query(catalog, name, query))
        return RedirectResponse("/sql?" + urlencode({"saved": made.query_id}), 303)

    async def delete(self, request: Request) -> Response:
        """Forget a saved query."""
        check_origin(request, ())
        form = await read_form(request)
        query_id = form.get("query_id", "")
        await with_catalog(self._services, lambda catalog: delete_query(catalog, query_id))
        return RedirectResponse("/sql", 303)

    async def _editor(  # noqa: PLR0913  # what the page shows, by name
        self,
        request: Request,
        query: str,
        *,
        name: str = "",
        runs: bool = False,
        page: "SqlPage | None" = None,
        problem: str | None = None,
    ) -> Response:
        return render(
            request,
            "sql.html",
            query=query,
            name=name,
            runs=runs,
            views=await self._services.lakes.ask(view_columns),
            examples=_examples(),
            saved=await with_catalog(self._services, list_queries),
            page=page,
            problem=problem,
        )

    async def download(self, request: Request) -> Response:
        """The whole answer as a file. UserError for a query that has none."""
        query = request.query_params.get("q", "")
        output_format = request.query_params.get("format", "csv")
        if output_format not in get_args(ResultFormat):
            raise UserError(
                f"format is {output_format[:20]!r}: must be one of {', '.join(MEDIA_TYPES)}"
            )
        chosen: ResultFormat = output_format  # type: ignore[assignment]  # it is one of them
        return await streamed_answer(
            self._processes,
            query,
            chosen,
            hidden_views(principal_of(request)),
            headers={"content-disposition": f'attachment; filename="spanlake.{chosen}"'},
        )


@cache
def _examples() -> tuple[Example, ...]:
    """The queries in example_queries.sql: a comment names each, a semicolon ends it."""
    text = (files("spanlake.web.pages") / "example_queries.sql").read_text("utf-8")
    parts = [part.strip().partition("\n") for part in text.split(";") if part.strip()]
    return tuple(Example(name.removeprefix("-- "), query) for name, _, query in parts)
