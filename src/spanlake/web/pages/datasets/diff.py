"""What changed in a dataset between two of its versions, record by record."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.dataset_versions import (
    DatasetVersion,
    RecordChange,
    diff_versions,
    list_versions,
)
from spanlake.storage.catalog.datasets import Dataset, get_dataset
from spanlake.storage.condition import literal
from spanlake.web.catalog_thread import with_catalog
from spanlake.web.pages.datasets.place import dataset_path
from spanlake.web.pages.forms import count_of
from spanlake.web.pages.rendering import render
from spanlake.web.pages.said import in_words
from spanlake.web.pages.text_diff import TextDiff, diff_texts
from spanlake.web.services import Services

_PAGE_ROWS = 25


@dataclass(frozen=True, slots=True)
class PartDiff:
    """A part of a record in both versions, such as `expectations.answer`."""

    name: str
    texts: TextDiff


@dataclass(frozen=True, slots=True)
class ChangedRecord:
    """A record that differs, with the parts that do; those of an added or removed one all do."""

    change: RecordChange
    parts: tuple[PartDiff, ...]


class DatasetDiffPage:
    """The page. before and after in the URL are versions; the last two unless said."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def show(self, request: Request) -> Response:
        """The changes, a page at a time."""
        name = request.path_params["name"]
        params = request.query_params

        def read(
            catalog: Catalog,
        ) -> tuple[Dataset, list[DatasetVersion], int, int, list[RecordChange]]:
            dataset = get_dataset(catalog, name)
            after = count_of(params.get("after"), dataset.version)
            before = count_of(params.get("before"), max(0, after - 1))
            changes = diff_versions(catalog, dataset, before, after)
            return dataset, list_versions(catalog, dataset.dataset_id), before, after, changes

        dataset, versions, before, after, changes = await with_catalog(self._services, read)
        page = max(1, min(count_of(params.get("page")), 1_000_000))
        first = (page - 1) * _PAGE_ROWS
        return render(
            request,
            "datasets/diff.html",
            dataset=dataset,
            path=dataset_path(dataset),
            versions=tuple(reversed(versions)),
            before=before,
            after=after,
            counts=Counter(each.change for each in changes),
            total=len(changes),
            changes=tuple(
                ChangedRecord(each, tuple(_parts(each)))
                for each in changes[first : first + _PAGE_ROWS]
            ),
            first=first + 1,
            page=page,
            pages=math.ceil(len(changes) / _PAGE_ROWS),
            at_page=lambda number: (
                "?" + urlencode({"before": before, "after": after, "page": number})
            ),
            query="\n".join(
                (
                    "FROM dataset_records_history",
                    f"WHERE dataset = {literal(dataset.name)}",
                    f"    AND (from_version BETWEEN {before + 1} AND {after}",
                    f"        OR to_version BETWEEN {before + 1} AND {after})",
                    "ORDER BY position, from_version",
                )
            ),
        )


def _parts(change: RecordChange) -> Iterator[PartDiff]:
    old, new = _flat(change, "before"), _flat(change, "after")
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name, ""), new.get(name, "")
        if before != after:
            yield PartDiff(name, diff_texts(before, after))


def _flat(change: RecordChange, side: str) -> dict[str, str]:
    """A record as texts by name."""
    record = getattr(change, side)
    if record is None:
        return {}
    parts: dict[str, Any] = {"inputs": in_words(record.inputs)}
    if record.outputs is not None:
        parts["outputs"] = in_words(record.outputs)
    for part in ("expectations", "tags"):
        members = getattr(record, part)
        parts |= {f"{part}.{key}": in_words(value) for key, value in members.items()}
    if record.split is not None:
        parts["split"] = record.split
    return parts
