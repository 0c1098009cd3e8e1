"""The group of commands `spanlake assessments`."""

import typer

from spanlake.cli.assessments.change import delete, log, override
from spanlake.cli.assessments.listing import list_

app = typer.Typer(help="What is said of traces: feedback and expectations.", no_args_is_help=True)
app.command("list")(list_)
app.command()(log)
app.command()(override)
app.command()(delete)
