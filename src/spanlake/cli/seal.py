"""`spanlake seal`."""

import typer

from spanlake.cli.output import DataOption, FormatOption, print_json
from spanlake.cli.progress import FileProgress
from spanlake.quantities import counted


def seal(*, data: DataOption = None, output_format: FormatOption = "table") -> None:
    """Move what has been committed into the Delta tables, and merge small files there.

    `spanlake serve` does so by itself every few seconds. A server may be running.
    """
    import spanlake
    from spanlake.storage.schema import TABLES
    from spanlake.storage.upkeep import Upkeep

    with spanlake.connect(data) as lake:
        layout = lake.layout
    upkeep = Upkeep(layout, threads=2)
    done = {}
    with FileProgress() as progress:
        for at, table in enumerate(TABLES):
            progress(at, len(TABLES))
            done[table] = upkeep.run(table, fanout=2)
            upkeep.tidy(table)
        upkeep.sum_up()
        progress(len(TABLES), len(TABLES))
    if output_format == "json":
        print_json(
            [
                {
                    "table": table,
                    "files": each.sealed.files,
                    "rows": each.sealed.rows,
                    "repeated": each.sealed.repeated,
                    "merged": each.compacted.before,
                }
                for table, each in done.items()
            ]
        )
        return
    for table, each in done.items():
        if each.sealed.files or each.compacted.before:
            typer.echo(
                f"{table}: {counted(each.sealed.rows, 'row')} of "
                f"{counted(each.sealed.files, 'file')} sealed, "
                f"{counted(each.compacted.before, 'file')} merged"
            )
    if not any(each.sealed.files or each.compacted.before for each in done.values()):
        typer.echo("nothing to seal")
