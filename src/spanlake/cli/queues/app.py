"""The group of commands `spanlake queues`."""

import typer

from spanlake.cli.queues.adding import add, fill
from spanlake.cli.queues.agreement import agreement
from spanlake.cli.queues.change import assign, close, delete, reopen
from spanlake.cli.queues.create import create
from spanlake.cli.queues.labels import labels, sync
from spanlake.cli.queues.listing import items, list_, show

app = typer.Typer(
    help="Traces and sessions for people to review, and their labels.", no_args_is_help=True
)
app.command("list")(list_)
app.command()(show)
app.command()(create)
app.command()(add)
app.command()(fill)
app.command()(items)
app.command()(labels)
app.command()(agreement)
app.command()(sync)
app.command()(assign)
app.command()(close)
app.command("open")(reopen)
app.command()(delete)
