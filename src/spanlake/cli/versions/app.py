"""The group of commands `spanlake versions`."""

import typer

from spanlake.cli.versions.aliases import alias, aliases, unalias
from spanlake.cli.versions.compare import compare
from spanlake.cli.versions.create import create
from spanlake.cli.versions.delete import delete
from spanlake.cli.versions.listing import list_
from spanlake.cli.versions.metrics import log_metrics
from spanlake.cli.versions.show import show

app = typer.Typer(
    help="Versions of apps: how they were made, and how they do.", no_args_is_help=True
)
app.command("list")(list_)
app.command()(show)
app.command()(compare)
app.command()(create)
app.command()(log_metrics)
app.command()(alias)
app.command()(unalias)
app.command()(aliases)
app.command()(delete)
