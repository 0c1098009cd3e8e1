"""The cookie of somebody who has signed in: a random token, signed."""

import hashlib
import secrets
from datetime import timedelta

from itsdangerous import BadSignature, Signer
from starlette.requests import HTTPConnection
from starlette.responses import Response

_NAME = "spanlake_session"
_TOKEN_BYTES = 32
_SALT = "spanlake.session"


def new_token() -> str:
    """A token that nobody has."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def set_session(
    response: Response, token: str, *, secret: str, lifetime: timedelta, secure: bool
) -> None:
    """Let the browser send the token with what our own pages ask, and with links to them."""
    response.set_cookie(
        _name(secure=secure),
        Signer(secret, _SALT, digest_method=hashlib.sha256).sign(token).decode(),
        max_age=int(lifetime.total_seconds()),
        httponly=True,
        secure=secure,
        samesite="lax",
    )


def clear_session(response: Response, *, secure: bool) -> None:
    """Let the browser forget the token."""
    response.delete_cookie(_name(secure=secure), httponly=True, secure=secure, samesite="lax")


def session_token(request: HTTPConnection, secret: str, *, secure: bool) -> str | None:
    """The token that the browser sends; None when there is none, or we have not signed it."""
    signed = request.cookies.get(_name(secure=secure))
    if signed is None:
        return None
    try:
        return Signer(secret, _SALT, digest_method=hashlib.sha256).unsign(signed).decode()
    except (BadSignature, UnicodeDecodeError):
        return None


def _name(*, secure: bool) -> str:
    # Browsers take a name with this prefix from this host alone, and only encrypted.
    return f"__Host-{_NAME}" if secure else _NAME
