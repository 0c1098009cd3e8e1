"""The pages over a lake, in this process: GET and POST without a socket, and their HTML read."""

import asyncio
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2
from starlette.applications import Starlette

from spanlake.storage.catalog.location import default_location
from spanlake.web.pages.routes import page_routes
from spanlake.web.services import Services


@dataclass
class Page:
    """HTML as a browser would see it. elements: of each its name and attributes."""

    html: str
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        reader = _Reader(self)
        reader.feed(self.html)
        reader.close()
        self.text = " ".join(self.text.split())

    def find(self, name: str, **attributes: str) -> list[dict[str, str]]:
        """The attributes of the elements of a name that have these; `_` at the end is left out."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [
            found for tag, found in self.elements if tag == name and wanted.items() <= found.items()
        ]

    def links(self, start: str) -> list[str]:
        """The targets of links that begin so, in order."""
        return [
            found["href"] for found in self.find("a") if found.get("href", "").startswith(start)
        ]


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__(convert_charrefs=True)
        self._page = page
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._page.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._silent += tag in {"script", "style", "title"}

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style", "title"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._page.text += f" {data}"


class Browser:
    """Asks for the pages of a data directory."""

    def __init__(self, data: Path) -> None:
        self._runner = asyncio.Runner()
        self._services = Services.of(
            data, default_location(data), allowed_origins=(), is_local=True
        )
        self._client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=Starlette(routes=page_routes(self._services))),
            base_url="http://localhost:4318",
            timeout=60,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._runner.run(self._client.aclose())
        self._services.__exit__(kind, error, traceback)
        self._runner.close()

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx2.Response:
        """The answer to a GET."""
        return self._runner.run(self._client.get(path, headers=headers or {}))

    def post(
        self, path: str, form: dict[str, str], headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        """The answer to a form that is sent."""
        return self._runner.run(self._client.post(path, data=form, headers=headers or {}))

    def forget(self) -> None:
        """Lose the cookies, as another browser has none."""
        self._client.cookies.clear()

    def page(self, path: str) -> Page:
        """A page, which has to be there."""
        response = self.get(path)
        assert response.status_code == 200, f"{path}: {response.status_code}\n{response.text[:800]}"
        return Page(response.text)

    def part(self, path: str, target: str) -> Page:
        """A part of a page, as htmx asks for it. target: the id of the element it is for."""
        response = self.get(path, {"hx-request": "true", "hx-target": target})
        assert response.status_code == 200, response.text[:800]
        return Page(response.text)
