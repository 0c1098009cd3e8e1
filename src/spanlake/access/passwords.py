"""Passwords, by argon2id: slow on purpose, and as slow for a user who is not there."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from spanlake.errors import UserError

SHORTEST = 12
_LONGEST = 1000


def hash_password(password: str) -> str:
    """What the catalog keeps. UserError for a password that is too short, or far too long."""
    if not SHORTEST <= len(password) <= _LONGEST:
        raise UserError(
            f"the password has {len(password)} characters: must have {SHORTEST} to {_LONGEST:,}; "
            "choose a longer one, such as four words"
        )
    return _hasher().hash(password)


def is_password(password_hash: str | None, password: str) -> bool:
    """Whether it is the password; None, of nobody, is compared all the same."""
    try:
        _hasher().verify(password_hash or _of_nobody(), password[:_LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _of_nobody() -> str:
    return _hasher().hash("nobody's password")
