"""Answers of OTLP over HTTP, in the encoding of the request."""

import math

import grpc
from google.rpc.status_pb2 import Status
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from spanlake.collector.answers import (
    code_of,
    response_json,
    response_of,
    status_json,
    status_message,
    status_of,
)
from spanlake.collector.http_request import Encoding, encoding_of
from spanlake.entities import Receipt, Signal
from spanlake.errors import (
    OverloadedError,
    RequestError,
    UnauthenticatedError,
    UnsupportedMediaError,
)


def success(request: Request, signal: Signal, receipt: Receipt) -> Response:
    """The export response of a request that was accepted."""
    response = response_of(signal, receipt)
    encoding = encoding_of(request)
    body = response_json(response) if encoding is Encoding.JSON else response.SerializeToString()
    return Response(body, media_type=encoding.value)


def failure(request: Request, error: RequestError) -> Response:
    """The refusal of a request, with the time of the next try if there is to be one."""
    headers = {}
    if isinstance(error, UnauthenticatedError):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, OverloadedError):
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    return _answer(request, code_of(error).http, status_of(error), headers)


def not_found(request: Request, message: str) -> Response:
    """The refusal of a path that is known, but switched off."""
    return _answer(request, 404, status_message(grpc.StatusCode.UNIMPLEMENTED, message), {})


async def unrouted(request: Request, error: Exception) -> Response:
    """The refusal of a path (404) or method (405) that no route is for."""
    if not isinstance(error, HTTPException):
        raise error
    message = f"{request.method} {request.url.path}: {error.detail}"
    status = status_message(grpc.StatusCode.UNIMPLEMENTED, message)
    return _answer(request, error.status_code, status, dict(error.headers or {}))


async def server_error(request: Request, _: Exception) -> Response:
    """A fault of ours; Starlette goes on to raise it, so that it is logged."""
    status = status_message(grpc.StatusCode.INTERNAL, "internal error; please report it")
    return _answer(request, 500, status, {})


def _answer(request: Request, code: int, status: Status, headers: dict[str, str]) -> Response:
    encoding = _answer_encoding(request)
    body = status_json(status) if encoding is Encoding.JSON else status.SerializeToString()
    return Response(body, code, headers, media_type=encoding.value)


def _answer_encoding(request: Request) -> Encoding:
    """The request's own encoding; JSON, which people can read, when it has none of ours."""
    try:
        return encoding_of(request)
    except UnsupportedMediaError:
        return Encoding.JSON
