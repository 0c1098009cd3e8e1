"""`spanlake versions delete`."""

from typing import Annotated

import typer

from spanlake.cli.output import DataOption, printable
from spanlake.cli.versions.options import Experiment, Name


def delete(
    name: Name,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    experiment: Experiment = None,
    data: DataOption = None,
) -> None:
    """Remove a version that never had an alias; its traces stay in the lake."""
    from spanlake.cli.access_catalog import whoever_runs_this
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.versions import delete_version, get_version

    with open_catalog(data) as catalog:
        found = get_version(catalog, name, experiment=experiment)
        shown = f"{printable(found.name)} of {printable(found.experiment)}"
        if not yes:
            typer.confirm(f"Remove the version {shown}?", abort=True, err=True)
        delete_version(catalog, found.name, experiment=found.experiment, actor=whoever_runs_this())
    typer.echo(f"removed {shown}", err=True)
