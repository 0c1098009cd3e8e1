"""`spanlake users role`, `password` and `remove`."""

from typing import Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption
from spanlake.cli.users.options import Name, PasswordFile, print_users, read_password


def role(
    name: Name,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="viewer, labeler, editor or admin.")],
    *,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Give a user another role, which counts within a second."""
    from spanlake.cli.access_catalog import whoever_runs_this
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.users import set_role

    with open_catalog(data) as catalog:
        user = set_role(catalog, name, role, actor=whoever_runs_this())
    print_users([user], output_format)


def password(
    name: Name,
    *,
    password_file: PasswordFile = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Give a user another password; wherever they are signed in they are no longer."""
    from spanlake.access.passwords import hash_password
    from spanlake.cli.access_catalog import whoever_runs_this
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.users import set_password

    password_hash = hash_password(read_password(password_file))
    with open_catalog(data) as catalog:
        user = set_password(catalog, name, password_hash, actor=whoever_runs_this())
    print_users([user], output_format)


def remove(name: Name, *, data: DataOption = None, output_format: FormatOption = "table") -> None:
    """Remove a user, who is signed out within a second; what they assessed stays."""
    from spanlake.cli.access_catalog import whoever_runs_this
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.users import remove_user

    with open_catalog(data) as catalog:
        user = remove_user(catalog, name, actor=whoever_runs_this())
    print_users([user], output_format)
