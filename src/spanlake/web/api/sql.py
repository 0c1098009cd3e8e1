"""`/api/v1/sql`: a query's answer as JSON or an Arrow stream, from a process of its own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

from pydantic import Field
from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse

from spanlake.access.principal import hidden_views
from spanlake.entities.access import Permission
from spanlake.storage.results.formats import ResultFormat
from spanlake.web.api.endpoint import Call, Endpoint, Model, Nothing

MEDIA_TYPES: dict[ResultFormat, str] = {
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}


class Query(Model):
    """A question."""

    query: str = Field(
        min_length=1,
        max_length=100_000,
        description="One SELECT in DuckDB's dialect, over the views; it can change nothing.",
    )
    format: ResultFormat = Field("json", description="json is an array with an object a row.")


async def _post(call: Call[Nothing, Query]) -> Response:
    # The answer outlives this function, and so does the process that gives it.
    stack = AsyncExitStack()
    asked = call.services.queries.download(
        call.body.query, call.body.format, hidden_views(call.principal)
    )
    pieces = await stack.enter_async_context(asked)

    async def body() -> AsyncIterator[bytes]:
        async with stack:
            async for piece in pieces:
                yield piece

    return StreamingResponse(
        body(),
        media_type=MEDIA_TYPES[call.body.format],
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        # Who asks once asks again, and need not wait for a process to start.
        background=BackgroundTask(call.services.queries.prepare),
    )


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="POST",
        path="/sql",
        tag="sql",
        permission=Permission.READ,
        summary="Ask in SQL; of an answer the first million rows.",
        handle=_post,
        query=Nothing,
        body=Query,
        answers={200: "The rows, in the format asked for."},
    ),
)
