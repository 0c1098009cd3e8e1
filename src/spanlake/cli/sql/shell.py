"""What can be typed at the SQL prompt: queries, and commands that start with a dot."""

import typer

from spanlake.cli.sql.answer import print_table
from spanlake.errors import UserError
from spanlake.storage.lake import Lake
from spanlake.storage.query import view_columns

_COMMANDS = (".tables", ".schema VIEW", ".help", ".quit")

HELP = """\
A query may have several lines, and ends with ;
.tables        the views
.schema VIEW   the columns of a view
.help          this
.quit          leave, as Ctrl-D does; Ctrl-C ends a query that takes too long"""


class Shell:
    """Does what is typed, one entry after another. An error is printed, and ends nothing."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def run(self, entry: str) -> bool:
        """Do one entry; whether there shall be another."""
        entry = entry.strip()
        try:
            if entry in {".quit", ".exit"}:
                return False
            if entry.startswith("."):
                self._command(*entry.rstrip(";").split())
            elif entry.strip(";").strip():
                print_table(self._lake, entry)
        except UserError as error:
            typer.echo(f"error: {error}", err=True)
        return True

    def words(self) -> list[str]:
        """What can be completed: the views, their columns and the commands."""
        views = view_columns(self._lake)
        columns = {column for of_view in views.values() for column in of_view}
        return [*sorted({*views, *columns}), *_COMMANDS]

    def _command(self, name: str, *arguments: str) -> None:
        match name, arguments:
            case ".tables", ():
                typer.echo("\n".join(view_columns(self._lake)))
            case ".schema", (view,):
                self._print_schema(view)
            case ".help", ():
                typer.echo(HELP)
            case _:
                typed = " ".join([name, *arguments])
                raise UserError(f"{typed} is no command: the commands are {', '.join(_COMMANDS)}")

    def _print_schema(self, view: str) -> None:
        views = view_columns(self._lake)
        if view not in views:
            raise UserError(f".schema {view}: must name a view, one of {', '.join(views)}")
        width = max(map(len, views[view]))
        for column, kind in views[view].items():
            typer.echo(f"{column:<{width}}  {kind}")


def is_whole(entry: str) -> bool:
    """Whether Enter shall do what is typed so far, or begin another line of it."""
    entry = entry.strip()
    return not entry or entry.startswith(".") or entry.endswith(";")
