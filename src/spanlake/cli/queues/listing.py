"""`spanlake queues list`, `show` and `items`."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from spanlake.cli.output import DataOption, FormatOption, console, print_json, printable
from spanlake.cli.queues.options import Queue, values_of

if TYPE_CHECKING:
    from rich.table import Table

    from spanlake.entities.review import ReviewQueue


def list_(*, data: DataOption = None, output_format: FormatOption = "table") -> None:
    """Every queue, the newest first, with how far it is."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.labels.queues import list_queues

    with open_catalog(data) as catalog:
        found = list_queues(catalog)
    if output_format == "json":
        print_json([values_of(each) for each in found])
    elif found:
        console().print(_table(found))
    else:
        typer.echo(
            "no queues; make one with `spanlake queues create NAME --schema expected_response "
            "--limit 20`",
            err=True,
        )


def show(queue: Queue, *, data: DataOption = None, output_format: FormatOption = "table") -> None:
    """One queue with all that is said of it."""
    from spanlake import quantities
    from spanlake.cli.catalog import open_catalog
    from spanlake.cli.schemas.listing import taken
    from spanlake.storage.catalog.labels.queues import get_queue

    with open_catalog(data) as catalog:
        found = get_queue(catalog, queue)
    if output_format == "json":
        print_json([values_of(found)])
        return
    counts, rule = found.counts, found.rule
    lines = [
        ("name", found.name),
        ("description", found.description or ""),
        ("items", f"{counts.items:,}"),
        *(
            (status, f"{getattr(counts, status):,}")
            for status in ("pending", "complete", "skipped", "declined")
        ),
        ("reviewers", ", ".join(found.assigned_users) or "anybody"),
        ("an item", quantities.counted(found.reviewers_per_item, "answer")),
        ("content", found.content),
        ("rule", "" if rule is None else f"{rule.filter or 'all'} ({rule.sample:g})"),
        ("made", quantities.moment(found.created_at)),
        ("state", "open" if found.closed_at is None else "closed"),
        *((f"asks {each.name}", taken(each.input)) for each in found.schemas),
    ]
    width = max(len(heading) for heading, _ in lines)
    for heading, text in lines:
        if text:
            typer.echo(f"{printable(heading):<{width}}  {printable(text)}")


def items(
    queue: Queue,
    *,
    status: Annotated[
        Literal["pending", "complete", "skipped", "declined"] | None,
        typer.Option(help="Only those."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="The first so many.")] = 100,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """The items of a queue, in their order."""
    from rich.table import Table
    from rich.text import Text

    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.labels.items import list_items

    with open_catalog(data) as catalog:
        found = list_items(catalog, queue, status=status, limit=limit)
    if output_format == "json":
        print_json(found)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in ("#", "trace or session", "step", "status", "answers", "item"):
        table.add_column(heading, no_wrap=True)
    for each in found:
        table.add_row(
            str(each.position),
            Text(printable(each.session_id or each.trace_id or "")),
            each.span_id or "",
            each.status,
            str(each.complete),
            each.item_id,
        )
    console().print(table)


def _table(queues: "list[ReviewQueue]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from spanlake import quantities

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in ("name", "done", "items", "reviewers", "asks", "made", "state"):
        table.add_column(heading, justify="right" if heading in {"done", "items"} else "left")
    for each in queues:
        table.add_row(
            Text(printable(each.name)),
            f"{each.counts.done:,}",
            f"{each.counts.items:,}",
            Text(printable(", ".join(each.assigned_users) or "anybody")),
            Text(printable(", ".join(schema.name for schema in each.schemas))),
            quantities.moment(each.created_at),
            "open" if each.closed_at is None else "closed",
        )
    return table
