"""`spanlake datasets list`."""

from typing import TYPE_CHECKING, Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, console, print_json, printable

if TYPE_CHECKING:
    from rich.table import Table

    from spanlake.storage.catalog.datasets import Dataset


def list_(
    *,
    tag: Annotated[
        str | None, typer.Option(metavar="KEY[=VALUE]", help="Only those with this tag.")
    ] = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """The datasets, by name."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.datasets import list_datasets

    with open_catalog(data) as catalog:
        found = [each for each in list_datasets(catalog) if _has(each, tag)]
    if output_format == "json":
        print_json(found)
    elif found:
        console().print(_table(found))
    else:
        typer.echo("no datasets; make one with `spanlake datasets create NAME`", err=True)


def _has(dataset: "Dataset", tag: str | None) -> bool:
    if tag is None:
        return True
    key, equals, value = tag.partition("=")
    return key in dataset.tags and (not equals or dataset.tags[key] == value)


def _table(datasets: "list[Dataset]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from spanlake import quantities

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("name", max_width=40)
    table.add_column("version", justify="right")
    table.add_column("records", justify="right")
    table.add_column("digest", no_wrap=True)
    table.add_column("changed", no_wrap=True)
    table.add_column("tags")
    table.add_column("description")
    for each in datasets:
        table.add_row(
            Text(printable(each.name)),
            str(each.version),
            f"{each.record_count:,}",
            each.digest[:12],
            quantities.moment(each.updated_at),
            Text(printable(", ".join(f"{key}={value}" for key, value in each.tags.items()))),
            Text(printable(each.description or "")),
        )
    return table
