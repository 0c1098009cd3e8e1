"""Keys to a server: made, listed, revoked."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Row, Select, func, insert, select, update

from spanlake.entities.access import SCOPES, AuditEvent, Permission, Principal
from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.access_state import access_changed, access_in_use
from spanlake.storage.catalog.access_tables import API_KEY_USAGE, API_KEYS
from spanlake.storage.catalog.api_key import PREFIX, ApiKey, key_digest, key_id_of, new_key_text
from spanlake.storage.catalog.audit_log import record
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.experiments import is_experiment_name
from spanlake.storage.catalog.texts import check_name

_LONGEST_NAME = 100
_LARGEST_RATE = 2**31 - 1
_LARGEST_SIZE = 2**63 - 1


class NewKey(NamedTuple):
    """A key that was made. text: the key itself, which nobody can show again."""

    key: ApiKey
    text: str


def create_key(  # noqa: PLR0913  # a column each
    catalog: Catalog,
    name: str,
    scopes: Collection[str],
    *,
    actor: Principal,
    experiment: str | None = None,
    expires_at: datetime | None = None,
    requests_per_minute: int | None = None,
    bytes_per_day: int | None = None,
) -> NewKey:
    """Make a key for these scopes. UserError for what cannot be kept."""
    check_name("NAME", name, longest=_LONGEST_NAME)
    if experiment is not None:
        _check_experiment(experiment)
    now = datetime.now(UTC)
    if expires_at is not None and expires_at <= now:
        raise UserError(
            f"--expires is {expires_at:%Y-%m-%dT%H:%M:%SZ}: must be in the future; "
            "give a later time, or leave it out"
        )
    _check_limit("--requests-per-minute", requests_per_minute, _LARGEST_RATE)
    _check_limit("--bytes-per-day", bytes_per_day, _LARGEST_SIZE)
    made = new_key_text()
    key = ApiKey(
        key_id=made.key_id,
        name=name,
        digest=key_digest(made.text),
        scopes=_checked_scopes(scopes),
        experiment=experiment,
        requests_per_minute=requests_per_minute,
        bytes_per_day=bytes_per_day,
        created_at=now,
        created_by=actor.name,
        expires_at=expires_at,
        revoked_at=None,
        last_used_at=None,
    )
    with catalog.writing() as connection:
        connection.execute(
            insert(API_KEYS).values(
                key_id=key.key_id,
                name=name,
                digest=key.digest,
                scopes=orjson.dumps(key.scopes).decode(),
                experiment=experiment,
                requests_per_minute=requests_per_minute,
                bytes_per_day=bytes_per_day,
                created_at=now,
                created_by=actor.name,
                expires_at=expires_at,
            )
        )
        access_in_use(connection)
        details = {"key_id": key.key_id, "scopes": list(key.scopes), "experiment": experiment}
        record(connection, AuditEvent(actor, "key.create", name, details=details))
    return NewKey(key, made.text)


def list_keys(catalog: Catalog) -> list[ApiKey]:
    """Every key there has been, in the order in which they were made."""
    with catalog.reading() as connection:
        return read_keys(connection)


def read_keys(connection: Connection) -> list[ApiKey]:
    """Every key there has been, in the order in which they were made."""
    return [_key(row) for row in connection.execute(_with_usage())]


def revoke_key(catalog: Catalog, typed: str, *, actor: Principal) -> ApiKey:
    """Revoke a key; one that is revoked stays as it is. NotFoundError, UserError.

    typed: its id, how it begins, or its name if no other key that is not revoked has it.
    """
    with catalog.writing() as connection:
        key = _find(connection, typed)
        if key.revoked_at is not None:
            return key
        connection.execute(
            update(API_KEYS)
            .where(API_KEYS.c.key_id == key.key_id)
            .values(revoked_at=datetime.now(UTC))
        )
        access_changed(connection)
        details = {"key_id": key.key_id}
        record(connection, AuditEvent(actor, "key.revoke", key.name, details=details))
        return _find(connection, key.key_id)


def _checked_scopes(scopes: Collection[str]) -> tuple[Permission, ...]:
    known = [each.value for each in SCOPES]
    for scope in scopes:
        if scope not in known:
            raise UserError(
                f"--scope is {scope!r}: must be {', '.join(known[:-1])} or {known[-1]}; correct it"
            )
    if not scopes:
        raise UserError(f"--scope is missing: must be one or more of {', '.join(known)}; add one")
    return tuple(each for each in SCOPES if each.value in scopes)


def _check_experiment(name: str) -> None:
    if not is_experiment_name(name):
        raise UserError(
            f"--experiment is {name[:_LONGEST_NAME]!r}: must be the name of an experiment, one "
            "line of text; correct it, or leave it out"
        )


def _check_limit(typed: str, limit: int | None, largest: int) -> None:
    if limit is not None and not 1 <= limit <= largest:
        raise UserError(f"{typed} is {limit}: must be from 1 to {largest:,}; or leave it out")


def _find(connection: Connection, typed: str) -> ApiKey:
    keys = read_keys(connection)
    wanted = typed.removeprefix(PREFIX).partition("_")[0]
    by_id = [key for key in keys if key.key_id == wanted]
    found = by_id or [key for key in keys if key.name == typed]
    found = [key for key in found if key.revoked_at is None] or found[-1:]
    if not found:
        # What was typed may be a whole key, whose secret belongs into no log.
        shown = key_id_of(typed) or typed[:_LONGEST_NAME]
        raise NotFoundError(
            f"KEY is {shown!r}: must be the id or name of a key; `spanlake keys list` shows them"
        )
    if len(found) > 1:
        raise UserError(
            f"KEY is {typed!r}: {len(found)} keys have this name; give an id: "
            f"{', '.join(key.key_id for key in found)}"
        )
    return found[0]


def _with_usage() -> Select[Any]:
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    usage = API_KEY_USAGE.c
    return (
        select(
            API_KEYS,
            func.coalesce(usage.requests, 0).label("requests_today"),
            func.coalesce(usage.bytes, 0).label("bytes_today"),
        )
        .join(
            API_KEY_USAGE,
            (usage.key_id == API_KEYS.c.key_id) & (usage.day == today),
            isouter=True,
        )
        .order_by(API_KEYS.c.created_at, API_KEYS.c.key_id)
    )


def _key(row: Row[Any]) -> ApiKey:
    values = dict(row._mapping)  # noqa: SLF001  # public
    values["scopes"] = tuple(map(Permission, orjson.loads(values["scopes"])))
    return ApiKey(**values)
