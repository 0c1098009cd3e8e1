"""The group of commands `spanlake prices`."""

import typer

from spanlake.cli.prices.importing import import_
from spanlake.cli.prices.listing import history, list_
from spanlake.cli.prices.recost import recost
from spanlake.cli.prices.setting import set_, unset
from spanlake.cli.prices.show import show

app = typer.Typer(
    help="Custom prices of models, which go before the built-in ones.", no_args_is_help=True
)
app.command("list")(list_)
app.command()(show)
app.command("set")(set_)
app.command()(unset)
app.command("import")(import_)
app.command()(history)
app.command()(recost)
