"""The list of datasets, and making one."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from spanlake.access.cross_site import check_origin
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.datasets import Dataset, create_dataset, list_datasets
from spanlake.storage.catalog.run_search import count_runs_by_dataset
from spanlake.storage.condition import literal
from spanlake.web.catalog_thread import with_catalog
from spanlake.web.pages.datasets.place import dataset_path
from spanlake.web.pages.forms import read_form
from spanlake.web.pages.rendering import render
from spanlake.web.services import Services


class DatasetList:
    """The list. There are so many that a person has made them: it has one page."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def show(self, request: Request) -> Response:
        """The datasets, the last changed first."""
        search = request.query_params.get("q", "")
        experiment = request.query_params.get("experiment") or None

        def read(catalog: Catalog) -> tuple[list[Dataset], dict[str, int]]:
            return list_datasets(catalog), count_runs_by_dataset(catalog)

        every, runs = await with_catalog(self._services, read)
        found = [each for each in every if _is_wanted(each, search, experiment)]
        found.sort(key=lambda each: each.updated_at, reverse=True)
        # One that belongs to no experiment is for all of them.
        where = f"\nWHERE coalesce(experiment = {literal(experiment)}, true)" if experiment else ""
        return render(
            request,
            "datasets/list.html",
            datasets=found,
            paths={each.dataset_id: dataset_path(each) for each in found},
            runs=runs,
            search=search,
            is_any=bool(every),
            query=f"FROM datasets{where}\nORDER BY updated_at DESC",
        )

    async def create(self, request: Request) -> Response:
        """Make an empty dataset, and go there."""
        check_origin(request, ())
        fields = await read_form(request)
        name = fields.get("name", "").strip()
        made = await with_catalog(
            self._services,
            lambda catalog: create_dataset(
                catalog,
                name,
                description=fields.get("description", "").strip() or None,
                experiment=fields.get("experiment") or None,
            ),
        )
        return RedirectResponse(dataset_path(made), 303)


def _is_wanted(dataset: Dataset, search: str, experiment: str | None) -> bool:
    words = (dataset.name, dataset.description or "", *dataset.tags.values())
    is_said = search.strip().lower() in " ".join(words).lower()
    return is_said and (experiment is None or dataset.experiment in (None, experiment))
