"""What the commands about keys and users share: the catalog, made if it is not there, and who."""

import os
import pwd
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from spanlake.entities.access import Principal
    from spanlake.storage.catalog.catalog import Catalog


def open_or_make_catalog(data: str | None) -> "Catalog":
    """Open the catalog as `open_catalog` does; a data directory that is not there is made.

    A server that others can reach starts only when there is somebody to let in.
    """
    from spanlake.cli.catalog import open_catalog
    from spanlake.config import data_path
    from spanlake.errors import UserError
    from spanlake.storage.files.object_path import path_of
    from spanlake.storage.files.state import make_root

    root = path_of(data_path(data))
    try:
        make_root(root)
    except OSError as error:
        raise UserError(
            f"--data is {root}: cannot be made ({error.strerror}); name another directory"
        ) from None
    return open_catalog(data)


def whoever_runs_this() -> "Principal":
    """The user of this machine, for the audit log."""
    from spanlake.entities.access import Principal

    number = os.getuid()
    try:
        return Principal.local(pwd.getpwuid(number).pw_name)
    except KeyError:
        return Principal.local(str(number))


def warn_if_first(*, is_first: bool) -> None:
    """Say what changes with the first key or user."""
    if is_first:
        typer.echo(
            "from now on a server of this data asks everybody for a key or a sign-in; "
            "extensions.spanlake_auth.require: never in otel-config.yaml takes that back",
            err=True,
        )
