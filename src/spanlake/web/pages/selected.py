"""What is done with the rows selected in a list: into a dataset, or gone for good."""

import asyncio
import shlex

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from spanlake.access.cross_site import check_origin
from spanlake.access.principal import principal_of
from spanlake.entities.access import Principal
from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.audit_log import record_alone, traces_deleted
from spanlake.storage.catalog.dataset_merge import merge_records
from spanlake.storage.catalog.datasets import create_dataset, get_dataset
from spanlake.storage.condition import literal
from spanlake.storage.datasets.traces import records_from_traces
from spanlake.storage.delete import delete_traces
from spanlake.storage.lake import Lake
from spanlake.storage.layout import Layout
from spanlake.storage.traces import TraceFilter, full_trace_id
from spanlake.web.pages.datasets.place import dataset_path
from spanlake.web.pages.forms import ids_of, read_form
from spanlake.web.pages.rendering import render
from spanlake.web.services import Services


class SelectedTraces:
    """Changes to the selected traces; each is a form that a page of ours sends."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def add_to_dataset(self, request: Request) -> Response:
        """Make records of the traces, in a dataset that is made if it is new."""
        check_origin(request, ())
        fields = await read_form(request)
        ids, name = ids_of(fields.get("ids", "")), fields.get("dataset", "").strip()
        if not name:
            raise UserError("Dataset is empty: must be the name of one, new or not")

        def add(lake: Lake) -> tuple[int, str]:
            whole = [full_trace_id(lake, each) for each in ids]
            chosen = TraceFilter(where=f"list_contains({literal(whole)}, trace_id)")
            records = list(records_from_traces(lake, chosen))
            if not records:
                raise UserError("none of these traces says what it was asked; nothing is added")
            with self._services.catalog() as catalog:
                try:
                    get_dataset(catalog, name)
                except NotFoundError:
                    create_dataset(catalog, name)
                merge_records(catalog, name, records)
                return len(records), dataset_path(get_dataset(catalog, name))

        count, path = await self._services.lakes.ask(add)
        return render(
            request,
            "done.html",
            title="Added to the dataset",
            said=f"{name} has the records of {count} of the {len(ids)} selected traces.",
            command=f"spanlake datasets show {shlex.quote(name)}",
            next_url=path,
            next_step="Open the dataset",
        )

    async def delete(self, request: Request) -> Response:
        """Delete the traces from every stored file, once that is confirmed."""
        check_origin(request, ())
        fields = await read_form(request)
        ids = ids_of(fields.get("ids", ""))
        if fields.get("confirmed") != "yes":
            return render(request, "delete.html", ids=ids)
        whole = await self._services.lakes.ask(
            lambda lake: [full_trace_id(lake, each) for each in ids]
        )
        await asyncio.to_thread(self._delete, whole, principal_of(request))
        return RedirectResponse("/traces", 303)

    def _delete(self, trace_ids: list[str], actor: Principal) -> None:
        with self._services.catalog() as catalog:
            record_alone(catalog, [traces_deleted(actor, trace_ids)])
        delete_traces(Layout(self._services.root.absolute()), trace_ids, progress=_unseen)


def _unseen(done: int, total: int) -> None:
    """Nobody watches the progress."""
