"""`spanlake keys revoke`."""

from typing import Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, console, print_json


def revoke(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its id, or its name.")],
    *,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Revoke a key: a server refuses it within a second, for good."""
    from datetime import UTC, datetime

    from spanlake.cli.access_catalog import whoever_runs_this
    from spanlake.cli.catalog import open_catalog
    from spanlake.cli.keys.rows import KeyRow, key_table
    from spanlake.storage.catalog.keys import revoke_key

    with open_catalog(data) as catalog:
        revoked = revoke_key(catalog, key, actor=whoever_runs_this())
    rows = [KeyRow.of(revoked, datetime.now(UTC))]
    if output_format == "json":
        print_json(rows)
    else:
        console().print(key_table(rows))
