"""Keys, users and sign-ins as they were when the catalog was last read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from spanlake.storage.catalog.access_state import access_state
from spanlake.storage.catalog.api_key import ApiKey
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.keys import read_keys
from spanlake.storage.catalog.sign_ins import SignIn, read_sign_ins
from spanlake.storage.catalog.users import User, read_users


@dataclass(frozen=True, slots=True)
class AccessSnapshot:
    """What decides who is let in. keys: by id. sign_ins: by digest. users: by id.

    is_in_use: there has been a key or a user.
    """

    revision: int
    cookie_secret: str
    is_in_use: bool
    keys: Mapping[str, ApiKey]
    users: Mapping[str, User]
    sign_ins: Mapping[str, SignIn]

    @classmethod
    def read(cls, catalog: Catalog) -> Self:
        """All of one moment. CatalogError."""
        with catalog.reading() as connection:
            state = access_state(connection)
            return cls(
                revision=state.revision,
                cookie_secret=state.cookie_secret,
                is_in_use=state.is_in_use,
                keys={key.key_id: key for key in read_keys(connection)},
                users={user.user_id: user for user in read_users(connection)},
                sign_ins={each.digest: each for each in read_sign_ins(connection)},
            )


def revision_of(catalog: Catalog) -> int:
    """Which snapshot would be read now. CatalogError."""
    with catalog.reading() as connection:
        return access_state(connection).revision
