"""`spanlake datasets export`."""

from typing import Annotated, Literal

import typer

from spanlake.cli.datasets.options import AtVersion, Split
from spanlake.cli.output import DataOption, OutputOption, output_file
from spanlake.quantities import counted


def export(
    name: AtVersion,
    *,
    split: Split = None,
    output_format: Annotated[
        Literal["jsonl", "json", "csv", "parquet"] | None,
        typer.Option("--format", show_default="what the name after -o ends with, or jsonl"),
    ] = None,
    output: OutputOption = None,
    data: DataOption = None,
) -> None:
    """Write the records of a version; `datasets import` reads them back as they are."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.dataset_versions import find_dataset, iter_records
    from spanlake.storage.datasets.files import format_of, write_records

    is_stdout = output is None or str(output) == "-"
    chosen = output_format or ("jsonl" if output is None or is_stdout else format_of(output))
    with open_catalog(data) as catalog:
        found = find_dataset(catalog, name)
        with output_file(output, binary=chosen == "parquet") as file:
            count = write_records(iter_records(catalog, found, split=split), chosen, file)
    if not is_stdout:
        typer.echo(f"{counted(count, 'record')} of {found} written to {output}", err=True)
