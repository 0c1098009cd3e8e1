"""Somebody's attempt to sign in at an OpenID provider, from leaving us to coming back."""

import secrets
from dataclasses import dataclass

from spanlake.errors import SpanlakeError


class OidcError(SpanlakeError):
    """The provider cannot be reached, or what it says cannot be believed."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What we must know again when the browser comes back. after: the path to go on to."""

    state: str
    nonce: str
    verifier: str
    after: str

    @classmethod
    def new(cls, after: str) -> "Attempt":
        """An attempt that nobody can guess."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, after)
