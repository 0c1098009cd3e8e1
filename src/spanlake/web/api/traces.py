"""`/api/v1/traces`: traces as SQL sees them, for programs without SQL."""

from typing import Any

from orjson import Fragment
from pydantic import Field
from starlette.responses import Response

from spanlake.entities.access import Permission
from spanlake.errors import ForbiddenError
from spanlake.storage.page_cursor import Cursor
from spanlake.storage.trace_json import TracesChosen, trace_json, traces_page
from spanlake.web.api.endpoint import Call, Endpoint, Model, Moment, Nothing, json_answer

_TAG = "traces"


class TracesQuery(Model):
    """Which traces: those that are all of this."""

    filter: str | None = Field(
        None,
        max_length=10_000,
        description="In the filter language, such as `status = 'ERROR' AND tokens > 1000`.",
    )
    since: Moment | None = Field(None, description="Started then or later.")
    until: Moment | None = Field(None, description="Started before then.")
    experiment: str | None = None
    session_id: str | None = None
    limit: int = Field(50, ge=1, le=1000)
    cursor: str | None = Field(None, description="The `next` of the page before.")


class SpansQuery(Model):
    """Which spans of the trace, in the order they started."""

    limit: int = Field(1000, ge=1, le=10_000)
    offset: int = Field(0, ge=0, le=2**31)


async def _list(call: Call[TracesQuery, Nothing]) -> Response:
    asked = call.query.model_dump()
    limit, cursor = asked.pop("limit"), asked.pop("cursor")
    only = call.principal.experiment
    if only is not None and asked["experiment"] not in (None, only):
        raise ForbiddenError(f"experiment is {asked['experiment']!r}: this key is for {only!r}")
    asked["experiment"] = only or asked["experiment"]
    chosen, before = TracesChosen(**asked), Cursor.parse(cursor) if cursor else None
    page = await call.services.lakes.ask(
        lambda lake: traces_page(lake, chosen, limit=limit, before=before)
    )
    return json_answer(
        {
            "traces": [Fragment(row) for row in page.rows],
            "next": page.following and str(page.following),
        }
    )


async def _get(call: Call[SpansQuery, Nothing]) -> Response:
    wanted, asked, only = call.path["trace_id"], call.query, call.principal.experiment
    found = await call.services.lakes.ask(
        lambda lake: trace_json(lake, wanted, limit=asked.limit, offset=asked.offset, only=only)
    )
    return json_answer(
        {
            "trace": Fragment(found.trace),
            "spans": [Fragment(row) for row in found.spans],
            "assessments": [Fragment(row) for row in found.assessments],
        }
    )


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="GET",
        path="/traces",
        tag=_TAG,
        permission=Permission.READ,
        by_experiment=True,
        summary="Traces, the newest first: rows of the view `traces`.",
        handle=_list,
        query=TracesQuery,
        body=Nothing,
        answers={200: "`traces`, and `next` if there are more."},
    ),
    Endpoint(
        method="GET",
        path="/traces/{trace_id}",
        tag=_TAG,
        permission=Permission.READ,
        by_experiment=True,
        summary="One trace, with its spans and all that was said of it.",
        handle=_get,
        query=SpansQuery,
        body=Nothing,
        answers={200: "`trace`, `spans` (rows of the view) and `assessments`."},
    ),
)
