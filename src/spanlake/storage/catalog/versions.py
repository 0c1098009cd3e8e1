"""Versions of apps: made when first seen on spans, or by a person or a build before that."""

import math
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from uuid import uuid4

import orjson
from sqlalchemy import Connection, Table, delete, func, insert, select, update

from spanlake.entities.access import Principal
from spanlake.entities.git import GitState
from spanlake.errors import UserError
from spanlake.storage.catalog.audit_log import deleted, record
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.experiments import (
    DEFAULT_EXPERIMENT,
    ensure_experiments,
    is_experiment_name,
)
from spanlake.storage.catalog.insert import insert_new, put
from spanlake.storage.catalog.tables import EXPERIMENTS
from spanlake.storage.catalog.texts import check_name, check_prose, is_name
from spanlake.storage.catalog.version import SeenVersion, Version
from spanlake.storage.catalog.version_aliases import (
    ALIAS_MARK,
    aliases_ever_of,
    lock_aliases,
)
from spanlake.storage.catalog.version_rows import (
    experiment_id_of,
    find_version,
    version_with_id,
    versions_of,
)
from spanlake.storage.catalog.version_tables import (
    VERSION_METRICS,
    VERSION_PARAMS,
    VERSION_TAGS,
    VERSIONS,
)

MAX_SEEN = 100_000
"""How many versions there may be before no more are made at sight."""

_LONGEST_NAME = 200
_LONGEST_KEY = 250
_LONGEST_VALUE = 10_000
_GIT_TEXTS = ("commit", "branch", "repository")
_GIT = (*_GIT_TEXTS, "is_dirty")


def is_version_name(name: str) -> bool:
    """Whether a version of this name can be in the catalog."""
    return is_name(name, longest=_LONGEST_NAME) and not name.startswith(ALIAS_MARK)


def create_external_version(  # noqa: PLR0913  # what may be said of one
    catalog: Catalog,
    name: str,
    *,
    experiment: str = DEFAULT_EXPERIMENT,
    description: str | None = None,
    params: Mapping[str, object] | None = None,
    tags: Mapping[str, object] | None = None,
    git: GitState | None = None,
) -> Version:
    """Make a version whose code is elsewhere, or add to the one of this name; a repeat is harmless.

    params, and what git says, are never changed: UserError for another value of one that is known.
    Tags and the description are replaced. The experiment is made if it is not there.
    """
    _check_version_name(name)
    if description is not None:
        check_prose("description", description, longest=_LONGEST_VALUE)
    told_params, told_tags = _texts("params", params or {}), _texts("tags", tags or {})
    _check_git(git or GitState())
    if not is_experiment_name(experiment):
        check_name("experiment", experiment, longest=_LONGEST_NAME)
    ensure_experiments(catalog, [experiment])
    with catalog.writing() as connection:
        version_id = _made(connection, experiment_id_of(connection, experiment), name)
        known = version_with_id(connection, version_id)
        _check_unchanged(known, told_params, git or GitState())
        _set_git(connection, version_id, known.git, git or GitState())
        if description is not None:
            connection.execute(
                update(VERSIONS)
                .where(VERSIONS.c.version_id == version_id)
                .values(description=description)
            )
        _put(connection, VERSION_PARAMS, version_id, told_params)
        _put(connection, VERSION_TAGS, version_id, told_tags)
        return version_with_id(connection, version_id)


def ensure_versions(catalog: Catalog, seen: Collection[SeenVersion]) -> int:
    """Make those of these versions that are not there; return how many could not be made.

    Their experiments are there. What spans say goes only where nothing is known yet.
    """
    fitting = [each for each in seen if is_version_name(each.name)]
    left_out = len(seen) - len(fitting)
    with catalog.writing() as connection:
        experiments = {
            name: experiment_id
            for experiment_id, name in connection.execute(
                select(EXPERIMENTS.c.experiment_id, EXPERIMENTS.c.name).where(
                    EXPERIMENTS.c.name.in_({each.experiment for each in fitting})
                )
            )
        }
        count = connection.execute(select(func.count()).select_from(VERSIONS)).scalar_one()
        for each in fitting:
            experiment_id = experiments.get(each.experiment)
            version_id = experiment_id and _id_of(connection, experiment_id, each.name)
            if version_id is None and count < MAX_SEEN and experiment_id is not None:
                version_id = _made(connection, experiment_id, each.name)
                count += 1
            if version_id is None:
                left_out += 1
                continue
            known = version_with_id(connection, version_id)
            _set_git(connection, version_id, known.git, _kept(each.git))
            if not known.params and _are_params(each.params):
                _put(connection, VERSION_PARAMS, version_id, each.params)
    return left_out


def list_versions(catalog: Catalog, *, experiment: str | None = None) -> list[Version]:
    """Every version, or those of an experiment; the newest first."""
    with catalog.reading() as connection:
        return versions_of(connection, experiment=experiment)


def get_version(catalog: Catalog, name: str, *, experiment: str | None = None) -> Version:
    """A version by its name, its id, or as @alias.

    experiment: needed where versions of several have this name. NotFoundError, UserError.
    """
    with catalog.reading() as connection:
        return find_version(connection, name, experiment)


