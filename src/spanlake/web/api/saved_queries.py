"""`/api/v1/saved-queries`: queries that people keep under a name."""

from typing import Any

from pydantic import Field
from starlette.responses import Response

from spanlake.entities.access import Permission
from spanlake.storage.catalog.saved_queries import (
    delete_query,
    get_query,
    list_queries,
    save_query,
)
from spanlake.web.api.endpoint import Call, Endpoint, Model, Nothing, json_answer
from spanlake.web.catalog_thread import with_catalog

_TAG = "saved queries"
_ONE = "/saved-queries/{query_id}"


class NewSavedQuery(Model):
    """A query to keep."""

    name: str = Field(max_length=200, description="The one that has this name is replaced.")
    query: str = Field(max_length=100_000, description="One SELECT; it is checked when it runs.")


async def _post(call: Call[Nothing, NewSavedQuery]) -> Response:
    new = call.body
    return json_answer(
        await with_catalog(call.services, lambda catalog: save_query(catalog, new.name, new.query))
    )


async def _list(call: Call[Nothing, Nothing]) -> Response:
    return json_answer({"queries": await with_catalog(call.services, list_queries)})


async def _get(call: Call[Nothing, Nothing]) -> Response:
    wanted = call.path["query_id"]
    return json_answer(
        await with_catalog(call.services, lambda catalog: get_query(catalog, wanted))
    )


async def _delete(call: Call[Nothing, Nothing]) -> Response:
    wanted = call.path["query_id"]
    return json_answer(
        await with_catalog(call.services, lambda catalog: delete_query(catalog, wanted))
    )


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="GET",
        path="/saved-queries",
        tag=_TAG,
        permission=Permission.READ,
        summary="Every saved query, by name.",
        handle=_list,
        query=Nothing,
        body=Nothing,
        answers={200: "`queries`."},
    ),
    Endpoint(
        method="POST",
        path="/saved-queries",
        tag=_TAG,
        permission=Permission.EDIT,
        summary="Keep a query under a name.",
        handle=_post,
        query=Nothing,
        body=NewSavedQuery,
        answers={200: "The query."},
    ),
    Endpoint(
        method="GET",
        path=_ONE,
        tag=_TAG,
        permission=Permission.READ,
        summary="One saved query by its id or name.",
        handle=_get,
        query=Nothing,
        body=Nothing,
        answers={200: "The query."},
    ),
    Endpoint(
        method="DELETE",
        path=_ONE,
        tag=_TAG,
        permission=Permission.EDIT,
        summary="Forget a saved query.",
        handle=_delete,
        query=Nothing,
        body=Nothing,
        answers={200: "The query it was."},
    ),
)
