"""`spanlake datasets versions` and `diff`."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spanlake.cli.datasets.options import Name
from spanlake.cli.output import DataOption, FormatOption, console, print_json, printable

if TYPE_CHECKING:
    from rich.table import Table

    from spanlake.storage.catalog.dataset_versions import DatasetVersion, RecordChange


def versions(name: Name, *, data: DataOption = None, output_format: FormatOption = "table") -> None:
    """The versions of a dataset, oldest first, and how many records each changed."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.dataset_versions import list_versions

    with open_catalog(data) as catalog:
        found = list_versions(catalog, name)
    if output_format == "json":
        print_json(found)
    elif found:
        console().print(_versions(found))
    else:
        typer.echo(
            f"{printable(name)} has no version: no record yet; add some with "
            f"`spanlake datasets add {printable(name)} FILE`",
            err=True,
        )


def diff(
    name: Name,
    before: Annotated[int, typer.Argument(metavar="BEFORE", min=0, help="A version.")],
    after: Annotated[
        int | None, typer.Argument(metavar="[AFTER]", min=0, help="A version, or the newest.")
    ] = None,
    *,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """What is different in the records of a version since another."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.dataset_versions import diff_versions
    from spanlake.storage.catalog.datasets import get_dataset

    with open_catalog(data) as catalog:
        dataset = get_dataset(catalog, name)
        newer = dataset.version if after is None else after
        found = diff_versions(catalog, dataset, before, newer)
    if output_format == "json":
        print_json(found)
        return
    for change in found:
        _print_change(change)
    counts = [
        sum(each.change == kind for each in found) for kind in ("added", "changed", "removed")
    ]
    typer.echo(
        f"{printable(dataset.name)}@{before}..{newer}: {counts[0]:,} added, {counts[1]:,} changed, "
        f"{counts[2]:,} removed"
    )


def _versions(found: "list[DatasetVersion]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from spanlake import quantities

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in ("version", "records", "added", "changed", "removed"):
        table.add_column(heading, justify="right")
    for heading in ("digest", "made", "note"):
        table.add_column(heading)
    for each in found:
        table.add_row(
            *(
                f"{number:,}"
                for number in (
                    each.version,
                    each.record_count,
                    each.added,
                    each.changed,
                    each.removed,
                )
            ),
            each.digest[:12],
            quantities.moment(each.created_at),
            Text(printable(each.note or "")),
        )
    return table


def _print_change(change: "RecordChange") -> None:
    sign, record = {
        "added": ("+", change.after),
        "changed": ("~", change.after),
        "removed": ("-", change.before),
    }[change.change]
    inputs = _text(record.inputs) if record else ""
    typer.echo(f"{sign} {change.record_id} {printable(inputs)}")
    for part in change.parts:
        for mark, side in (("-", change.before), ("+", change.after)):
            value = getattr(side, part)
            if value not in (None, {}):
                typer.echo(f"    {mark} {part}: {printable(_text(value))}")


def _text(value: Any) -> str:  # noqa: ANN401  # any JSON
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
