"""Aliases of versions, such as champion and challenger: each move is kept, the last one counts."""

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, text

from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.tables import EXPERIMENTS
from spanlake.storage.catalog.version import AliasMove
from spanlake.storage.catalog.version_tables import VERSION_ALIAS_MOVES, VERSIONS

ALIAS_MARK = "@"
"""What an alias begins with where a version's name may stand."""

# So that each move knows the one before it, also in Postgres.
_IN_TURN = text("LOCK TABLE version_alias_moves IN SHARE ROW EXCLUSIVE MODE")


def lock_aliases(connection: Connection) -> None:
    """Let no other transaction move an alias until this one has ended."""
    if connection.dialect.name == "postgresql":
        connection.execute(_IN_TURN)


def holder(connection: Connection, experiment_id: str, alias: str) -> str | None:
    """The id of the version that bears an alias, if one does."""
    moves = VERSION_ALIAS_MOVES
    last = (
        select(moves.c.version_id)
        .where(moves.c.experiment_id == experiment_id, moves.c.alias == alias)
        .order_by(moves.c.move.desc())
        .limit(1)
    )
    version_id: str | None = connection.execute(last).scalar()
    return version_id


def record_move(  # noqa: PLR0913  # a column each
    connection: Connection,
    experiment_id: str,
    alias: str,
    version_id: str | None,
    *,
    moved_by: str | None,
    note: str | None,
) -> None:
    """Give an alias to a version, or to none."""
    connection.execute(
        insert(VERSION_ALIAS_MOVES).values(
            experiment_id=experiment_id,
            alias=alias,
            version_id=version_id,
            moved_by=moved_by,
            note=note,
            moved_at=datetime.now(UTC),
        )
    )


def aliases_of(connection: Connection, experiment_ids: Collection[str]) -> dict[str, list[str]]:
    """By the id of a version its aliases, in order."""
    found = defaultdict[str, list[str]](list)
    for _, alias, version_id in connection.execute(_current(experiment_ids)):
        if version_id is not None:
            found[version_id].append(alias)
    return found


def aliases_ever_of(connection: Connection, version_id: str) -> list[str]:
    """The aliases that a version has or had."""
    moves = VERSION_ALIAS_MOVES
    query = select(moves.c.alias).where(moves.c.version_id == version_id).distinct()
    return sorted(connection.execute(query).scalars())


def version_of_alias(connection: Connection, typed: str, experiment: str | None) -> str:
    """The id of the version that is meant by @alias. NotFoundError, UserError."""
    alias = typed.removeprefix(ALIAS_MARK)
    query = select(EXPERIMENTS.c.experiment_id, EXPERIMENTS.c.name)
    if experiment is not None:
        query = query.where(EXPERIMENTS.c.name == experiment)
    names = {row.experiment_id: row.name for row in connection.execute(query)}
    bearers: dict[str, str] = {
        names[experiment_id]: version_id
        for experiment_id, each, version_id in connection.execute(_current(names))
        if each == alias and version_id is not None
    }
    if not bearers:
        raise NotFoundError(
            f"NAME is {typed!r}: no version bears this alias; "
            f"`spanlake versions alias NAME {alias}` gives it to one"
        )
    if len(bearers) > 1:
        raise UserError(
            f"NAME is {typed!r}: must be of one version, and the experiments "
            f"{', '.join(map(repr, sorted(bearers)))} each have such a one; "
            "say which with --experiment"
        )
    return next(iter(bearers.values()))


def moves_of(connection: Connection, *, experiment: str | None) -> list[AliasMove]:
    """Every move, the last one first."""
    moves = VERSION_ALIAS_MOVES
    query = (
        select(
            EXPERIMENTS.c.name.label("experiment"),
            moves.c.alias,
            moves.c.version_id,
            VERSIONS.c.name.label("version"),
            func.lag(VERSIONS.c.name)
            .over(partition_by=[moves.c.experiment_id, moves.c.alias], order_by=moves.c.move)
            .label("previous"),
            moves.c.moved_by,
            moves.c.note,
            moves.c.moved_at,
        )
        .join(EXPERIMENTS, EXPERIMENTS.c.experiment_id == moves.c.experiment_id)
        .join(VERSIONS, VERSIONS.c.version_id == moves.c.version_id, isouter=True)
        .order_by(moves.c.move.desc())
    )
    if experiment is not None:
        query = query.where(EXPERIMENTS.c.name == experiment)
    return [AliasMove(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001  # public


def _current(experiment_ids: Collection[str]) -> Select[Any]:
    """Where each alias is now."""
    moves = VERSION_ALIAS_MOVES
    last = select(func.max(moves.c.move)).group_by(moves.c.experiment_id, moves.c.alias)
    return (
        select(moves.c.experiment_id, moves.c.alias, moves.c.version_id)
        .where(moves.c.move.in_(last), moves.c.experiment_id.in_(list(experiment_ids)))
        .order_by(moves.c.alias)
    )
