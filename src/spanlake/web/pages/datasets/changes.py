"""Changes of the records of a dataset, each of which makes a new version."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from spanlake.access.cross_site import check_origin
from spanlake.errors import UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.dataset_merge import (
    delete_records,
    merge_records,
    replace_record,
)
from spanlake.storage.catalog.dataset_record import DatasetRecord
from spanlake.storage.catalog.dataset_search import count_splits, get_record
from spanlake.storage.catalog.dataset_versions import DatasetAt, at_version
from spanlake.storage.catalog.datasets import Dataset, describe_dataset, get_dataset
from spanlake.web.catalog_thread import with_catalog
from spanlake.web.pages.datasets.dataset import DatasetState
from spanlake.web.pages.datasets.place import dataset_path, dataset_url
from spanlake.web.pages.datasets.record_form import PARTS, form_of, record_of
from spanlake.web.pages.forms import read_form
from spanlake.web.pages.rendering import render
from spanlake.web.services import Services

_MOST_BYTES = 8 << 20
_MOST_FIELDS = 1_000


class RecordChanges:
    """What the forms of a dataset's page send."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def save(self, request: Request) -> Response:
        """Add a record, or let one say what the form says; what cannot be is said in the form."""
        check_origin(request, ())
        form = await read_form(request, most_bytes=_MOST_BYTES, most_fields=_MOST_FIELDS)
        name = request.path_params["name"]
        dataset = await with_catalog(self._services, lambda catalog: get_dataset(catalog, name))
        try:
            url = await with_catalog(self._services, lambda catalog: _saved(catalog, dataset, form))
        except UserError as error:
            return await self._refused(request, dataset, form, str(error))
        return RedirectResponse(url, 303)

    async def _refused(
        self, request: Request, dataset: Dataset, form: dict[str, str], problem: str
    ) -> Response:
        """The form as it was sent, with what is wrong: nothing that was typed is lost."""

        def read(catalog: Catalog) -> tuple[DatasetAt, DatasetRecord | None, dict[str, int]]:
            at = at_version(catalog, dataset, None)
            record_id = form.get("record_id")
            record = get_record(catalog, at, record_id) if record_id else None
            return at, record, count_splits(catalog, at)

        at, record, splits = await with_catalog(self._services, read)
        fields = form_of(form)
        return render(
            request,
            "datasets/problem.html",
            status=400,
            dataset=dataset,
            at=at,
            state=DatasetState(dataset_path(dataset)),
            is_newest=True,
            record=record,
            is_new=record is None,
            fields={part: [each for each in fields if each.part == part] for part in PARTS},
            parts=PARTS,
            splits=splits,
            typed=form,
            problem=problem,
        )

    async def delete(self, request: Request) -> Response:
        """Take records out, as the next version, once that is confirmed."""
        check_origin(request, ())
        form = await read_form(request)
        name = request.path_params["name"]
        ids = [each for each in form.get("ids", "").split(",") if each]
        if not ids:
            raise UserError("no record is selected; select rows of the list first")
        dataset = await with_catalog(self._services, lambda catalog: get_dataset(catalog, name))
        if form.get("confirmed") != "yes":
            return render(
                request,
                "datasets/delete.html",
                dataset=dataset,
                path=dataset_path(dataset),
                ids=ids,
            )

        def delete(catalog: Catalog) -> Dataset:
            delete_records(catalog, dataset.dataset_id, ids, note=_note(form))
            return get_dataset(catalog, dataset.dataset_id)

        changed = await with_catalog(self._services, delete)
        made = changed.version if changed.version > dataset.version else None
        return RedirectResponse(dataset_url(changed, made=made), 303)

    async def describe(self, request: Request) -> Response:
        """Say what the dataset is about."""
        check_origin(request, ())
        form = await read_form(request)
        name = request.path_params["name"]
        text = form.get("description", "").replace("\r\n", "\n").strip()
        changed = await with_catalog(
            self._services, lambda catalog: describe_dataset(catalog, name, text)
        )
        return RedirectResponse(dataset_path(changed), 303)


def _saved(catalog: Catalog, dataset: Dataset, form: dict[str, str]) -> str:
    """The URL of the record as it is now."""
    record = record_of(form)
    note = _note(form)
    if record_id := form.get("record_id"):
        merged = replace_record(
            catalog,
            dataset.dataset_id,
            record_id,
            record,
            digest=form.get("digest") or None,
            note=note,
        )
    else:
        merged = merge_records(catalog, dataset.dataset_id, [record], note=note)
    made = merged.version if merged.added or merged.changed else None
    return dataset_url(dataset, record=record.record_id, made=made)


def _note(form: dict[str, str]) -> str | None:
    return form.get("note", "").strip() or None
