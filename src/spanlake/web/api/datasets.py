"""`/api/v1/datasets`: datasets, their records at any version, and changes of these."""

from dataclasses import asdict
from typing import Any

from starlette.responses import Response

from spanlake.entities.access import Permission
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.dataset_merge import (
    Merged,
    delete_records,
    merge_records,
    replace_record,
)
from spanlake.storage.catalog.dataset_record import read_record, read_records
from spanlake.storage.catalog.dataset_search import (
    RecordPage,
    count_splits,
    get_record,
    search_records,
)
from spanlake.storage.catalog.dataset_versions import (
    DatasetAt,
    DatasetVersion,
    RecordChange,
    at_version,
    diff_versions,
    list_versions,
)
from spanlake.storage.catalog.datasets import (
    Dataset,
    create_dataset,
    delete_dataset,
    get_dataset,
    list_datasets,
)
from spanlake.web.api.dataset_models import (
    DatasetsQuery,
    DatasetVersionQuery,
    DiffQuery,
    NewDataset,
    NewRecords,
    RecordDeletion,
    RecordReplacement,
    RecordsQuery,
)
from spanlake.web.api.endpoint import Call, Endpoint, Nothing, json_answer
from spanlake.web.catalog_thread import with_catalog

_TAG = "datasets"
_ONE = "/datasets/{dataset}"
_RECORD = f"{_ONE}/records/{{record_id}}"
_LARGE = 32 << 20


async def _list(call: Call[DatasetsQuery, Nothing]) -> Response:
    found = await with_catalog(call.services, list_datasets)
    wanted = call.query.experiment
    return json_answer({"datasets": [each for each in found if wanted in (None, each.experiment)]})


async def _post(call: Call[Nothing, NewDataset]) -> Response:
    new = call.body.model_dump()
    name = new.pop("name")
    return json_answer(
        await with_catalog(call.services, lambda catalog: create_dataset(catalog, name, **new))
    )


async def _get(call: Call[DatasetVersionQuery, Nothing]) -> Response:
    def read(catalog: Catalog) -> tuple[DatasetAt, dict[str, int], list[DatasetVersion]]:
        at = _at(catalog, call.path["dataset"], call.query.version)
        return at, count_splits(catalog, at), list_versions(catalog, at.dataset.dataset_id)

    at, splits, versions = await with_catalog(call.services, read)
    return json_answer(
        {
            "dataset": at.dataset,
            "version": at.version,
            "digest": at.digest,
            "record_count": at.record_count,
            "splits": splits,
            "versions": versions,
        }
    )


async def _delete(call: Call[Nothing, Nothing]) -> Response:
    def delete(catalog: Catalog) -> Dataset:
        found = get_dataset(catalog, call.path["dataset"])
        delete_dataset(catalog, found.dataset_id, actor=call.principal)
        return found

    return json_answer({"dataset": await with_catalog(call.services, delete)})


async def _records(call: Call[RecordsQuery, Nothing]) -> Response:
    asked = call.query

    def read(catalog: Catalog) -> tuple[DatasetAt, RecordPage]:
        at = _at(catalog, call.path["dataset"], asked.version)
        page = search_records(
            catalog,
            at,
            text=asked.text,
            split=asked.split,
            offset=asked.offset,
            limit=asked.limit,
        )
        return at, page

    at, page = await with_catalog(call.services, read)
    return json_answer({"version": at.version, "records": page.records, "total": page.total})


async def _post_records(call: Call[Nothing, NewRecords]) -> Response:
    rows = [each.model_dump(exclude_unset=True) for each in call.body.records]
    merged = await with_catalog(
        call.services,
        lambda catalog: merge_records(
            catalog, call.path["dataset"], read_records(rows), note=call.body.note
        ),
    )
    return json_answer(merged)


async def _get_record(call: Call[DatasetVersionQuery, Nothing]) -> Response:
    def read(catalog: Catalog) -> dict[str, Any]:
        at = _at(catalog, call.path["dataset"], call.query.version)
        return asdict(get_record(catalog, at, call.path["record_id"]))

    return json_answer(await with_catalog(call.services, read))


async def _put_record(call: Call[Nothing, RecordReplacement]) -> Response:
    new = call.body
    record = read_record(new.record.model_dump(exclude={"source"}), "record")

    def replace(catalog: Catalog) -> Merged:
        return replace_record(
            catalog,
            call.path["dataset"],
            call.path["record_id"],
            record,
            digest=new.digest,
            note=new.note,
        )

    merged = await with_catalog(call.services, replace)
    return json_answer({"record_id": record.record_id, **asdict(merged)})


