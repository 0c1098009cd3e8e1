"""Moving aliases from one version to another, in one step that is kept."""

from spanlake.entities.access import AuditDetails, AuditEvent, Principal
from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.audit_log import record
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.texts import check_name, check_prose
from spanlake.storage.catalog.version import AliasMove, Version
from spanlake.storage.catalog.version_aliases import (
    ALIAS_MARK,
    holder,
    lock_aliases,
    moves_of,
    record_move,
)
from spanlake.storage.catalog.version_rows import experiment_id_of, find_version

NOBODY = ""
"""As `expected`: no version bears the alias."""

_LONGEST_ALIAS = 100
_LONGEST_NOTE = 10_000


def set_alias(  # noqa: PLR0913  # who moved what, why, and from where
    catalog: Catalog,
    name: str,
    alias: str,
    *,
    experiment: str | None = None,
    moved_by: str | None = None,
    note: str | None = None,
    expected: str | None = None,
    actor: Principal | None = None,
) -> Version:
    """Give an alias to a version, whichever of its experiment bore it; nobody sees two, or none.

    expected: the name of the version that bears it, NOBODY for none; UserError when another does.
    An alias that is there already is not moved. actor: for the audit log; None is whoever is on
    this machine. NotFoundError, UserError.
    """
    checked = _checked_alias(alias)
    _check_words(moved_by, note)
    with catalog.writing() as connection:
        lock_aliases(connection)
        version = find_version(connection, name, experiment)
        experiment_id = experiment_id_of(connection, version.experiment)
        before = holder(connection, experiment_id, checked)
        if expected is not None:
            told = (
                None
                if expected == NOBODY
                else find_version(connection, expected, version.experiment).version_id
            )
            if told != before:
                bears = (
                    repr(find_version(connection, before, version.experiment).name)
                    if before
                    else "no version"
                )
                raise UserError(
                    f"alias {checked!r} was expected on {expected or 'no version'!r}: {bears} has "
                    "it by now; look at it, and move it from there"
                )
        if before != version.version_id:
            record_move(
                connection,
                experiment_id,
                checked,
                version.version_id,
                moved_by=moved_by,
                note=note,
            )
            details = {"experiment": version.experiment, "version": version.name}
            record(connection, _moved(actor, checked, moved_by, details))
        return find_version(connection, version.version_id, version.experiment)


def remove_alias(  # noqa: PLR0913  # who took it away, and why
    catalog: Catalog,
    alias: str,
    *,
    experiment: str,
    moved_by: str | None = None,
    note: str | None = None,
    actor: Principal | None = None,
) -> None:
    """Take an alias away from the version that bears it. NotFoundError if none does, UserError.

    actor: for the audit log; None is whoever is on this machine.
    """
    checked = _checked_alias(alias)
    _check_words(moved_by, note)
    with catalog.writing() as connection:
        lock_aliases(connection)
        experiment_id = experiment_id_of(connection, experiment)
        if holder(connection, experiment_id, checked) is None:
            raise NotFoundError(
                f"ALIAS is {checked!r}: no version of experiment {experiment!r} bears it; "
                "`spanlake versions list` shows the aliases"
            )
        record_move(connection, experiment_id, checked, None, moved_by=moved_by, note=note)
        details = {"experiment": experiment, "version": None}
        record(connection, _moved(actor, checked, moved_by, details))


def alias_moves(catalog: Catalog, *, experiment: str | None = None) -> list[AliasMove]:
    """Every move of an alias, the last one first."""
    with catalog.reading() as connection:
        return moves_of(connection, experiment=experiment)


def _moved(
    actor: Principal | None,
    alias: str,
    moved_by: str | None,
    details: AuditDetails,
) -> AuditEvent:
    who = actor or Principal.local(moved_by)
    return AuditEvent(who, "alias.move", f"{ALIAS_MARK}{alias}", details=details)


def _checked_alias(alias: str) -> str:
    return check_name("ALIAS", alias.removeprefix(ALIAS_MARK), longest=_LONGEST_ALIAS)


def _check_words(moved_by: str | None, note: str | None) -> None:
    if moved_by is not None:
        check_name("moved_by", moved_by, longest=_LONGEST_ALIAS)
    if note is not None:
        check_prose("note", note, longest=_LONGEST_NOTE)
