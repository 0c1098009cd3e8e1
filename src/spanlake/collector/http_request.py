"""The body of an OTLP/HTTP request, read, bounded and decoded to protobuf."""

import asyncio
from enum import Enum
from typing import NamedTuple

from starlette.requests import Request

from spanlake.collector.budget import Reservation
from spanlake.collector.inflate import gunzip
from spanlake.entities import Signal
from spanlake.errors import SlowBodyError, TooLargeError, UnsupportedMediaError
from spanlake.otlp.json_decode import json_to_protobuf, unused_members

# Below this, decoding in place is cheaper than handing it to a thread.
_SMALL_BODY = 32 << 10
# How much of a document that means nothing to us is quoted to its sender.
_SHOWN_MEMBERS = 3
_SHOWN_LENGTH = 40


class Encoding(Enum):
    """The two encodings of OTLP/HTTP, by media type."""

    PROTOBUF = "application/x-protobuf"
    JSON = "application/json"


class Payload(NamedTuple):
    """A request in protobuf, and what its sender should know though nothing is wrong, else ""."""

    protobuf: bytes
    warning: str = ""


def encoding_of(request: Request) -> Encoding:
    """The encoding a request declares; parameters and case do not matter."""
    declared = request.headers.get("content-type", "")
    media_type = declared.partition(";")[0].strip().lower()
    try:
        return Encoding(media_type)
    except ValueError:
        raise UnsupportedMediaError(
            f"Content-Type is {declared[:80]!r}: must be application/x-protobuf or application/json"
        ) from None


async def read_payload(
    request: Request,
    signal: Signal,
    *,
    held: Reservation,
    limit: int,
    timeout: float,  # noqa: ASYNC109  # of the client, not of the caller
) -> Payload:
    """The body, decompressed and decoded.

    limit: bytes at most, before and after decompression. timeout: seconds for the whole body.
    Raises RequestError, or ClientDisconnect when the client went away before the end.
    """
    encoding = encoding_of(request)
    is_gzip = _is_gzip(request)
    try:
        async with asyncio.timeout(timeout):
            body = await _read(request, held=held, limit=limit)
    except TimeoutError:
        raise SlowBodyError(f"the body took more than {timeout:g} s") from None

    def decode() -> Payload:
        content = gunzip(body, limit=limit) if is_gzip else body
        return _from_json(signal, content) if encoding is Encoding.JSON else Payload(content)

    if not is_gzip and (encoding is Encoding.PROTOBUF or len(body) < _SMALL_BODY):
        return decode()
    payload = await asyncio.to_thread(decode)
    held.grow(len(payload.protobuf))
    return payload


def _from_json(signal: Signal, content: bytes) -> Payload:
    protobuf = json_to_protobuf(signal, content)
    strangers = [] if protobuf else unused_members(signal, content)
    if not strangers:
        return Payload(protobuf)
    shown = ", ".join(name[:_SHOWN_LENGTH] for name in strangers[:_SHOWN_MEMBERS])
    return Payload(protobuf, f"nothing is stored: a request for {signal} has no member {shown}")


def _is_gzip(request: Request) -> bool:
    declared = request.headers.get("content-encoding", "").strip().lower()
    if declared not in ("", "identity", "gzip"):
        raise UnsupportedMediaError(
            f"Content-Encoding is {declared[:80]!r}: must be gzip, or left out"
        )
    return declared == "gzip"


async def _read(request: Request, *, held: Reservation, limit: int) -> bytes:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit:
        raise TooLargeError(f"Content-Length is {length}: the limit is {limit} bytes")
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise TooLargeError(f"the body is over {limit} bytes")
        held.grow(len(piece))
        pieces.append(piece)
    return b"".join(pieces)
