"""`spanlake queues assign`, `close`, `open` and `delete`."""

from typing import Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, print_json, printable
from spanlake.cli.queues.options import Queue, ReviewersPerItem, values_of


def assign(
    queue: Queue,
    users: Annotated[
        list[str] | None, typer.Argument(metavar="[WHO]...", help="Nobody is anybody.")
    ] = None,
    *,
    reviewers_per_item: ReviewersPerItem = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Say anew who reviews; what others answered stays."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.labels.queues import assign_users

    with open_catalog(data) as catalog:
        changed = assign_users(catalog, queue, users or [], reviewers_per_item=reviewers_per_item)
    if output_format == "json":
        print_json([values_of(changed)])
    else:
        who = ", ".join(changed.assigned_users) or "anybody"
        typer.echo(
            f"{printable(changed.name)} is reviewed by {printable(who)}, "
            f"{changed.reviewers_per_item} an item"
        )


def close(queue: Queue, *, data: DataOption = None, output_format: FormatOption = "table") -> None:
    """Take no more answers."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.labels.queues import close_queue

    with open_catalog(data) as catalog:
        changed = close_queue(catalog, queue)
    if output_format == "json":
        print_json([values_of(changed)])
    else:
        typer.echo(f"{printable(changed.name)} is closed")


def reopen(queue: Queue, *, data: DataOption = None, output_format: FormatOption = "table") -> None:
    """Take answers again."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.labels.queues import reopen_queue

    with open_catalog(data) as catalog:
        changed = reopen_queue(catalog, queue)
    if output_format == "json":
        print_json([values_of(changed)])
    else:
        typer.echo(f"{printable(changed.name)} is open")


def delete(queue: Queue, *, data: DataOption = None, output_format: FormatOption = "table") -> None:
    """Remove a queue with its items and answers; the assessments they became stay."""
    from spanlake.cli.access_catalog import whoever_runs_this
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.labels.queues import delete_queue

    with open_catalog(data) as catalog:
        delete_queue(catalog, queue, actor=whoever_runs_this())
    if output_format == "json":
        print_json([{"name": queue}])
    else:
        typer.echo(f"{printable(queue)} is deleted")
