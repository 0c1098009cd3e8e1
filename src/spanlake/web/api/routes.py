"""All operations of the API, and their description."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from spanlake.access.routes import GuardedRoute
from spanlake.entities.access import Permission
from spanlake.web.api import (
    assessments,
    datasets,
    labels,
    queues,
    runs,
    saved_queries,
    schemas,
    sql,
    traces,
    versions,
)
from spanlake.web.api.endpoint import PREFIX, Call, Endpoint, Nothing, json_answer
from spanlake.web.api.openapi import describe
from spanlake.web.api.problems import problem_of
from spanlake.web.services import Services


async def _openapi(_: Call[Nothing, Nothing]) -> Response:
    return json_answer(describe(ENDPOINTS))


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    *assessments.ENDPOINTS,
    *traces.ENDPOINTS,
    *sql.ENDPOINTS,
    *versions.ENDPOINTS,
    *runs.ENDPOINTS,
    *datasets.ENDPOINTS,
    *saved_queries.ENDPOINTS,
    *schemas.ENDPOINTS,
    *queues.ENDPOINTS,
    *labels.ENDPOINTS,
    Endpoint(
        method="GET",
        path="/openapi.json",
        tag="api",
        permission=Permission.READ,
        summary="This description.",
        handle=_openapi,
        query=Nothing,
        body=Nothing,
        answers={200: "An OpenAPI 3.1 document."},
    ),
)


def api_routes(
    services: Services, endpoints: Sequence[Endpoint[Any, Any]] = ENDPOINTS
) -> list[BaseRoute]:
    """A route a path, so that it knows all its methods."""
    by_path: dict[str, dict[str, Endpoint[Any, Any]]] = {}
    for each in endpoints:
        by_path.setdefault(each.path, {})[each.method] = each
    return [_route(services, path, operations) for path, operations in by_path.items()]


def _route(
    services: Services, path: str, operations: Mapping[str, Endpoint[Any, Any]]
) -> GuardedRoute:
    async def serve(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await operations[method].serve(services, request)

    return GuardedRoute(
        f"{PREFIX}{path}",
        serve,
        gate=services.access.gate,
        policies={method: each.policy for method, each in operations.items()},
        refused=lambda _, error: problem_of(error),
    )
