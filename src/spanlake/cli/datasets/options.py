"""Arguments and options that several commands of `spanlake datasets` have."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from spanlake.storage.datasets.rows import RecordColumns

Name = Annotated[str, typer.Argument(metavar="NAME", help="The dataset.")]
AtVersion = Annotated[
    str, typer.Argument(metavar="NAME[@VERSION]", help="The dataset; its newest version if none.")
]
RecordFile = Annotated[
    Path, typer.Argument(metavar="FILE", help=".jsonl, .json, .csv or .parquet; - for stdin.")
]
FileFormatOption = Annotated[
    Literal["jsonl", "json", "csv", "parquet"] | None,
    typer.Option("--file-format", help="What FILE is.", show_default="what its name ends with"),
]
Inputs = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMN", help="A column that is an input; may be given often."),
]
Outputs = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="The column that holds the outputs.")
]
Expectations = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMN", help="A column that is an expectation; may be given often."),
]
Tags = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMN", help="A column that is a tag; may be given often."),
]
Note = Annotated[str | None, typer.Option(help="What is said of the version this makes.")]
Split = Annotated[str | None, typer.Option(help="Only the records of this split.")]


def record_columns(
    inputs: list[str] | None,
    outputs: str | None,
    expectations: list[str] | None,
    tags: list[str] | None,
) -> "RecordColumns":
    """What the options say of a table's columns."""
    from spanlake.storage.datasets.rows import RecordColumns

    return RecordColumns(tuple(inputs or ()), outputs, tuple(expectations or ()), tuple(tags or ()))
