"""`spanlake verify`."""

from typing import TYPE_CHECKING

import typer

from spanlake.cli.output import DataOption, FormatOption, print_json
from spanlake.cli.progress import FileProgress
from spanlake.quantities import counted

if TYPE_CHECKING:
    from spanlake.storage.verify import Damage

DAMAGED = 1


def verify(*, data: DataOption = None, output_format: FormatOption = "table") -> None:
    """Check every stored byte; put damaged files aside and say what is lost. Exit status 1 then.

    A server may be running.
    """
    import spanlake
    from spanlake.storage.verify import verify as verify_files

    with spanlake.connect(data) as lake:
        layout = lake.layout
    with FileProgress() as progress:
        done = verify_files(layout, progress=progress)
    if output_format == "json":
        print_json([_as_json(each) for each in done.damage])
    else:
        for each in done.damage:
            typer.echo(_sentence(each))
        found = counted(len(done.damage), "damaged file") if done.damage else "no damage"
        size = f"{done.size_bytes / 1e6:,.1f} MB"
        typer.echo(f"{counted(done.files, 'file')} ({size}) read: {found}")
    if done.damage:
        raise typer.Exit(DAMAGED)


def _as_json(damage: "Damage") -> dict[str, object]:
    return {
        "table": damage.table,
        "file": str(damage.path),
        "reason": damage.reason,
        "rows": damage.rows,
        "first": damage.first,
        "last": damage.last,
        "aside": None if damage.aside is None else str(damage.aside),
    }


def _sentence(damage: "Damage") -> str:
    lost = "" if not damage.rows else f"; {counted(damage.rows, 'row')} of {damage.table} lost"
    if damage.first and damage.last:
        lost += f", from {damage.first:%Y-%m-%d %H:%M:%S} to {damage.last:%Y-%m-%d %H:%M:%S} UTC"
    aside = f"; it is now {damage.aside}" if damage.aside else ""
    return f"{damage.path}: {damage.reason}{lost}{aside}"
