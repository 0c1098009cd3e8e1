"""Deleting runs and datasets, once that is confirmed; the audit log has each."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from spanlake.access.cross_site import check_origin
from spanlake.access.principal import principal_of
from spanlake.errors import UserError
from spanlake.quantities import counted
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.datasets import delete_dataset, get_dataset
from spanlake.storage.catalog.runs import Run, delete_run, get_run
from spanlake.web.catalog_thread import with_catalog
from spanlake.web.pages.datasets.place import dataset_path
from spanlake.web.pages.forms import read_form
from spanlake.web.pages.rendering import render
from spanlake.web.services import Services


class Deletion:
    """What the forms do that delete; without a confirmation they ask for one."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def runs(self, request: Request) -> Response:
        """Take runs off the list."""
        check_origin(request, ())
        fields = await read_form(request)
        ids = [each for each in fields.get("ids", "").split(",") if each]
        if not ids:
            raise UserError("no run is selected; select rows of the list first")
        actor = principal_of(request)

        def find(catalog: Catalog) -> list[Run]:
            return [get_run(catalog, each) for each in ids]

        found = await with_catalog(self._services, find)
        if fields.get("confirmed") != "yes":
            named = found[0].name if len(found) == 1 else counted(len(found), "run")
            return render(
                request,
                "confirm.html",
                question=f"Delete {named}?",
                consequence="The list and comparisons lose it. Its results and traces stay in the "
                "lake, where SQL finds them."
                if len(found) == 1
                else "The list and comparisons lose them. Their results and traces stay in the "
                "lake, where SQL finds them.",
                action="/runs/delete",
                fields={"ids": ",".join(each.run_id for each in found)},
                back="/runs",
                count=len(found),
            )

        def delete(catalog: Catalog) -> None:
            for each in found:
                delete_run(catalog, each.run_id, actor=actor)

        await with_catalog(self._services, delete)
        return RedirectResponse("/runs", 303)

    async def dataset(self, request: Request) -> Response:
        """Remove a dataset with all its versions."""
        check_origin(request, ())
        fields, name = await read_form(request), request.path_params["name"]
        actor = principal_of(request)
        found = await with_catalog(self._services, lambda catalog: get_dataset(catalog, name))
        if fields.get("confirmed") != "yes":
            path = dataset_path(found)
            return render(
                request,
                "confirm.html",
                question=f"Delete {found.name}?",
                consequence=f"Its {counted(found.record_count, 'record')} and all "
                f"{counted(found.version, 'version')} go for good. Runs on it keep their results.",
                action=f"{path}/delete",
                fields={},
                back=path,
                count=1,
            )
        await with_catalog(
            self._services,
            lambda catalog: delete_dataset(catalog, found.dataset_id, actor=actor),
        )
        return RedirectResponse("/datasets", 303)
