"""One dataset: the records of a version, its versions, and the runs that were on it."""

import math
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, get_args
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from spanlake.access.principal import principal_of
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.dataset_record import DatasetRecord
from spanlake.storage.catalog.dataset_search import (
    RecordPage,
    count_splits,
    get_record,
    search_records,
)
from spanlake.storage.catalog.dataset_versions import (
    DatasetAt,
    DatasetVersion,
    at_version,
    list_versions,
)
from spanlake.storage.catalog.datasets import get_dataset
from spanlake.storage.catalog.run_search import RunSearch, search_runs
from spanlake.storage.catalog.runs import Run
from spanlake.storage.condition import literal
from spanlake.web.catalog_thread import with_catalog
from spanlake.web.pages.datasets.place import dataset_path
from spanlake.web.pages.datasets.record_form import PARTS, RecordField, fields_of
from spanlake.web.pages.evaluations.runs import RunSummaries
from spanlake.web.pages.forms import count_of
from spanlake.web.pages.rendering import is_fragment, render
from spanlake.web.services import Services

Tab = Literal["records", "versions", "runs"]

NEW = "new"
_PAGE_ROWS = 50
_RUNS = 50


@dataclass(frozen=True, slots=True)
class DatasetState:
    """What the page shows. version: None for the newest. record: of the pane, or NEW."""

    path: str
    tab: Tab = "records"
    version: int | None = None
    search: str = ""
    split: str | None = None
    record: str | None = None
    page: int = 1
    made: int | None = None

    @classmethod
    def of(cls, path: str, params: QueryParams) -> Self:
        """Read a URL."""
        tab = params.get("tab")
        version = count_of(params.get("version"), -1)
        made = count_of(params.get("made"))
        return cls(
            path=path,
            tab=tab if tab in get_args(Tab) else "records",  # type: ignore[arg-type]  # it is one
            version=None if version < 0 else version,
            search=params.get("q", ""),
            split=params.get("split") or None,
            record=params.get("record") or None,
            page=max(1, min(count_of(params.get("page")), 1_000_000)),
            made=made or None,
        )

    def url(self) -> str:
        """This view."""
        query = urlencode(self.pairs())
        return self.path + (f"?{query}" if query else "")

    def on_tab(self, tab: Tab) -> str:
        """Another part of the page."""
        return replace(self, tab=tab, record=None, page=1, made=None).url()

    def at(self, version: int | None) -> str:
        """The records of another version."""
        return replace(self, tab="records", version=version, record=None, page=1, made=None).url()

    def in_split(self, split: str | None) -> str:
        """The records of a split; all, if it was chosen already."""
        chosen = None if split == self.split else split
        return replace(self, split=chosen, record=None, page=1, made=None).url()

    def choosing(self, record_id: str | None) -> str:
        """With a record in the pane."""
        return replace(self, record=record_id, made=None).url()

    def at_page(self, page: int) -> str:
        """Another page."""
        return replace(self, page=page, record=None, made=None).url()

    def pairs(self, *left_out: str) -> list[tuple[str, str]]:
        """The fields of the URL, without those a form has itself."""
        plain = {
            "tab": "" if self.tab == "records" else self.tab,
            "version": "" if self.version is None else str(self.version),
            "q": self.search,
            "split": self.split or "",
            "record": self.record or "",
            "page": str(self.page) if self.page > 1 else "",
        }
        return [(name, value) for name, value in plain.items() if value and name not in left_out]


@dataclass(frozen=True, slots=True)
class _Found:
    at: DatasetAt
    versions: tuple[DatasetVersion, ...]
    splits: dict[str, int]
    page: RecordPage
    record: DatasetRecord | None
    runs: tuple[Run, ...]
    run_count: int


class DatasetPage:
    """The page, and the pane of a record."""

    def __init__(self, services: Services, summaries: RunSummaries) -> None:
        self._services = services
        self._summaries = summaries

    async def show(self, request: Request) -> Response:
        """The page; or, where only the record is another one, its pane."""
        name = request.path_params["name"]
        state = DatasetState.of(request.url.path, request.query_params)
        found = await with_catalog(self._services, lambda catalog: _read(catalog, name, state))
        dataset = found.at.dataset
        state = replace(state, path=dataset_path(dataset))
        is_newest = found.at.version == dataset.version
        shown: dict[str, Any] = {
            "dataset": dataset,
            "at": found.at,
            "state": state,
            "is_newest": is_newest,
            "record": found.record,
            "is_new": state.record == NEW and is_newest and principal_of(request).may_edit,
            "fields": _form_fields(found.record),
            "parts": PARTS,
            "splits": found.splits,
            "problem": None,
        }
        if is_fragment(request) and request.headers.get("hx-target") == "pane":
            return render(request, "datasets/record.html", **shown)
        summaries = await self._summaries.of(found.runs) if state.tab == "runs" else {}
        first = (state.page - 1) * _PAGE_ROWS
        made = next((each for each in found.versions if each.version == state.made), None)
        return render(
            request,
            "datasets/dataset.html",
            **shown,
            versions=found.versions,
            page=found.page,
            runs=found.runs,
            run_count=found.run_count,
            summaries=summaries,
            made=made,
            pages=math.ceil(found.page.total / _PAGE_ROWS),
            first=first + 1,
            query=_query(found.at, state),
            diff_path=f"{state.path}/diff",
        )


def _read(catalog: Catalog, name: str, state: DatasetState) -> _Found:
    at = at_version(catalog, get_dataset(catalog, name), state.version)
    record = None
    if state.record not in (None, NEW):
        record = get_record(catalog, at, state.record)
    page = search_records(
        catalog,
        at,
        text=state.search,
        split=state.split,
        offset=(state.page - 1) * _PAGE_ROWS,
        limit=_PAGE_ROWS,
    )
    runs = search_runs(catalog, RunSearch(dataset_id=at.dataset.dataset_id), limit=_RUNS)
    return _Found(
        at,
        tuple(reversed(list_versions(catalog, at.dataset.dataset_id))),
        count_splits(catalog, at),
        page,
        record,
        runs.runs,
        runs.total,
    )


def _form_fields(record: DatasetRecord | None) -> dict[str, list[RecordField]]:
    """The fields of a form, by the part of the record they are of."""
    found: dict[str, list[RecordField]] = {part: [] for part in PARTS}
    for each in fields_of(record):
        found[each.part].append(each)
    return found


def _query(at: DatasetAt, state: DatasetState) -> str:
    """The records of the version as a query."""
    conditions = [f"dataset = {literal(at.dataset.name)}"]
    if at.version == at.dataset.version:
        view = "dataset_records"
    else:
        view = "dataset_records_history"
        conditions += [
            f"from_version <= {at.version}",
            f"coalesce(to_version > {at.version}, true)",
        ]
    if state.split:
        conditions.append(f"split = {literal(state.split)}")
    if text := state.search.strip():
        said = "concat_ws(' ', inputs, outputs, expectations, tags, record_id)"
        conditions.append(f"contains(lower({said}), {literal(text.lower())})")
    where = "\n    AND ".join(conditions)
    return f"FROM {view}\nWHERE {where}\nORDER BY position"
