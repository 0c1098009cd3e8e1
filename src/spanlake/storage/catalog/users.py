"""People who sign in: made, listed, given another role, removed."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, delete, insert, select, update

from spanlake.entities.access import AuditEvent, Principal, Role
from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.access_state import access_changed, access_in_use
from spanlake.storage.catalog.access_tables import SIGN_INS, USERS
from spanlake.storage.catalog.audit_log import record
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.texts import check_name

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class User:
    """A person. password_hash: by argon2id; None for one who signs in elsewhere.

    issuer, subject: who they are at an OpenID provider, once they have signed in there.
    """

    user_id: str
    name: str
    role: Role
    password_hash: str | None = field(repr=False)
    issuer: str | None
    subject: str | None
    created_at: datetime
    created_by: str | None
    last_sign_in_at: datetime | None

    def principal(self, source: str | None = None) -> Principal:
        """The person as one who asks. source: the address they come from."""
        return Principal.user(self.name, self.user_id, self.role, source)


def create_user(
    catalog: Catalog, name: str, role: str, *, actor: Principal, password_hash: str | None = None
) -> User:
    """Make a user. UserError for a name that is taken, or none."""
    check_name("NAME", name, longest=LONGEST_NAME)
    checked = check_role(role)
    with catalog.writing() as connection:
        if find_user(connection, name) is not None:
            raise UserError(
                f"NAME is {name!r}: must be new, and there is such a user; choose another, or "
                f"`spanlake users role {name} ROLE`"
            )
        user_id = insert_user(
            connection, name, checked, created_by=actor.name, password_hash=password_hash
        )
        details = {"user_id": user_id, "role": checked.value}
        record(connection, AuditEvent(actor, "user.create", name, details=details))
        return get_user(connection, name)


def insert_user(
    connection: Connection,
    name: str,
    role: Role,
    *,
    created_by: str | None,
    password_hash: str | None = None,
) -> str:
    """Add the row of a user whose name is free; return its id."""
    user_id = uuid4().hex
    connection.execute(
        insert(USERS).values(
            user_id=user_id,
            name=name,
            role=role.value,
            password_hash=password_hash,
            created_at=datetime.now(UTC),
            created_by=created_by,
        )
    )
    access_in_use(connection)
    return user_id


def list_users(catalog: Catalog) -> list[User]:
    """Every user, by name."""
    with catalog.reading() as connection:
        return read_users(connection)


def read_users(connection: Connection) -> list[User]:
    """Every user, by name."""
    return [_user(row) for row in connection.execute(select(USERS).order_by(USERS.c.name))]


def find_user(connection: Connection, name: str) -> User | None:
    """The user of that name, if there is one."""
    row = connection.execute(select(USERS).where(USERS.c.name == name)).one_or_none()
    return _user(row) if row else None


def get_user(connection: Connection, name: str) -> User:
    """The user of that name. NotFoundError."""
    user = find_user(connection, name)
    if user is None:
        raise NotFoundError(
            f"NAME is {name[:LONGEST_NAME]!r}: no such user; `spanlake users list` shows them"
        )
    return user


def set_role(catalog: Catalog, name: str, role: str, *, actor: Principal) -> User:
    """Give a user another role, which counts within a second. NotFoundError, UserError."""
    checked = check_role(role)
    with catalog.writing() as connection:
        before = get_user(connection, name)
        if before.role is not checked:
            _update(connection, before, role=checked.value)
            details = {"before": before.role.value, "role": checked.value}
            record(connection, AuditEvent(actor, "user.role", name, details=details))
        return get_user(connection, name)


def set_password(catalog: Catalog, name: str, password_hash: str, *, actor: Principal) -> User:
    """Give a user another password; whoever is signed in as them is so no longer. NotFoundError."""
    with catalog.writing() as connection:
        user = get_user(connection, name)
        _update(connection, user, password_hash=password_hash)
        connection.execute(delete(SIGN_INS).where(SIGN_INS.c.user_id == user.user_id))
        record(connection, AuditEvent(actor, "user.password", name))
        return get_user(connection, name)


def remove_user(catalog: Catalog, name: str, *, actor: Principal) -> User:
    """Remove a user, who is signed out within a second. NotFoundError."""
    with catalog.writing() as connection:
        user = get_user(connection, name)
        connection.execute(delete(USERS).where(USERS.c.user_id == user.user_id))
        access_changed(connection)
        details = {"user_id": user.user_id, "role": user.role.value}
        record(connection, AuditEvent(actor, "user.remove", name, details=details))
        return user


def check_role(role: str) -> Role:
    """The role of that name. UserError for none."""
    try:
        return Role(role)
    except ValueError:
        known = [each.value for each in Role]
        raise UserError(
            f"ROLE is {role!r}: must be {', '.join(known[:-1])} or {known[-1]}; correct it"
        ) from None


def _update(connection: Connection, user: User, **values: object) -> None:
    connection.execute(update(USERS).where(USERS.c.user_id == user.user_id).values(**values))
    access_changed(connection)


def _user(row: Row[Any]) -> User:
    values = dict(row._mapping)  # noqa: SLF001  # public
    return User(**values | {"role": Role(values["role"])})
