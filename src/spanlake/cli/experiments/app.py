"""The group of commands `spanlake experiments`."""

import typer

from spanlake.cli.experiments.change import archive, create, describe, restore, tag, untag
from spanlake.cli.experiments.listing import list_
from spanlake.cli.experiments.show import show

app = typer.Typer(help="List and describe experiments.", no_args_is_help=True)
app.command("list")(list_)
app.command()(show)
app.command()(create)
app.command()(describe)
app.command()(tag)
app.command()(untag)
app.command()(archive)
app.command()(restore)
