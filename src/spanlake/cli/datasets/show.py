"""`spanlake datasets show`."""

from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from spanlake.cli.datasets.options import AtVersion, Split
from spanlake.cli.output import DataOption, FormatOption, console, print_json, printable

if TYPE_CHECKING:
    from rich.table import Table

    from spanlake.storage.catalog.dataset_record import DatasetRecord
    from spanlake.storage.catalog.dataset_versions import DatasetAt


def show(
    name: AtVersion,
    *,
    split: Split = None,
    limit: Annotated[int, typer.Option(min=0, help="How many records at most.")] = 20,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """A dataset and its first records; with --format json the records alone."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.dataset_versions import find_dataset, iter_records

    with open_catalog(data) as catalog:
        found = find_dataset(catalog, name)
        records = list(islice(iter_records(catalog, found, split=split), limit))
    if output_format == "json":
        print_json(records)
        return
    console().print(_summary(found))
    if records:
        console().print()
        console().print(_records(records))


def _summary(found: "DatasetAt") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from spanlake import quantities

    dataset = found.dataset
    table = Table.grid(padding=(0, 2))
    for heading, value in (
        ("name", dataset.name),
        ("id", dataset.dataset_id),
        ("version", f"{found.version} of {dataset.version}"),
        ("records", f"{found.record_count:,}"),
        ("digest", found.digest),
        ("a record is", f"one {dataset.granularity}" if dataset.granularity else ""),
        ("description", dataset.description),
        ("experiment", dataset.experiment),
        ("tags", ", ".join(f"{key}={value}" for key, value in dataset.tags.items())),
        ("inputs schema", dataset.inputs_schema),
        ("expectations schema", dataset.expectations_schema),
        ("created", quantities.moment(dataset.created_at)),
        ("changed", quantities.moment(dataset.updated_at)),
    ):
        table.add_row(Text(heading, "dim"), Text(printable(value or quantities.UNKNOWN)))
    return table


def _records(records: "list[DatasetRecord]") -> "Table":
    import json

    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("record_id", no_wrap=True, min_width=34)
    for heading in ("split", "inputs", "outputs", "expectations"):
        table.add_column(heading, no_wrap=True)
    for each in records:
        cells = [
            "" if not value else value if isinstance(value, str) else json.dumps(value)
            for value in (each.inputs, each.outputs, each.expectations)
        ]
        table.add_row(
            each.record_id,
            Text(printable(each.split or "")),
            *(Text(printable(cell), no_wrap=True, overflow="ellipsis") for cell in cells),
        )
    return table
