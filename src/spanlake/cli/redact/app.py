"""The group of commands `spanlake redact`."""

import typer

from spanlake.cli.redact.checking import check
from spanlake.cli.redact.people import erase, reveal
from spanlake.cli.redact.rules import rules

app = typer.Typer(help="Try rules of redaction; read and erase tokens.", no_args_is_help=True)
app.command()(rules)
app.command()(check)
app.command()(reveal)
app.command()(erase)
