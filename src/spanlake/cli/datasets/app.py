"""The group of commands `spanlake datasets`."""

import typer

from spanlake.cli.datasets.adding import add, from_traces, import_
from spanlake.cli.datasets.change import create, delete, describe, remove, schema, split, tag
from spanlake.cli.datasets.export import export
from spanlake.cli.datasets.listing import list_
from spanlake.cli.datasets.show import show
from spanlake.cli.datasets.versions import diff, versions

app = typer.Typer(help="Keep the records that apps are evaluated on.", no_args_is_help=True)
app.command("list")(list_)
app.command()(show)
app.command()(create)
app.command()(add)
app.command("from-traces")(from_traces)
app.command("import")(import_)
app.command()(export)
app.command()(versions)
app.command()(diff)
app.command()(split)
app.command()(schema)
app.command()(tag)
app.command()(describe)
app.command()(remove)
app.command()(delete)
