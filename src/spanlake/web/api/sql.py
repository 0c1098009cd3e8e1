"""`/api/v1/sql`: a query's answer as JSON or an Arrow stream, from a process of its own."""

from typing import Any

from pydantic import Field
from starlette.responses import Response

from spanlake.access.principal import hidden_views
from spanlake.entities.access import Permission
from spanlake.storage.results.formats import ResultFormat
from spanlake.web.api.endpoint import Call, Endpoint, Model, Nothing
from spanlake.web.sql_process.answer import streamed_answer


class Query(Model):
    """A question."""

    query: str = Field(
        min_length=1,
        max_length=100_000,
        description="One SELECT in DuckDB's dialect, over the views; it can change nothing.",
    )
    format: ResultFormat = Field("json", description="json is an array with an object a row.")


async def _post(call: Call[Nothing, Query]) -> Response:
    asked = call.body
    return await streamed_answer(
        call.services.queries, asked.query, asked.format, hidden_views(call.principal)
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
