"""`spanlake keys list`."""

from typing import Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, console, print_json


def list_(
    *,
    all_: Annotated[
        bool, typer.Option("--all", help="Those that are revoked or expired, too.")
    ] = False,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """The keys there are, with what they may do and when they were last used."""
    from datetime import UTC, datetime

    from spanlake.cli.catalog import open_catalog
    from spanlake.cli.keys.rows import KeyRow, key_table
    from spanlake.storage.catalog.keys import list_keys

    now = datetime.now(UTC)
    with open_catalog(data) as catalog:
        rows = [KeyRow.of(key, now) for key in list_keys(catalog)]
    chosen = [row for row in rows if all_ or row.state == "active"]
    if output_format == "json":
        print_json(chosen)
    elif chosen:
        console().print(key_table(chosen))
    else:
        typer.echo("no keys; `spanlake keys create NAME --scope ingest` makes one", err=True)
