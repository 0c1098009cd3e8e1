"""The group of commands `spanlake runs`."""

import typer

from spanlake.cli.runs.compare import compare
from spanlake.cli.runs.delete import delete
from spanlake.cli.runs.gate import gate
from spanlake.cli.runs.listing import list_
from spanlake.cli.runs.show import show

app = typer.Typer(help="Look at evaluation runs, compare and gate them.", no_args_is_help=True)
app.command("list")(list_)
app.command()(show)
app.command()(compare)
app.command()(gate)
app.command()(delete)
