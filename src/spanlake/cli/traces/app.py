"""The group of commands `spanlake traces`."""

import typer

from spanlake.cli.traces.delete import delete
from spanlake.cli.traces.export import export
from spanlake.cli.traces.listing import list_
from spanlake.cli.traces.show import show

app = typer.Typer(help="List, show, export and delete traces.", no_args_is_help=True)
app.command("list")(list_)
app.command()(show)
app.command()(export)
app.command()(delete)
