"""The group of commands `spanlake schemas`."""

import typer

from spanlake.cli.schemas.change import create, delete
from spanlake.cli.schemas.listing import list_, show

app = typer.Typer(help="Questions that reviewers are asked.", no_args_is_help=True)
app.command("list")(list_)
app.command()(show)
app.command()(create)
app.command()(delete)
