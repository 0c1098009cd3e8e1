"""The JSON body of a request, bounded in size and time."""

import asyncio

import orjson
from starlette.requests import Request

from spanlake.errors import MalformedError, SlowBodyError, TooLargeError, UnsupportedMediaError

_SECONDS = 30.0


async def read_json(request: Request, *, limit: int) -> object:
    """The value of a body of at most `limit` bytes. Raises RequestError, ClientDisconnect.

    Only JSON by name: a form or plain text is what a page of another site could send unasked.
    """
    declared = request.headers.get("content-type", "")
    if declared.partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaError(
            f"Content-Type is {declared[:80]!r}: must be application/json; set that header"
        )
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise UnsupportedMediaError("Content-Encoding must be left out; send plain JSON")
    try:
        async with asyncio.timeout(_SECONDS):
            content = await _read(request, limit)
    except TimeoutError:
        raise SlowBodyError(f"the body took more than {_SECONDS:g} s; send it again") from None
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise MalformedError(f"the body is no JSON ({error}); correct it") from None


async def _read(request: Request, limit: int) -> bytes:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit:
        raise TooLargeError(f"Content-Length is {length}: the limit is {limit} bytes; send less")
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise TooLargeError(f"the body is over {limit} bytes; send less")
        pieces.append(piece)
    return b"".join(pieces)
