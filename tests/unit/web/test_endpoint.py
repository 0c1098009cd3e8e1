"""What an operation of the API answers when something goes wrong."""

import asyncio
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.responses import Response

from spanlake.entities.access import Permission
from spanlake.errors import NotFoundError, OverloadedError, UserError
from spanlake.storage.catalog.failure import CatalogError
from spanlake.storage.catalog.location import default_location
from spanlake.storage.hot import CommitError
from spanlake.web.api.endpoint import Call, Endpoint, Nothing
from spanlake.web.api.routes import api_routes
from spanlake.web.lake_pool import SlowQuestionError
from spanlake.web.services import Services


def answer_of(data: Path, error: Exception, **headers: str) -> httpx2.Response:
    """What a client hears when the work of an operation raises this."""

    async def fail(_: Call[Nothing, Nothing]) -> Response:
        raise error

    endpoint = Endpoint(
        method="GET",
        path="/x",
        tag="x",
        permission=Permission.READ,
        summary="x",
        handle=fail,
        query=Nothing,
        body=Nothing,
    )

    async def ask(services: Services) -> httpx2.Response:
        app = Starlette(routes=api_routes(services, [endpoint]))
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get("/api/v1/x", headers=headers)

    location = default_location(data)
    with Services.of(data, location, allowed_origins=(), is_local=True) as services:
        return asyncio.run(ask(services))


@pytest.mark.parametrize(
    ("error", "status", "detail", "retry"),
    [
        (UserError("name is 5: must be text; correct it"), 400, "name is 5", None),
        (NotFoundError("x: not there; look"), 404, "x: not there", None),
        (CatalogError("the catalog is down; check it"), 503, "the catalog is down", "1"),
        (OverloadedError("too many", retry_after=2.5), 503, "too many; send it again", "3"),
        (CommitError("assessments: disk full"), 503, "assessments: disk full; send it", "1"),
        (SlowQuestionError("took more than 30 s"), 504, "took more than 30 s", None),
        (ZeroDivisionError("oh"), 500, "this is a fault in Spanlake; please report it", None),
    ],
)
def test_errors(
    tmp_path: Path, error: Exception, status: int, detail: str, retry: str | None
) -> None:
    """An error is a problem whose status says whose it is and whether to come again."""
    answer = answer_of(tmp_path, error)
    assert (answer.status_code, answer.headers.get("retry-after")) == (status, retry)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith(detail)


def test_a_request_for_another_host_does_nothing(tmp_path: Path) -> None:
    """A refused request does not reach the work."""
    assert answer_of(tmp_path, ZeroDivisionError(), host="evil.example").status_code == 403
