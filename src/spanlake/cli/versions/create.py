"""`spanlake versions create`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, print_json, printable
from spanlake.cli.pairs import pairs
from spanlake.errors import UserError

if TYPE_CHECKING:
    from spanlake.entities.git import GitState


def create(  # noqa: PLR0913  # a flag each
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="As the app's spans have it in app_version.")
    ],
    *,
    experiment: Annotated[str, typer.Option(metavar="NAME", help="Its experiment.")] = "default",
    description: Annotated[str | None, typer.Option(help="What is new.")] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=TEXT", help="What it is made with; may be given often."),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=TEXT", help="What else is to be known; may be given often."),
    ] = None,
    git: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The repository whose commit it is built from."),
    ] = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Make a version before its first span does, or say more of one; a repeat is harmless."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.versions import create_external_version

    with open_catalog(data) as catalog:
        made = create_external_version(
            catalog,
            name,
            experiment=experiment,
            description=description,
            params=pairs("--param", param, example="model=gpt-4o"),
            tags=pairs("--tag", tag, example="team=support"),
            git=None if git is None else _git(git),
        )
    if output_format == "json":
        print_json([made])
    else:
        typer.echo(f"version {printable(made.name)} of {printable(made.experiment)}")


def _git(directory: Path) -> "GitState":
    from spanlake.instrumentation.git import git_state

    found = git_state(directory)
    if found is None:
        raise UserError(
            f"--git is {directory}: must be in a git repository with a commit; leave it out"
        )
    return found
