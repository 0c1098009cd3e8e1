"""The commands of `spanlake versions` that move aliases, and that show how they moved."""

from typing import Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, console, print_json, printable
from spanlake.cli.versions.options import By, Experiment, Name, Note

_Alias = Annotated[str, typer.Argument(metavar="ALIAS", help="Such as champion.")]


def alias(  # noqa: PLR0913  # a flag each
    name: Name,
    alias: _Alias,
    *,
    expected: Annotated[
        str | None,
        typer.Option(metavar="NAME", help='Only if this version bears it now; "" for none.'),
    ] = None,
    by: By = None,
    note: Note = None,
    experiment: Experiment = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Give an alias to a version, whichever bore it; the move is recorded."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.version_moves import set_alias

    with open_catalog(data) as catalog:
        changed = set_alias(
            catalog,
            name,
            alias,
            experiment=experiment,
            moved_by=by,
            note=note,
            expected=expected,
        )
    if output_format == "json":
        print_json([changed])
    else:
        shown = printable(alias.removeprefix("@"))
        typer.echo(f"{shown} is {printable(changed.name)} of {printable(changed.experiment)}")


def unalias(  # noqa: PLR0913  # a flag each
    alias: _Alias,
    *,
    by: By = None,
    note: Note = None,
    experiment: Annotated[
        str, typer.Option(metavar="NAME", help="Of this experiment.")
    ] = "default",
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Take an alias away from the version that bears it."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.version_moves import remove_alias

    with open_catalog(data) as catalog:
        remove_alias(catalog, alias, experiment=experiment, moved_by=by, note=note)
    if output_format == "json":
        print_json([{"experiment": experiment, "alias": alias.removeprefix("@")}])
    else:
        typer.echo(f"{printable(alias.removeprefix('@'))} is of no version")


def aliases(
    *, experiment: Experiment = None, data: DataOption = None, output_format: FormatOption = "table"
) -> None:
    """Every move of an alias, the last one first."""
    from rich.table import Table
    from rich.text import Text

    from spanlake import quantities
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.version_moves import alias_moves

    with open_catalog(data) as catalog:
        moves = alias_moves(catalog, experiment=experiment)
    if output_format == "json":
        print_json(moves)
        return
    if not moves:
        typer.echo("no aliases; `spanlake versions alias` gives one to a version", err=True)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in ("time", "experiment", "alias", "version", "before", "by", "note"):
        table.add_column(heading)
    for each in moves:
        table.add_row(
            quantities.moment(each.moved_at),
            *(
                Text(printable(text or quantities.UNKNOWN))
                for text in (
                    each.experiment,
                    each.alias,
                    each.version,
                    each.previous,
                    each.moved_by,
                    each.note,
                )
            ),
        )
    console().print(table)
