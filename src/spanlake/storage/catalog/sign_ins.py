"""Sign-ins: who is signed in by which cookie, until when."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, delete, insert, select, update

from spanlake.entities.access import AuditEvent, Principal, Role
from spanlake.errors import UserError
from spanlake.storage.catalog.access_state import access_changed
from spanlake.storage.catalog.access_tables import SIGN_INS, USERS
from spanlake.storage.catalog.audit_log import record
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.users import User, find_user, get_user, insert_user

Method = Literal["password", "oidc"]


@dataclass(frozen=True, slots=True)
class SignIn:
    """digest: SHA-256, in hex, of the token that the cookie holds."""

    digest: str
    user_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is, as an OpenID provider says.

    name: what they are called here. role: what its groups make them; None leaves it as it is.
    """

    issuer: str
    subject: str
    name: str
    role: Role | None


def token_digest(token: str) -> str:
    """What the catalog keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def start_sign_in(
    catalog: Catalog, user: User, token: str, *, lifetime: timedelta, source: str | None
) -> None:
    """Let the bearer of a token be this user for a time."""
    with catalog.writing() as connection:
        _start(connection, user, token, method="password", lifetime=lifetime, source=source)


def start_oidc_sign_in(
    catalog: Catalog, identity: Identity, token: str, *, lifetime: timedelta, source: str | None
) -> User:
    """Let the bearer of a token be the user that somebody is; return the user.

    Whoever is known by issuer and subject is who they are. Else a user of the name who has neither
    a password nor an identity becomes theirs, and a new one is made when a role is given.
    UserError when nothing of that is so.
    """
    with catalog.writing() as connection:
        user = _user_of(connection, identity)
        if identity.role is not None and user.role is not identity.role:
            connection.execute(
                update(USERS)
                .where(USERS.c.user_id == user.user_id)
                .values(role=identity.role.value)
            )
            details = {"before": user.role.value, "role": identity.role.value}
            actor = Principal.server(source)
            record(connection, AuditEvent(actor, "user.role", user.name, details=details))
            user = get_user(connection, user.name)
        _start(connection, user, token, method="oidc", lifetime=lifetime, source=source)
        return user


def end_sign_in(catalog: Catalog, token: str, *, actor: Principal) -> None:
    """Sign out the bearer of a token; nothing when nobody is."""
    with catalog.writing() as connection:
        ended = connection.execute(
            delete(SIGN_INS).where(SIGN_INS.c.digest == token_digest(token))
        ).rowcount
        if ended:
            access_changed(connection)
            record(connection, AuditEvent(actor, "session.sign_out", actor.name))


def read_sign_ins(connection: Connection) -> list[SignIn]:
    """Those that have not expired."""
    columns = SIGN_INS.c
    query = select(columns.digest, columns.user_id, columns.expires_at).where(
        columns.expires_at > datetime.now(UTC)
    )
    return [SignIn(*row) for row in connection.execute(query)]


def _start(  # noqa: PLR0913  # a column each
    connection: Connection,
    user: User,
    token: str,
    *,
    method: Method,
    lifetime: timedelta,
    source: str | None,
) -> None:
    now = datetime.now(UTC)
    connection.execute(delete(SIGN_INS).where(SIGN_INS.c.expires_at <= now))
    connection.execute(
        insert(SIGN_INS).values(
            digest=token_digest(token),
            user_id=user.user_id,
            method=method,
            created_at=now,
            expires_at=now + lifetime,
        )
    )
    connection.execute(
        update(USERS).where(USERS.c.user_id == user.user_id).values(last_sign_in_at=now)
    )
    access_changed(connection)
    actor = user.principal(source)
    record(connection, AuditEvent(actor, "session.sign_in", user.name, details={"method": method}))


def _user_of(connection: Connection, identity: Identity) -> User:
    known = connection.execute(
        select(USERS.c.name).where(
            USERS.c.issuer == identity.issuer, USERS.c.subject == identity.subject
        )
    ).scalar()
    if known is not None:
        return get_user(connection, known)
    user = find_user(connection, identity.name)
    if user is None:
        if identity.role is None:
            raise UserError(
                f"{identity.name!r} is no user here; an administrator adds one with "
                f"`spanlake users create {identity.name} --role viewer --no-password`"
            )
        insert_user(connection, identity.name, identity.role, created_by=identity.issuer)
        details = {"role": identity.role.value, "issuer": identity.issuer}
        event = AuditEvent(Principal.server(), "user.create", identity.name, details=details)
        record(connection, event)
    elif user.password_hash is not None or user.subject is not None:
        # A name alone shall not open what a password or somebody else's identity protects.
        raise UserError(
            f"{identity.name!r} is a user here who signs in another way; an administrator removes "
            "that one, or changes the name at the provider"
        )
    connection.execute(
        update(USERS)
        .where(USERS.c.name == identity.name)
        .values(issuer=identity.issuer, subject=identity.subject)
    )
    return get_user(connection, identity.name)
