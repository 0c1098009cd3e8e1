"""A key to a server: how it is written, and what the catalog keeps of it.

A key is `slk_`, twelve characters by which it is looked up, `_`, and 256 random bits. So many bits
cannot be guessed, whatever the digest; a fast one will do, and asking for a key costs nothing.
"""

import hashlib
import hmac
import re
import secrets
import string
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from spanlake.entities.access import Permission, granted

PREFIX = "slk_"
"""What every key begins with."""

_ID_LETTERS = string.ascii_lowercase + string.digits
_ID_LENGTH = 12
_SECRET_BYTES = 32
_KEY = re.compile(r"slk_([a-z0-9]{12})_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key. digest: SHA-256 of all of it, in hex.

    experiment: the only one it is for, None for any. requests_per_minute, bytes_per_day: what it
    may send at most, None for no limit. bytes_today: what was accepted with it on this day in UTC.
    """

    key_id: str
    name: str
    digest: str
    scopes: tuple[Permission, ...]
    experiment: str | None
    requests_per_minute: int | None
    bytes_per_day: int | None
    created_at: datetime
    created_by: str | None
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    requests_today: int = 0
    bytes_today: int = 0
    permissions: frozenset[Permission] = field(init=False, repr=False)
    """What the scopes permit; every request asks."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "permissions", granted(self.scopes))

    @property
    def prefix(self) -> str:
        """How the key begins, which may be shown."""
        return f"{PREFIX}{self.key_id}"

    def state(self, now: datetime) -> str:
        """'active', 'expired' or 'revoked'."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"

    def is_of(self, text: str) -> bool:
        """Whether this text is the key; how long that takes says nothing."""
        return hmac.compare_digest(self.digest, key_digest(text))


class KeyText(NamedTuple):
    """A new key. text: all of it, which is shown once."""

    key_id: str
    text: str


def new_key_text() -> KeyText:
    """A key that nobody has."""
    key_id = "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))
    return KeyText(key_id, f"{PREFIX}{key_id}_{secrets.token_urlsafe(_SECRET_BYTES)}")


def key_id_of(text: str) -> str | None:
    """The part of a key by which it is looked up; None for what is no key."""
    match = _KEY.fullmatch(text)
    return match[1] if match else None


def key_digest(text: str) -> str:
    """SHA-256 of a key, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()
