"""What several commands of `spanlake versions` take."""

from typing import Annotated

import typer

from spanlake.errors import UserError

Name = Annotated[str, typer.Argument(metavar="NAME", help="The version's name or id, or @ALIAS.")]
Experiment = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Its experiment.", show_default="the one that has such a version"
    ),
]
By = Annotated[str | None, typer.Option("--by", metavar="WHO", help="Who moves it.")]
Note = Annotated[str | None, typer.Option(metavar="TEXT", help="Why.")]


def pairs(flag: str, given: list[str] | None) -> dict[str, str]:
    """KEY=TEXT pairs. UserError for one that is none."""
    found = {}
    for pair in given or []:
        key, equals, text = pair.partition("=")
        if not equals:
            raise UserError(f"{flag} is {pair}: must be KEY=TEXT, such as model=gpt-4o")
        found[key] = text
    return found
