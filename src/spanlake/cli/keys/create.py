"""`spanlake keys create`."""

from typing import TYPE_CHECKING, Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, print_json

if TYPE_CHECKING:
    from datetime import datetime


def create(  # noqa: PLR0913  # a flag each
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who will have it.")],
    *,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="ingest, read, label, edit or admin; repeat it for more than one."),
    ] = None,
    experiment: Annotated[
        str | None, typer.Option(metavar="NAME", help="The only one it is for.", show_default="any")
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="In 90d, or 2027-01-31.", show_default="never"),
    ] = None,
    requests_per_minute: Annotated[
        int | None, typer.Option(help="More are refused for a while.", show_default="no limit")
    ] = None,
    bytes_per_day: Annotated[
        int | None,
        typer.Option(help="More are refused until midnight UTC.", show_default="no limit"),
    ] = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Make a key and print it, this once; nobody can show it again."""
    from dataclasses import asdict
    from datetime import UTC, datetime

    from spanlake.cli.access_catalog import (
        open_or_make_catalog,
        warn_if_first,
        whoever_runs_this,
    )
    from spanlake.cli.keys.rows import KeyRow
    from spanlake.storage.catalog.access_state import is_access_in_use
    from spanlake.storage.catalog.keys import create_key

    now = datetime.now(UTC)
    ends = None if expires is None else _expiry(expires, now)
    with open_or_make_catalog(data) as catalog:
        is_first = not is_access_in_use(catalog)
        made = create_key(
            catalog,
            name,
            scope or [],
            actor=whoever_runs_this(),
            experiment=experiment,
            expires_at=ends,
            requests_per_minute=requests_per_minute,
            bytes_per_day=bytes_per_day,
        )
    if output_format == "json":
        print_json([asdict(KeyRow.of(made.key, now)) | {"key": made.text}])
    else:
        typer.echo(made.text)
        typer.echo("this is the key; it is shown this once", err=True)
    warn_if_first(is_first=is_first)


def _expiry(text: str, now: "datetime") -> "datetime":
    from spanlake.cli.since import parse_since
    from spanlake.errors import UserError

    try:
        moment = parse_since(text, now=now, flag="--expires")
        # What would be so long ago is as long ahead.
        return now + (now - moment) if text[-1:] in "smhdw" else moment
    except (UserError, OverflowError):
        raise UserError(
            f"--expires is {text}: must be how long ahead, such as 90d, or a date such as "
            "2027-01-31; or leave it out"
        ) from None
