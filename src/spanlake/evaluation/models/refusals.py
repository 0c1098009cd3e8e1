"""What an HTTP status other than 2xx means, and what the user can do about it."""

from http import HTTPStatus

from pydantic import BaseModel, ValidationError

from spanlake.evaluation.models.errors import (
    AccessDeniedError,
    ModelError,
    QuotaExhaustedError,
    RateLimitedError,
    RejectedRequestError,
    UnavailableError,
    UnknownModelError,
)
from spanlake.evaluation.models.name import ModelName

_LONGEST_MESSAGE = 500
_OVERLOADED = 529
"""Anthropic's own status: everybody asks at once."""
_NO_CREDIT = ("insufficient_quota", "billing_error", "credit balance")
_TRANSIENT = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY}


class _Complaint(BaseModel):
    message: str = ""
    type: str | None = None
    code: str | int | None = None
    param: str | None = None


class _ErrorBody(BaseModel):
    error: _Complaint


def refusal(model: ModelName, status: int, body: bytes, retry_after: float | None) -> ModelError:
    """Make the error of a reply that is none. body: as both OpenAI and Anthropic write errors."""
    details, said = _complaint(body), complaint(body)
    answer = f"{model} answered {status}" + (f": {said}" if said else "")
    no_credit = any(sign in f"{details.code} {details.type} {said}" for sign in _NO_CREDIT)
    if status == HTTPStatus.PAYMENT_REQUIRED or no_credit:
        return QuotaExhaustedError(f"{answer}; add credit to the account of the key")
    if status in (HTTPStatus.TOO_MANY_REQUESTS, _OVERLOADED):
        return RateLimitedError(answer, retry_after=retry_after)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        key = model.provider.key
        advice = f"; set {key} to a key that may use it" if key else ""
        return AccessDeniedError(answer + advice)
    if status == HTTPStatus.NOT_FOUND:
        return UnknownModelError(f"{answer}; check the model's name and the base URL")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _TRANSIENT:
        return UnavailableError(answer, retry_after=retry_after)
    return RejectedRequestError(answer, parameter=details.param or said or None)


def complaint(body: bytes) -> str:
    """What a reply that is none says of itself; empty if it says nothing."""
    return " ".join(_complaint(body).message.split())[:_LONGEST_MESSAGE]


def _complaint(body: bytes) -> _Complaint:
    try:
        return _ErrorBody.model_validate_json(body).error
    except ValidationError:
        # A proxy's page, or some other provider's shape: its words are all there is.
        return _Complaint(message=body[: 4 * _LONGEST_MESSAGE].decode(errors="replace"))
