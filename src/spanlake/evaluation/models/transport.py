"""HTTP to a provider: one bounded request, one bounded reply, and errors that say what to do."""

import asyncio
import itertools
import re
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache

import httpx2

from spanlake.evaluation.models.errors import (
    ModelTimeoutError,
    ReplyTooLargeError,
    UnavailableError,
)
from spanlake.evaluation.models.name import ModelName
from spanlake.evaluation.models.refusals import refusal

MAX_REPLY_BYTES = 8 << 20
DEFAULT_TIMEOUT = 120.0
_CONNECT_TIMEOUT = 10.0
_POOLS = 64
"""A pool looks through all of its connections for each request, so that 256 want many pools."""
_OK = range(200, 300)
_SECONDS = re.compile(r"\d{1,9}(\.\d*)?")


class Transport:
    """Sends JSON over connections that are kept. For one event loop.

    timeout: seconds for a whole reply, however slowly it drips.
    """

    def __init__(self, timeout: float = DEFAULT_TIMEOUT, max_bytes: int = MAX_REPLY_BYTES) -> None:
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._clients = [
            httpx2.AsyncClient(
                verify=_tls(),
                timeout=httpx2.Timeout(timeout, connect=_CONNECT_TIMEOUT, pool=None),
                # How many requests there are at once is for the limiter to say.
                limits=httpx2.Limits(max_connections=None, max_keepalive_connections=None),
                follow_redirects=False,
            )
            for _ in range(_POOLS)
        ]
        self._turns = itertools.cycle(self._clients)

    async def post(
        self, model: ModelName, url: str, headers: Mapping[str, str], body: bytes
    ) -> bytes:
        """Return the body of a reply with a 2xx status. ModelError for any other outcome."""
        headers = {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",  # replies are small, and what is not packed is no bomb
            **headers,
        }
        try:
            async with (
                asyncio.timeout(self._timeout),
                next(self._turns).stream("POST", url, headers=headers, content=body) as response,
            ):
                content = await self._read(model, response)
        except (TimeoutError, httpx2.TimeoutException):
            raise ModelTimeoutError(
                f"{model} gave no whole reply within {self._timeout:g} s; it is tried again, "
                "and a longer timeout can be set"
            ) from None
        except httpx2.InvalidURL as error:
            raise UnavailableError(f"{model}: {url!r} is no URL: {error}") from None
        except httpx2.RequestError as error:
            reason = str(error) or type(error).__name__
            raise UnavailableError(f"{model} cannot be reached at {url}: {reason}") from None
        if response.status_code not in _OK:
            waits = retry_after(response.headers, datetime.now(UTC))
            raise refusal(model, response.status_code, content, waits)
        return content

    async def _read(self, model: ModelName, response: httpx2.Response) -> bytes:
        content = bytearray()
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > self._max_bytes:
                raise ReplyTooLargeError(
                    f"{model} sent more than {self._max_bytes} bytes, which is the limit of a "
                    "reply; ask for fewer tokens"
                )
        return bytes(content)

    async def aclose(self) -> None:
        """Close the connections."""
        for client in self._clients:
            await client.aclose()


@cache
def _tls() -> ssl.SSLContext:
    """Read the certificates once; that takes a quarter of a second."""
    return httpx2.create_ssl_context()


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """How many seconds a provider asks to wait, by any of the headers that say so."""
    milliseconds = headers.get("retry-after-ms", "")
    if milliseconds.isdecimal():
        return int(milliseconds) / 1000
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max((moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds(), 0.0)
