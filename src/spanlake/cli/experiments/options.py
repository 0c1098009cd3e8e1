"""What several commands of `spanlake experiments` take."""

from typing import Annotated

import typer

Name = Annotated[str, typer.Argument(metavar="NAME", help="The experiment's name.")]
Tags = Annotated[list[str], typer.Argument(metavar="TAG...", help="Tags.")]