def log_metrics(
    catalog: Catalog,
    name: str,
    metrics: Mapping[str, float],
    *,
    experiment: str | None = None,
    run_id: str | None = None,
) -> Version:
    """Record how a version measured; the last value of a metric counts, and all are kept.

    run_id: of the evaluation they come from. NotFoundError, UserError.
    """
    for key, value in metrics.items():
        check_name("a metric's name", key, longest=_LONGEST_KEY)
        if not math.isfinite(value):
            raise UserError(f"metric {key!r} is {value}: must be a finite number; leave it out")
    with catalog.writing() as connection:
        version_id = find_version(connection, name, experiment).version_id
        now = datetime.now(UTC)
        rows = [
            {
                "version_id": version_id,
                "name": key,
                "value": float(value),
                "run_id": run_id,
                "created_at": now,
            }
            for key, value in metrics.items()
        ]
        if rows:
            connection.execute(insert(VERSION_METRICS), rows)
        return version_with_id(connection, version_id)


def delete_version(
    catalog: Catalog, name: str, *, experiment: str | None = None, actor: Principal | None = None
) -> Version:
    """Remove what the catalog says of a version, and return it; its traces stay in the lake.

    UserError for one that has an alias or had one, as the moves of aliases are kept, and they name
    it. actor: for the audit log; None is whoever is on this machine. NotFoundError.
    """
    with catalog.writing() as connection:
        lock_aliases(connection)
        version = find_version(connection, name, experiment)
        borne = aliases_ever_of(connection, version.version_id)
        if borne:
            raise UserError(
                f"NAME is {name!r}: must never have had an alias, and this version was "
                f"{', '.join(f'{ALIAS_MARK}{each}' for each in borne)}; it stays, because "
                "`spanlake versions aliases` names it"
            )
        connection.execute(delete(VERSIONS).where(VERSIONS.c.version_id == version.version_id))
        details = {"experiment": version.experiment, "version_id": version.version_id}
        record(connection, deleted(actor, "version", version.name, details))
        return version


def _check_git(git: GitState) -> None:
    for typed in _GIT_TEXTS:
        text = getattr(git, typed)
        if text is not None:
            check_name(f"git {typed}", text, longest=_LONGEST_VALUE)


def _kept(git: GitState) -> GitState:
    """What spans say, without what the catalog cannot keep."""
    texts = {typed: getattr(git, typed) for typed in _GIT_TEXTS}
    fitting = {
        typed: text
        for typed, text in texts.items()
        if text is not None and is_name(text, longest=_LONGEST_VALUE)
    }
    return GitState(is_dirty=git.is_dirty, **fitting)


def _check_version_name(name: str) -> None:
    if name.startswith(ALIAS_MARK):
        raise UserError(f"NAME is {name!r}: must not begin with {ALIAS_MARK}, as aliases do")
    check_name("NAME", name, longest=_LONGEST_NAME)


def _texts(typed: str, given: Mapping[str, object]) -> dict[str, str]:
    """Values as text; what is no text becomes JSON."""
    texts = {}
    for key, value in given.items():
        check_name(f"a key of {typed}", key, longest=_LONGEST_KEY)
        try:
            text = value if isinstance(value, str) else orjson.dumps(value).decode()
        except orjson.JSONEncodeError as error:
            raise UserError(
                f"{typed} {key!r} is {value!r}: cannot be written as JSON ({error}); simplify it"
            ) from None
        texts[key] = check_prose(f"{typed} {key!r}", text, longest=_LONGEST_VALUE) if text else ""
    return texts


def _are_params(params: Mapping[str, str]) -> bool:
    try:
        _texts("params", params)
    except UserError:
        return False
    return True


def _check_unchanged(known: Version, params: Mapping[str, str], git: GitState) -> None:
    pairs = [(f"param {key!r}", known.params.get(key), value) for key, value in params.items()]
    pairs += [(f"git {name}", getattr(known.git, name), getattr(git, name)) for name in _GIT]
    for what, before, now in pairs:
        if before is not None and now is not None and before != now:
            raise UserError(
                f"{what} of version {known.name!r} is {now!r}: must stay {before!r}, because what "
                "was made otherwise is another version; give it another name"
            )


def _set_git(connection: Connection, version_id: str, known: GitState, told: GitState) -> None:
    new = {
        f"git_{name}": getattr(told, name)
        for name in _GIT
        if getattr(known, name) is None and getattr(told, name) is not None
    }
    if new:
        connection.execute(
            update(VERSIONS).where(VERSIONS.c.version_id == version_id).values(**new)
        )


def _put(connection: Connection, table: Table, version_id: str, texts: Mapping[str, str]) -> None:
    """Set texts, in place of those of the same keys."""
    rows = [{"version_id": version_id, "key": key, "value": texts[key]} for key in texts]
    put(connection, table, rows, replace=["value"])


def _made(connection: Connection, experiment_id: str, name: str) -> str:
    """The id of a version that is made here, unless somebody else just did."""
    version_id = uuid4().hex
    connection.execute(
        insert_new(connection, VERSIONS).values(
            version_id=version_id,
            experiment_id=experiment_id,
            name=name,
            created_at=datetime.now(UTC),
        )
    )
    return _id_of(connection, experiment_id, name) or version_id


def _id_of(connection: Connection, experiment_id: str, name: str) -> str | None:
    found = select(VERSIONS.c.version_id).where(
        VERSIONS.c.experiment_id == experiment_id, VERSIONS.c.name == name
    )
    version_id: str | None = connection.execute(found).scalar()
    return version_id
