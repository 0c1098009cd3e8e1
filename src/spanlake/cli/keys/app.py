"""The group of commands `spanlake keys`."""

import typer

from spanlake.cli.keys.create import create
from spanlake.cli.keys.listing import list_
from spanlake.cli.keys.revoke import revoke

app = typer.Typer(help="API keys: for apps that send, and programs that ask.", no_args_is_help=True)
app.command()(create)
app.command("list")(list_)
app.command()(revoke)
