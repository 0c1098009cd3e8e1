"""`spanlake redact reveal` and `spanlake redact erase`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, print_json
from spanlake.errors import NotFoundError, UserError

if TYPE_CHECKING:
    from spanlake.collector.redaction.secret_keys import SecretKeys


def reveal(
    text: Annotated[
        str | None,
        typer.Argument(metavar="TEXT", help="A text with tokens.", show_default="stdin"),
    ] = None,
    *,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Print a text with the values of its tokens; those of erased people stay as they are."""
    from spanlake.collector.redaction.replacing import TOKEN, revealed

    given = sys.stdin.read() if text is None else text
    if not TOKEN.search(given):
        raise UserError(
            f"TEXT is {given:.60}: must have a token, such as [email:token:...]; "
            "take it from a column of `spans`"
        )
    plain = revealed(given, _keys(data))
    if output_format == "json":
        print_json([{"text": given, "revealed": plain}])
    else:
        typer.echo(plain)


def erase(
    subject: Annotated[
        str, typer.Argument(metavar="SUBJECT", help="A user's id, as apps sent it.")
    ],
    *,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Remove a person's key: what tokens hold of them can never be read again."""
    from spanlake.cli.access_catalog import whoever_runs_this
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.audit_log import person_erased, record_alone

    with open_catalog(data) as catalog:
        if not _keys(data).erase(subject):
            raise NotFoundError(
                f"SUBJECT is {subject}: must have tokens, and nobody of that id has; "
                "`spanlake traces delete` removes traces that have none"
            )
        record_alone(catalog, [person_erased(whoever_runs_this())])
    if output_format == "json":
        print_json([{"subject": subject, "erased": True}])
    else:
        typer.echo("erased")


def _keys(data: str | None) -> "SecretKeys":
    from spanlake.collector.redaction.processor import FOLDER
    from spanlake.collector.redaction.secret_keys import SecretKeys
    from spanlake.config import data_path

    return SecretKeys(Path(data_path(data)) / FOLDER)
