"""Files and tables of records."""

import io
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from spanlake.errors import UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.dataset_merge import merge_records
from spanlake.storage.catalog.dataset_record import NewRecord, read_records
from spanlake.storage.catalog.dataset_versions import find_dataset, iter_records
from spanlake.storage.catalog.datasets import create_dataset, get_dataset
from spanlake.storage.catalog.location import default_location
from spanlake.storage.datasets.files import (
    FILE_FORMATS,
    FileFormat,
    format_of,
    read_file,
    write_records,
)
from spanlake.storage.datasets.rows import RecordColumns, frame_rows

ROWS: list[dict[str, Any]] = [
    {"inputs": {"question": 'a\n"b",c', "n": 1.5}, "outputs": "4", "expectations": {"x": [1]}},
    {"inputs": {"question": "ü"}, "outputs": {"answer": None}, "tags": {"a": "b"}, "split": "dev"},
    {"inputs": {"question": ""}, "outputs": 4},
    {"inputs": {"n": None}},
]


def read(path: Path, columns: RecordColumns = RecordColumns()) -> list[NewRecord]:  # noqa: B008  # it is frozen
    return list(read_file(path, format_of(path), columns))


@pytest.mark.parametrize("output_format", FILE_FORMATS)
def test_an_export_reads_back_as_it_was(tmp_path: Path, output_format: FileFormat) -> None:
    """What is exported in any format and merged again changes nothing; elsewhere it is equal."""
    file = tmp_path / f"records.{output_format}"
    with Catalog.open(default_location(tmp_path)) as catalog:
        create_dataset(catalog, "a")
        create_dataset(catalog, "b")
        merge_records(catalog, "a", read_records(ROWS))
        sink = io.BytesIO()
        at = find_dataset(catalog, "a")
        assert write_records(iter_records(catalog, at), output_format, sink) == len(ROWS)
        file.write_bytes(sink.getvalue())
        assert merge_records(catalog, "a", read(file)).unchanged == len(ROWS)
        merge_records(catalog, "b", read(file))
        assert get_dataset(catalog, "b").digest == at.digest


def test_columns_are_named(tmp_path: Path) -> None:
    """Columns of a table make up inputs, expectations and tags as they are named; others do not."""
    file = tmp_path / "qa.csv"
    file.write_text('q,a,topic,other\n"2+2?",4,math,x\nzip?,01234,,x\n', "utf-8")
    first, second = read(file, RecordColumns(("q",), None, ("a",), ("topic",)))
    assert (first.inputs, first.expectations) == ('{"q":"2+2?"}', {"a": "4"})
    assert first.tags == {"topic": "math"}
    assert (second.expectations, second.tags) == ({"a": "01234"}, {})
    with pytest.raises(UserError, match=r"the column is 'x': the table has the columns q, a"):
        read(file, RecordColumns(("x",)))
    with pytest.raises(UserError, match=r"needs inputs, .* that you name with --inputs"):
        read(file)


def test_dotted_columns(tmp_path: Path) -> None:
    """A column such as inputs.question holds the values of one key."""
    file = tmp_path / "qa.csv"
    file.write_text('inputs.question,expectations.facts,outputs\na,"[1, 2]",yes\n', "utf-8")
    (record,) = read(file)
    assert record.inputs == '{"question":"a"}'
    assert record.expectations == {"facts": [1, 2]}
    assert record.outputs == '"yes"'


@pytest.mark.parametrize(
    ("name", "content", "wrong"),
    [
        ("a.jsonl", b'{"inputs": {"a": 1}}\n\n{"inputs"', r"line 3 is no JSON"),
        ("a.jsonl", b"[1]\n", r"line 1 of .* is of type list"),
        ("a.json", b"{}", r"must be an array of records"),
        ("a.csv", b"inputs\n\xff\n", r"is no csv"),
        ("a.csv", b"inputs\nhello\n", r"the column inputs has the text 'hello': must hold objects"),
        ("a.parquet", b"PAR1", r"is no parquet"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, content: bytes, wrong: str) -> None:
    """What is wrong with a file is said with the line it is in."""
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(UserError, match=wrong):
        read(file)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A file that is missing, or of no known kind, is named."""
    with pytest.raises(UserError, match=r"cannot be read \(No such file or directory\)"):
        read(tmp_path / "a.jsonl")
    with pytest.raises(UserError, match=r"must end with .jsonl"):
        format_of(Path("a.xlsx"))


@pytest.mark.parametrize("library", ["pandas", "polars", "arrow"])
def test_data_frames(library: str) -> None:
    """DataFrames of each library give the same records; an empty cell says nothing."""
    inputs = [{"q": "a", "n": 2}, {"q": "b"}]
    expectations = [{"x": 1}, None]
    columns: dict[str, Any] = {
        "inputs": inputs,
        "outputs": ["y", None],
        "expectations": expectations,
    }
    frame: Any = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "arrow": pa.table}[library](
        columns
    )
    first, second = read_records(frame_rows(frame))
    assert (first.inputs, second.inputs) == ('{"n":2,"q":"a"}', '{"q":"b"}')
    assert (first.outputs, second.outputs, second.has_outputs) == ('"y"', None, False)
    assert (first.expectations, second.expectations) == ({"x": 1}, {})
