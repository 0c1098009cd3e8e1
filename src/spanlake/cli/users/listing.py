"""`spanlake users list`."""

import typer

from spanlake.cli.output import DataOption, FormatOption
from spanlake.cli.users.options import print_users


def list_(*, data: DataOption = None, output_format: FormatOption = "table") -> None:
    """The users there are, and their roles."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.users import list_users

    with open_catalog(data) as catalog:
        users = list_users(catalog)
    if users or output_format == "json":
        print_users(users, output_format)
    else:
        typer.echo("no users; `spanlake users create NAME` makes one", err=True)
