"""HTTP to a provider: one bounded request, one bounded reply, and errors that say what to do."""

import asyncio
import re
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache, lru_cache
from urllib.request import getproxies

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
_OK = range(200, 300)
_SECONDS = re.compile(r"\d{1,9}(\.\d*)?")


class Transport:
    """Sends JSON over connections that are kept. For one event loop.

    timeout: seconds for a whole reply, however slowly it drips.
    """

    def __init__(self, timeout: float = DEFAULT_TIMEOUT, max_bytes: int = MAX_REPLY_BYTES) -> None:
        self._timeout = timeout
        self._max_bytes = max_bytes
        # Each has one connection: a pool of many looks through all of them for each request.
        self._clients: list[httpx2.AsyncClient] = []
        self._idle: list[httpx2.AsyncClient] = []

    async def post(
        self, model: ModelName, url: str, headers: Mapping[str, str], body: bytes
    ) -> bytes:
        """Return the body of a reply with a 2xx status. ModelError for any other outcome."""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "spanlake",
            "Accept-Encoding": "identity",  # replies are small, and what is not packed is no bomb
            **headers,
        }
        client = self._idle.pop() if self._idle else self._new_client()
        try:
            async with asyncio.timeout(self._timeout):
                request = httpx2.Request("POST", _parsed(url), headers=headers, content=body)
                response = await client.send(request, stream=True)
                try:
                    content = await self._read(model, response)
                finally:
                    await response.aclose()
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
        finally:
            self._idle.append(client)
        if response.status_code not in _OK:
            waits = retry_after(response.headers, datetime.now(UTC))
            raise refusal(model, response.status_code, content, waits)
        return content

    def _new_client(self) -> httpx2.AsyncClient:
        client = httpx2.AsyncClient(
            verify=_tls(),
            # A reply as a whole has its time.
            timeout=httpx2.Timeout(None, connect=_CONNECT_TIMEOUT),
            # Without any in its environment it need not be asked again for each client.
            trust_env=bool(getproxies()),
            follow_redirects=False,
        )
        self._clients.append(client)
        return client

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


@lru_cache(maxsize=64)
def _parsed(url: str) -> httpx2.URL:
    """Read a URL once; a run has few. Raises httpx2.InvalidURL."""
    return httpx2.URL(url)


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
