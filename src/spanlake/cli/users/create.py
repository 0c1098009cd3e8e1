"""`spanlake users create`."""

from typing import Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption
from spanlake.cli.users.options import Name, PasswordFile, print_users, read_password


def create(  # noqa: PLR0913  # a flag each
    name: Name,
    *,
    role: Annotated[
        str, typer.Option(metavar="ROLE", help="viewer, labeler, editor or admin.")
    ] = "viewer",
    password_file: PasswordFile = None,
    has_no_password: Annotated[
        bool, typer.Option("--no-password", help="They sign in by OpenID alone.")
    ] = False,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Make a user, who can sign in at once."""
    from spanlake.access.passwords import hash_password
    from spanlake.cli.access_catalog import (
        open_or_make_catalog,
        warn_if_first,
        whoever_runs_this,
    )
    from spanlake.storage.catalog.access_state import is_access_in_use
    from spanlake.storage.catalog.users import check_role, create_user

    check_role(role)
    password_hash = None if has_no_password else hash_password(read_password(password_file))
    with open_or_make_catalog(data) as catalog:
        is_first = not is_access_in_use(catalog)
        made = create_user(
            catalog, name, role, actor=whoever_runs_this(), password_hash=password_hash
        )
    print_users([made], output_format)
    warn_if_first(is_first=is_first)
