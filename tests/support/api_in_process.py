"""The API over a data directory, in this process and without a socket."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2
from starlette.applications import Starlette

from spanlake.storage.catalog.location import default_location
from spanlake.web.api.routes import api_routes
from spanlake.web.services import Services


class Api:
    """The API; what it raises is raised here."""

    def __init__(self, data: Path) -> None:
        self._services = Services.of(
            data, default_location(data), allowed_origins=(), is_local=True
        )
        app = Starlette(routes=api_routes(self._services))
        self._client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app), base_url="http://localhost", timeout=60
        )
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def request(self, method: str, path: str, **said: Any) -> httpx2.Response:  # noqa: ANN401  # httpx's
        """The answer to a request below /api/v1."""
        return self._runner.run(self._client.request(method, f"/api/v1{path}", **said))

    def json(self, method: str, path: str, **said: Any) -> Any:  # noqa: ANN401  # httpx's, and any JSON
        """The body of an answer that has to be good."""
        answer = self.request(method, path, **said)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def close(self) -> None:
        """Give all of it free."""
        self._runner.run(self._client.aclose())
        self._runner.close()
        self._services.__exit__(None, None, None)
