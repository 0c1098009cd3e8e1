"""The HTTP API of a server, for Python programs that have no way to its data."""

import os
import time
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import orjson

from spanlake.errors import NotFoundError, SpanlakeError, UserError

KEY_VARIABLE = "SPANLAKE_KEY"
"""Where the key is, for a server that asks for one."""

_SECONDS = 60.0
_BUSY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
_LONGEST_WAIT = 30.0
_LONGEST_DETAIL = 1 << 20
_BAD_REQUEST = range(400, 500)


class ServerError(SpanlakeError):
    """A server that did not do what it was asked; it may later."""


def is_server(place: str) -> bool:
    """Whether a place of data is a server rather than a directory or bucket."""
    return place.startswith(("http://", "https://"))


class ServerApi:
    """`/api/v1` of a server. url: such as http://localhost:4318."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def ask(self, method: str, path: str, body: object = None) -> bytes:
        """The answer to a request; one that is busy is asked again for half a minute.

        path: below /api/v1. body: plain JSON values. UserError and NotFoundError for what the
        server refuses, with its words; ServerError else.
        """
        until = time.monotonic() + _LONGEST_WAIT
        while True:
            try:
                return self._once(method, path, body)
            except HTTPError as error:
                if error.code in _BUSY and time.monotonic() < until:
                    time.sleep(_seconds(error))
                    continue
                detail = _detail(error)
                if error.code == HTTPStatus.NOT_FOUND:
                    raise NotFoundError(detail) from None
                if error.code == HTTPStatus.UNAUTHORIZED:
                    detail = f"{detail}; ${KEY_VARIABLE} is where Python looks for it"
                if error.code in _BAD_REQUEST:
                    raise UserError(detail) from None
                raise ServerError(f"{self.url}: {detail}") from None
            except (URLError, HTTPException, OSError) as error:
                raise self.not_understood(error) from None

    def ask_json(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401  # any JSON
        """The same for an answer that is JSON."""
        answer = self.ask(method, path, body)
        try:
            return orjson.loads(answer)
        except ValueError as error:
            raise self.not_understood(error) from None

    def not_understood(self, error: Exception) -> ServerError:
        """The error of an answer that no Spanlake server gives."""
        return ServerError(f"{self.url} does not answer as a Spanlake server: {error}")

    def _once(self, method: str, path: str, body: object) -> bytes:
        headers = {"Content-Type": "application/json"}
        if key := os.environ.get(KEY_VARIABLE):
            headers["Authorization"] = f"Bearer {key}"
        request = Request(  # noqa: S310  # http or https, as the caller saw
            f"{self.url}/api/v1{path}",
            method=method,
            data=None if body is None else orjson.dumps(body),
            headers=headers,
        )
        with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310  # the same
            whole: bytes = answer.read()
        return whole


def _seconds(error: HTTPError) -> float:
    after = error.headers.get("Retry-After", "")
    return min(float(after), _LONGEST_WAIT) if after.isdigit() else 1.0


def _detail(error: HTTPError) -> str:
    try:
        return str(orjson.loads(error.read(_LONGEST_DETAIL))["detail"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"{error.code} {error.reason}"
