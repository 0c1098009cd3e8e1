"""`spanlake queues labels` and `sync`."""

from typing import Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, console, print_json, printable
from spanlake.cli.queues.options import Queue


def labels(
    queue: Queue,
    *,
    final: Annotated[bool, typer.Option("--final", help="Only what the queue came to.")] = False,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """What reviewers answered, and what was decided where they differ."""
    import orjson
    from rich.table import Table
    from rich.text import Text

    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.labels.labels import list_labels

    with open_catalog(data) as catalog:
        found = [each for each in list_labels(catalog, queue) if each.is_final or not final]
    if output_format == "json":
        print_json(found)
        return
    if not found:
        typer.echo("no labels; reviewers answer at http://localhost:4318/review", err=True)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in ("of", "name", "value", "reviewer", "final", "comment"):
        table.add_column(heading)
    for each in found:
        value = each.value if isinstance(each.value, str) else orjson.dumps(each.value).decode()
        who = f"{each.reviewer} decided" if each.role == "adjudicator" else each.reviewer
        table.add_row(
            Text(printable(each.session_id or (each.trace_id or "")[:12])),
            Text(printable(each.name)),
            Text(printable(value)),
            Text(printable(who)),
            "yes" if each.is_final else "",
            Text(printable(each.comment or "")),
        )
    console().print(table)


def sync(
    queue: Queue,
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="Made if it is new.")],
    *,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Merge what the labels expect of each item into a dataset, as its next version."""
    import spanlake
    from spanlake.cli.catalog import open_catalog
    from spanlake.quantities import counted
    from spanlake.storage.labels.publishing import publish
    from spanlake.storage.labels.sync import sync_expectations

    with spanlake.connect(data) as lake, open_catalog(data) as catalog:
        publish(lake, catalog, queue)
        synced = sync_expectations(lake, catalog, queue, dataset)
    if output_format == "json":
        print_json([synced])
        return
    typer.echo(
        f"{printable(dataset)}@{synced.version}: {counted(synced.added, 'record')} added, "
        f"{synced.changed:,} changed, {synced.unchanged:,} unchanged"
    )
    if synced.undecided:
        typer.echo(
            f"{counted(synced.undecided, 'item')} left out: reviewers differ, and nobody decided",
            err=True,
        )
    if synced.lost:
        typer.echo(f"{counted(synced.lost, 'item')} left out: stored no more", err=True)
