"""What several commands of `spanlake versions` take."""

from typing import Annotated

import typer

Name = Annotated[str, typer.Argument(metavar="NAME", help="The version's name or id, or @ALIAS.")]
Experiment = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Its experiment.", show_default="the one that has such a version"
    ),
]
By = Annotated[str | None, typer.Option("--by", metavar="WHO", help="Who moves it.")]
Note = Annotated[str | None, typer.Option(metavar="TEXT", help="Why.")]
