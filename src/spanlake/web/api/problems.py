"""What is wrong with a request, as RFC 9457 has it: one line that says the next step."""

import math
from collections.abc import Sequence
from http import HTTPStatus

import orjson
from pydantic import ValidationError
from starlette.responses import Response

from spanlake import log
from spanlake.errors import (
    ForbiddenError,
    MalformedError,
    NotFoundError,
    OverloadedError,
    QuotaError,
    SlowBodyError,
    SpanlakeError,
    TooLargeError,
    UnauthenticatedError,
    UnsupportedMediaError,
    UserError,
)
from spanlake.storage.catalog.failure import CatalogError
from spanlake.storage.hot import CommitError
from spanlake.web.lake_pool import SlowQuestionError

MEDIA_TYPE = "application/problem+json"

_log = log.get(__name__)
_SHOWN = 80
# The first that fits; an error is more than one of them.
_STATUS: Sequence[tuple[type[SpanlakeError], HTTPStatus]] = (
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (CatalogError, HTTPStatus.SERVICE_UNAVAILABLE),
    (UserError, HTTPStatus.BAD_REQUEST),
    (MalformedError, HTTPStatus.BAD_REQUEST),
    (UnauthenticatedError, HTTPStatus.UNAUTHORIZED),
    (ForbiddenError, HTTPStatus.FORBIDDEN),
    (TooLargeError, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (UnsupportedMediaError, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (SlowBodyError, HTTPStatus.REQUEST_TIMEOUT),
    (QuotaError, HTTPStatus.TOO_MANY_REQUESTS),
    (OverloadedError, HTTPStatus.SERVICE_UNAVAILABLE),
    (CommitError, HTTPStatus.SERVICE_UNAVAILABLE),
    (SlowQuestionError, HTTPStatus.GATEWAY_TIMEOUT),
)
_RETRY_SECONDS = 1.0


def problem(status: HTTPStatus, detail: str, **headers: str) -> Response:
    """A refusal. detail: one line."""
    body = {"title": status.phrase, "status": status.value, "detail": detail}
    return Response(orjson.dumps(body), status, headers, media_type=MEDIA_TYPE)


def problem_of(error: SpanlakeError) -> Response:
    """The refusal that an error of ours means; a fault if it means none."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), None)
    if status is None:
        raise error
    if isinstance(error, UnauthenticatedError):
        return problem(status, str(error), **{"WWW-Authenticate": "Bearer"})
    if isinstance(error, QuotaError):
        return problem(status, str(error), **_retry_after(error.retry_after))
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return problem(status, str(error))
    _log.warning("api.unavailable", reason=str(error))
    if status is not HTTPStatus.SERVICE_UNAVAILABLE:
        return problem(status, str(error))
    seconds = error.retry_after if isinstance(error, OverloadedError) else _RETRY_SECONDS
    return problem(status, f"{error}; send it again", **_retry_after(seconds))


def _retry_after(seconds: float) -> dict[str, str]:
    return {"Retry-After": str(max(1, math.ceil(seconds)))}


def broken_rules(error: ValidationError) -> UserError:
    """What pydantic finds, in one line that names the member."""
    first = error.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"])) or "the body"
    given = repr(first.get("input"))
    shown = given if len(given) <= _SHOWN else f"{given[:_SHOWN]}…"
    if first["type"] == "missing":
        return UserError(f"{place} is missing: must be given; add it")
    if first["type"] == "extra_forbidden":
        return UserError(
            f"{place} is not known here: remove it; /api/v1/openapi.json has what is known"
        )
    said = first["msg"].removeprefix("Value error, ")
    rule = said[:1].lower() + said[1:]
    return UserError(f"{place} is {shown}: {rule}; correct it")
