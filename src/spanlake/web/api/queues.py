"""`/api/v1/queues`: labeling sessions: what is in them, and how far they are."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from spanlake.entities.access import Permission
from spanlake.entities.review import ReviewQueue
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.labels.items import list_items, remove_items
from spanlake.storage.catalog.labels.queues import (
    assign_users,
    close_queue,
    create_queue,
    delete_queue,
    get_queue,
    list_queues,
    reopen_queue,
)
from spanlake.web.api.endpoint import Call, Endpoint, Nothing, json_answer
from spanlake.web.api.queue_models import (
    ItemsQuery,
    NewItems,
    NewQueue,
    QueueChange,
    SyncTarget,
    queue_values,
)
from spanlake.web.catalog_thread import with_catalog
from spanlake.web.review_work import ReviewWork

_TAG = "queues"
_ONE = "/queues/{queue}"


async def _post(call: Call[Nothing, NewQueue]) -> Response:
    plan = call.body.plan(call.principal.source_id)
    made = await with_catalog(call.services, lambda catalog: create_queue(catalog, plan))
    return json_answer(queue_values(made), HTTPStatus.CREATED)


async def _list(call: Call[Nothing, Nothing]) -> Response:
    found = await with_catalog(call.services, list_queues)
    return json_answer({"queues": [queue_values(each) for each in found]})


async def _get(call: Call[Nothing, Nothing]) -> Response:
    name = call.path["queue"]
    found = await with_catalog(call.services, lambda catalog: get_queue(catalog, name))
    return json_answer(queue_values(found))


async def _put(call: Call[Nothing, QueueChange]) -> Response:
    name, change = call.path["queue"], call.body

    def work(catalog: Catalog) -> ReviewQueue:
        found = get_queue(catalog, name)
        if change.assigned_users is not None or change.reviewers_per_item is not None:
            users = found.assigned_users if change.assigned_users is None else change.assigned_users
            asked = change.reviewers_per_item
            found = assign_users(catalog, name, users, reviewers_per_item=asked)
        if change.closed is not None:
            found = (close_queue if change.closed else reopen_queue)(catalog, name)
        return found

    return json_answer(queue_values(await with_catalog(call.services, work)))


async def _delete(call: Call[Nothing, Nothing]) -> Response:
    name = call.path["queue"]
    await with_catalog(
        call.services, lambda catalog: delete_queue(catalog, name, actor=call.principal)
    )
    return json_answer({"name": name})


async def _post_items(call: Call[Nothing, NewItems]) -> Response:
    added = await ReviewWork(call.services).add(call.path["queue"], call.body.chosen())
    return json_answer(asdict(added))


async def _fill(call: Call[Nothing, Nothing]) -> Response:
    return json_answer(asdict(await ReviewWork(call.services).fill(call.path["queue"])))


async def _list_items(call: Call[ItemsQuery, Nothing]) -> Response:
    asked, name = call.query, call.path["queue"]
    found = await with_catalog(
        call.services,
        lambda catalog: list_items(
            catalog, name, status=asked.status, limit=asked.limit, offset=asked.offset
        ),
    )
    return json_answer({"items": found})


async def _delete_item(call: Call[Nothing, Nothing]) -> Response:
    name, item_id = call.path["queue"], call.path["item"]
    count = await with_catalog(
        call.services, lambda catalog: remove_items(catalog, name, [item_id])
    )
    return json_answer({"removed": count})


async def _sync(call: Call[Nothing, SyncTarget]) -> Response:
    synced = await ReviewWork(call.services).sync(call.path["queue"], call.body.dataset)
    return json_answer(asdict(synced))


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="POST",
        path="/queues",
        tag=_TAG,
        permission=Permission.EDIT,
        summary="Make a queue of questions to ask of traces or sessions.",
        handle=_post,
        query=Nothing,
        body=NewQueue,
        answers={201: "The queue."},
    ),
    Endpoint(
        method="GET",
        path="/queues",
        tag=_TAG,
        permission=Permission.READ,
        summary="Every queue, the newest first, with how far it is.",
        handle=_list,
        query=Nothing,
        body=Nothing,
        answers={200: "`queues`."},
    ),
    Endpoint(
        method="GET",
        path=_ONE,
        tag=_TAG,
        permission=Permission.READ,
        summary="One queue, by its name or id.",
        handle=_get,
        query=Nothing,
        body=Nothing,
        answers={200: "The queue."},
    ),
    Endpoint(
        method="PUT",
        path=_ONE,
        tag=_TAG,
        permission=Permission.EDIT,
        summary="Assign reviewers anew, close the queue or open it again.",
        handle=_put,
        query=Nothing,
        body=QueueChange,
        answers={200: "The queue."},
    ),
    Endpoint(
        method="DELETE",
        path=_ONE,
        tag=_TAG,
        permission=Permission.EDIT,
        summary="Remove a queue with its items; assessments stay.",
        handle=_delete,
        query=Nothing,
        body=Nothing,
        answers={200: "Its `name`."},
    ),
    Endpoint(
        method="POST",
        path=f"{_ONE}/items",
        tag=_TAG,
        permission=Permission.EDIT,
        summary="Put traces or whole sessions in, by ids or a filter; each is in a queue once.",
        handle=_post_items,
        query=Nothing,
        body=NewItems,
        answers={200: "How many were `added`, and how many `known`."},
    ),
    Endpoint(
        method="POST",
        path=f"{_ONE}/fill",
        tag=_TAG,
        permission=Permission.EDIT,
        summary="Let the queue's rule bring what it is for, now.",
        handle=_fill,
        query=Nothing,
        body=Nothing,
        answers={200: "How many were `added`."},
    ),
    Endpoint(
        method="GET",
        path=f"{_ONE}/items",
        tag=_TAG,
        permission=Permission.READ,
        summary="Items of a queue in their order, with their status.",
        handle=_list_items,
        query=ItemsQuery,
        body=Nothing,
        answers={200: "`items`."},
    ),
    Endpoint(
        method="DELETE",
        path=f"{_ONE}/items/{{item}}",
        tag=_TAG,
        permission=Permission.EDIT,
        summary="Take an item out.",
        handle=_delete_item,
        query=Nothing,
        body=Nothing,
        answers={200: "How many were `removed`."},
    ),
    Endpoint(
        method="POST",
        path=f"{_ONE}/sync",
        tag=_TAG,
        permission=Permission.EDIT,
        summary="Merge what the labels expect of each item into a dataset.",
        handle=_sync,
        query=Nothing,
        body=SyncTarget,
        answers={200: "The `dataset` and its `version`, and what became of its records."},
    ),
)
