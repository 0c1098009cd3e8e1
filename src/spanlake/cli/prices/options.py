"""What several commands of `spanlake prices` take."""

from typing import Annotated

import typer

Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="As spans have it; * is any text, such as gpt-4o*.")
]
Provider = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="As spans have it; * is any text.", show_default="any"),
]
ValidFrom = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="TIME", help="2026-11-21, or 30d ago, and so on.", show_default="now"
    ),
]
ValidTo = Annotated[
    str | None, typer.Option("--to", metavar="TIME", help="The end.", show_default="none")
]
Note = Annotated[str | None, typer.Option(metavar="TEXT", help="Why, or by which contract.")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="TIME", help="The prices of that time.", show_default="now"),
]
