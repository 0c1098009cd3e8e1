"""The group of commands `spanlake users`."""

import typer

from spanlake.cli.users.change import password, remove, role
from spanlake.cli.users.create import create
from spanlake.cli.users.listing import list_

app = typer.Typer(help="People who sign in to the pages, and their roles.", no_args_is_help=True)
app.command()(create)
app.command("list")(list_)
app.command()(role)
app.command()(password)
app.command()(remove)
