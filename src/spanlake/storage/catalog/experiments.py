"""Experiments: the names under which spans are gathered, and what people say of them.

One is made when its name is first seen on spans, or by a person. Its name never changes, because
it is on the spans. `default` is always there.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from uuid import uuid4

from sqlalchemy import Connection, delete, select, update

from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.insert import insert_new
from spanlake.storage.catalog.tables import EXPERIMENT_TAGS, EXPERIMENTS
from spanlake.storage.catalog.texts import check_name, check_prose, is_name

DEFAULT_EXPERIMENT = "default"
MAX_SEEN = 10_000
"""How many experiments there may be before no more are made at sight."""

_LONGEST_NAME = 200
_LONGEST_TAG = 100
_LONGEST_DESCRIPTION = 10_000


@dataclass(frozen=True, slots=True)
class Experiment:
    """One experiment. archived_at: since when it is put away, None while it is not."""

    experiment_id: str
    name: str
    description: str | None
    tags: tuple[str, ...]
    created_at: datetime
    archived_at: datetime | None


def is_experiment_name(name: str) -> bool:
    """Whether an experiment of this name can be in the catalog."""
    return is_name(name, longest=_LONGEST_NAME)


def list_experiments(catalog: Catalog) -> list[Experiment]:
    """Every experiment, by name."""
    with catalog.reading() as connection:
        return _experiments(connection)


def get_experiment(catalog: Catalog, name: str) -> Experiment:
    """The experiment of this name. NotFoundError if there is none."""
    with catalog.reading() as connection:
        return _experiment(connection, name)


def create_experiment(
    catalog: Catalog, name: str, *, description: str | None = None, tags: Iterable[str] = ()
) -> Experiment:
    """Make an experiment of a name that none has. Raises UserError."""
    check_name("NAME", name, longest=_LONGEST_NAME)
    with catalog.writing() as connection:
        if not _insert(connection, [name]):
            raise UserError(
                f"NAME is {name!r}: must be new, and there is such an experiment; "
                "choose another, or use `spanlake experiments describe` and `tag`"
            )
        if description is not None:
            _describe(connection, name, description)
        _tag(connection, name, tags)
        return _experiment(connection, name)


def ensure_experiments(catalog: Catalog, names: Collection[str]) -> int:
    """Make those of these experiments that are not there; return how many could not be made.

    A name against the rule cannot, nor can any while there are 10,000 experiments.
    """
    with catalog.writing() as connection:
        known = set(connection.execute(select(EXPERIMENTS.c.name)).scalars())
        new = sorted(set(names) - known)
        room = max(0, MAX_SEEN - len(known))
        fitting = [name for name in new if is_experiment_name(name)][:room]
        if fitting:
            _insert(connection, fitting)
        return len(new) - len(fitting)


def describe_experiment(catalog: Catalog, name: str, description: str) -> Experiment:
    """Replace the description; the empty one removes it. Raises NotFoundError and UserError."""
    with catalog.writing() as connection:
        _experiment(connection, name)
        _describe(connection, name, description)
        return _experiment(connection, name)


def tag_experiment(
    catalog: Catalog, name: str, *, add: Iterable[str] = (), remove: Iterable[str] = ()
) -> Experiment:
    """Add and remove tags; one that is there, or is not, stays so. Raises as `describe` does."""
    with catalog.writing() as connection:
        experiment_id = _experiment(connection, name).experiment_id
        _tag(connection, name, add)
        connection.execute(
            delete(EXPERIMENT_TAGS).where(
                EXPERIMENT_TAGS.c.experiment_id == experiment_id,
                EXPERIMENT_TAGS.c.tag.in_(list(remove)),
            )
        )
        return _experiment(connection, name)


def archive_experiment(catalog: Catalog, name: str) -> Experiment:
    """Put an experiment away; its spans stay, and more may come. NotFoundError, UserError."""
    if name == DEFAULT_EXPERIMENT:
        raise UserError(
            "NAME is 'default': must be another experiment, since spans without one belong to it; "
            "leave it where it is"
        )
    return _set_archived(catalog, name, datetime.now(UTC))


def restore_experiment(catalog: Catalog, name: str) -> Experiment:
    """Bring an archived experiment back. NotFoundError if there is none."""
    return _set_archived(catalog, name, None)


def _set_archived(catalog: Catalog, name: str, moment: datetime | None) -> Experiment:
    with catalog.writing() as connection:
        is_archived = _experiment(connection, name).archived_at is not None
        if is_archived is not (moment is not None):
            connection.execute(
                update(EXPERIMENTS).where(EXPERIMENTS.c.name == name).values(archived_at=moment)
            )
        return _experiment(connection, name)


def _describe(connection: Connection, name: str, description: str) -> None:
    if description:
        check_prose("the description", description, longest=_LONGEST_DESCRIPTION)
    connection.execute(
        update(EXPERIMENTS)
        .where(EXPERIMENTS.c.name == name)
        .values(description=description or None)
    )


def _tag(connection: Connection, name: str, tags: Iterable[str]) -> None:
    experiment_id = _experiment(connection, name).experiment_id
    rows = [
        {
            "experiment_id": experiment_id,
            "tag": check_name("TAG", tag, longest=_LONGEST_TAG),
        }
        for tag in dict.fromkeys(tags)
    ]
    if rows:
        connection.execute(insert_new(connection, EXPERIMENT_TAGS).values(rows))


def _insert(connection: Connection, names: Sequence[str]) -> int:
    """Make experiments, but for those that are there; how many were made."""
    now = datetime.now(UTC)
    rows = [{"experiment_id": uuid4().hex, "name": name, "created_at": now} for name in names]
    made = connection.execute(
        insert_new(connection, EXPERIMENTS).values(rows).returning(EXPERIMENTS.c.name)
    )
    return len(made.all())


def _experiment(connection: Connection, name: str) -> Experiment:
    found = _experiments(connection, name)
    if found:
        return found[0]
    names = connection.execute(select(EXPERIMENTS.c.name)).scalars().all()
    near = get_close_matches(name, names, n=1)
    next_step = f"did you mean {near[0]!r}?" if near else "`spanlake experiments list` shows them"
    raise NotFoundError(f"NAME is {name!r}: no experiment is called so; {next_step}")


def _experiments(connection: Connection, name: str | None = None) -> list[Experiment]:
    chosen = select(EXPERIMENTS).order_by(EXPERIMENTS.c.name)
    tagged = select(EXPERIMENT_TAGS)
    if name is not None:
        chosen = chosen.where(EXPERIMENTS.c.name == name)
        tagged = tagged.join(EXPERIMENTS).where(EXPERIMENTS.c.name == name)
    tags = defaultdict[str, list[str]](list)
    for experiment_id, tag in connection.execute(tagged):
        tags[experiment_id].append(tag)
    return [
        Experiment(
            experiment_id=row.experiment_id,
            name=row.name,
            description=row.description,
            tags=tuple(sorted(tags[row.experiment_id])),
            created_at=row.created_at,
            archived_at=row.archived_at,
        )
        for row in connection.execute(chosen)
    ]
