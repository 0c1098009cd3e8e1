"""Versions read from the catalog, within a transaction."""

from collections import defaultdict
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Column, Connection, select

from spanlake.entities.git import GitState
from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.tables import EXPERIMENTS
from spanlake.storage.catalog.version import Version
from spanlake.storage.catalog.version_aliases import ALIAS_MARK, aliases_of, version_of_alias
from spanlake.storage.catalog.version_tables import (
    VERSION_METRICS,
    VERSION_PARAMS,
    VERSION_TAGS,
    VERSIONS,
)


def find_version(connection: Connection, name: str, experiment: str | None) -> Version:
    """A version by its name, its id, or as @alias. NotFoundError, UserError."""
    if name.startswith(ALIAS_MARK):
        return version_with_id(connection, version_of_alias(connection, name, experiment))
    found = versions_of(connection, experiment=experiment, name=name)
    if len(found) > 1:
        where = ", ".join(repr(each.experiment) for each in found)
        raise UserError(
            f"NAME is {name!r}: must be of one version, and the experiments {where} each have "
            "such a one; say which with --experiment"
        )
    if found:
        return found[0]
    names = {each.name for each in versions_of(connection, experiment=experiment)}
    near = get_close_matches(name, names, n=1)
    step = f"did you mean {near[0]!r}?" if near else "`spanlake versions list` shows them"
    place = "" if experiment is None else f" of experiment {experiment!r}"
    raise NotFoundError(f"NAME is {name!r}: no version{place} is called so; {step}")


def experiment_id_of(connection: Connection, name: str) -> str:
    """The id of an experiment. NotFoundError if there is none."""
    query = select(EXPERIMENTS.c.experiment_id).where(EXPERIMENTS.c.name == name)
    experiment_id: str | None = connection.execute(query).scalar()
    if experiment_id is None:
        raise NotFoundError(
            f"--experiment is {name!r}: no experiment is called so; "
            "`spanlake experiments list` shows them"
        )
    return experiment_id


def version_with_id(connection: Connection, version_id: str) -> Version:
    """The one version with this id, which is there."""
    (found,) = versions_of(connection, version_id=version_id)
    return found


def versions_of(
    connection: Connection,
    *,
    experiment: str | None = None,
    name: str | None = None,
    version_id: str | None = None,
) -> list[Version]:
    """The versions of an experiment, of a name (or id) or with an id, the newest first."""
    chosen = (
        select(VERSIONS, EXPERIMENTS.c.name.label("experiment"))
        .join(EXPERIMENTS)
        .order_by(VERSIONS.c.created_at.desc(), VERSIONS.c.name)
    )
    if experiment is not None:
        chosen = chosen.where(EXPERIMENTS.c.name == experiment)
    if name is not None:
        chosen = chosen.where((VERSIONS.c.name == name) | (VERSIONS.c.version_id == name))
    if version_id is not None:
        chosen = chosen.where(VERSIONS.c.version_id == version_id)
    rows = connection.execute(chosen).all()
    ids = [row.version_id for row in rows] if name or version_id else None
    params = _by_version(connection, VERSION_PARAMS.c.key, VERSION_PARAMS.c.key, ids)
    tags = _by_version(connection, VERSION_TAGS.c.key, VERSION_TAGS.c.key, ids)
    metrics = _by_version(connection, VERSION_METRICS.c.name, VERSION_METRICS.c.entry, ids)
    aliases = aliases_of(connection, {row.experiment_id for row in rows})
    return [
        Version(
            version_id=row.version_id,
            experiment=row.experiment,
            name=row.name,
            description=row.description,
            git=GitState(row.git_commit, row.git_branch, row.git_is_dirty, row.git_repository),
            params=params[row.version_id],
            tags=tags[row.version_id],
            metrics=metrics[row.version_id],
            aliases=tuple(aliases[row.version_id]),
            created_at=row.created_at,
        )
        for row in rows
    ]


def _by_version(
    connection: Connection, name: Column[str], order: Column[Any], ids: list[str] | None
) -> dict[str, dict[str, Any]]:
    """The values of a table by version and by name, the last in this order under each."""
    query = select(name.table).order_by(order)
    if ids is not None:
        query = query.where(name.table.c.version_id.in_(ids))
    found = defaultdict[str, dict[str, Any]](dict)
    for row in connection.execute(query):
        found[row.version_id][getattr(row, name.key)] = row.value
    return found
