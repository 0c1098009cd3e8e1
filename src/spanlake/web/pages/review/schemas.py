"""The questions that reviewers can be asked, and a new one."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from spanlake.access.cross_site import check_origin
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.labels.schemas import (
    create_label_schema,
    delete_label_schema,
    list_label_schemas,
)
from spanlake.web.catalog_thread import with_catalog
from spanlake.web.pages.rendering import render
from spanlake.web.pages.review.forms import Form, input_of, type_of
from spanlake.web.services import Services


class SchemaPages:
    """The page of questions, and what its forms do."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def show(self, request: Request) -> Response:
        """Every question, and a form for one more."""
        schemas = await with_catalog(self._services, list_label_schemas)
        back = request.query_params.get("for", "")
        return render(request, "review/schemas.html", schemas=schemas, is_for_queue=back == "queue")

    async def create(self, request: Request) -> Response:
        """Make a question, or the next version of one."""
        check_origin(request, ())
        form = await Form.read(request)
        name = form.text("name")

        def work(catalog: Catalog) -> None:
            create_label_schema(
                catalog,
                name,
                type=type_of(form),
                input=input_of(form),
                title=form.text("title") or None,
                instruction=form.text("instruction") or None,
                enable_comment=form.text("enable_comment") == "on",
                overwrite=form.text("overwrite") == "on",
            )

        await with_catalog(self._services, work)
        if form.text("for") == "queue":
            return RedirectResponse(f"/review/new?schema={quote(name)}", 303)
        return RedirectResponse("/review/schemas", 303)

    async def delete(self, request: Request) -> Response:
        """Ask a question no more."""
        check_origin(request, ())
        form = await Form.read(request)
        await with_catalog(
            self._services, lambda catalog: delete_label_schema(catalog, form.text("name"))
        )
        return RedirectResponse("/review/schemas", 303)
