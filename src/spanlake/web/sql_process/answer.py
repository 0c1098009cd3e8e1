"""A query's whole answer as the body of a response, in any of the formats."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack

from starlette.background import BackgroundTask
from starlette.responses import StreamingResponse

from spanlake.storage.results.formats import ResultFormat
from spanlake.web.sql_process.processes import SqlProcesses

MEDIA_TYPES: Mapping[ResultFormat, str] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}


async def streamed_answer(
    processes: SqlProcesses,
    query: str,
    output_format: ResultFormat,
    hidden: Collection[str],
    *,
    headers: Mapping[str, str] | None = None,
) -> StreamingResponse:
    """The answer as it comes. QueryError for a query that has none.

    hidden: views of the catalog that may not be asked. headers: further ones of the response.
    """
    # The answer outlives this function, and so does the process that gives it.
    stack = AsyncExitStack()
    pieces = await stack.enter_async_context(processes.download(query, output_format, hidden))

    async def body() -> AsyncIterator[bytes]:
        async with stack:
            async for piece in pieces:
                yield piece

    return StreamingResponse(
        body(),
        media_type=MEDIA_TYPES[output_format],
        headers={
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            **(headers or {}),
        },
        # Who asks once asks again, and need not wait for a process to start.
        background=BackgroundTask(processes.prepare),
    )
