"""`spanlake runs delete`."""

from typing import Annotated

import typer

from spanlake.cli.output import DataOption, printable
from spanlake.cli.runs.options import RunName


def delete(
    run: RunName,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: DataOption = None,
) -> None:
    """Remove a run from the list; its results and traces stay in the lake."""
    from spanlake.cli.access_catalog import whoever_runs_this
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.runs import delete_run, get_run

    with open_catalog(data) as catalog:
        found = get_run(catalog, run)
        if not yes:
            typer.confirm(f"Remove the run {found.name}?", abort=True, err=True)
        delete_run(catalog, found.run_id, actor=whoever_runs_this())
    typer.echo(f"removed {printable(found.name)}", err=True)