async def _delete_record(call: Call[RecordDeletion, Nothing]) -> Response:
    def delete(catalog: Catalog) -> Dataset:
        at = _at(catalog, call.path["dataset"], None)
        found = get_record(catalog, at, call.path["record_id"])
        name = at.dataset.dataset_id
        delete_records(catalog, name, [found.record_id], note=call.query.note)
        return get_dataset(catalog, name)

    return json_answer({"dataset": await with_catalog(call.services, delete)})


async def _diff(call: Call[DiffQuery, Nothing]) -> Response:
    asked = call.query

    def read(catalog: Catalog) -> tuple[int, list[RecordChange]]:
        dataset = get_dataset(catalog, call.path["dataset"])
        after = dataset.version if asked.after is None else asked.after
        return after, diff_versions(catalog, dataset, asked.before, after)

    after, changes = await with_catalog(call.services, read)
    return json_answer({"before": asked.before, "after": after, "changes": changes})


def _at(catalog: Catalog, name: str, version: int | None) -> DatasetAt:
    return at_version(catalog, get_dataset(catalog, name), version)


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="GET",
        path="/datasets",
        tag=_TAG,
        permission=Permission.READ,
        summary="Every dataset, by name.",
        handle=_list,
        query=DatasetsQuery,
        body=Nothing,
        answers={200: "`datasets`."},
    ),
    Endpoint(
        method="POST",
        path="/datasets",
        tag=_TAG,
        permission=Permission.EDIT,
        summary="Make a dataset of a name that none has.",
        handle=_post,
        query=Nothing,
        body=NewDataset,
        answers={200: "The dataset."},
    ),
    Endpoint(
        method="GET",
        path=_ONE,
        tag=_TAG,
        permission=Permission.READ,
        summary="One dataset by its name, or by its id where the name has a slash in it.",
        handle=_get,
        query=DatasetVersionQuery,
        body=Nothing,
        answers={200: "`dataset`, and the `splits` and `versions` it has."},
    ),
    Endpoint(
        method="DELETE",
        path=_ONE,
        tag=_TAG,
        permission=Permission.EDIT,
        summary="Remove a dataset with all its versions; runs keep their results.",
        handle=_delete,
        query=Nothing,
        body=Nothing,
        answers={200: "The `dataset` it was."},
    ),
    Endpoint(
        method="GET",
        path=f"{_ONE}/records",
        tag=_TAG,
        permission=Permission.READ,
        summary="Records of a version, in the order they came.",
        handle=_records,
        query=RecordsQuery,
        body=Nothing,
        answers={200: "`records`, and the `total` there are."},
    ),
    Endpoint(
        method="POST",
        path=f"{_ONE}/records",
        tag=_TAG,
        permission=Permission.EDIT,
        summary="Merge records into a dataset, all or none, as its next version.",
        handle=_post_records,
        query=Nothing,
        body=NewRecords,
        answers={200: "The `version` they are in, and how many were `added` and `changed`."},
        max_body=_LARGE,
    ),
    Endpoint(
        method="GET",
        path=_RECORD,
        tag=_TAG,
        permission=Permission.READ,
        summary="One record of a version.",
        handle=_get_record,
        query=DatasetVersionQuery,
        body=Nothing,
        answers={200: "The record."},
    ),
    Endpoint(
        method="PUT",
        path=_RECORD,
        tag=_TAG,
        permission=Permission.EDIT,
        summary="Let a record say exactly this, from the next version on.",
        handle=_put_record,
        query=Nothing,
        body=RecordReplacement,
        answers={200: "Its `record_id`, which is another one with other inputs."},
        max_body=_LARGE,
    ),
    Endpoint(
        method="DELETE",
        path=_RECORD,
        tag=_TAG,
        permission=Permission.EDIT,
        summary="Take a record out, from the next version on; earlier ones keep it.",
        handle=_delete_record,
        query=RecordDeletion,
        body=Nothing,
        answers={200: "The `dataset` as it is now."},
    ),
    Endpoint(
        method="GET",
        path=f"{_ONE}/diff",
        tag=_TAG,
        permission=Permission.READ,
        summary="What is different in the records of one version since another.",
        handle=_diff,
        query=DiffQuery,
        body=Nothing,
        answers={200: "`changes`: the records that were added, changed and removed."},
    ),
)
