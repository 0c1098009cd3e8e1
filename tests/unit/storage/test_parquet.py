import random
from contextlib import suppress
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spanlake.entities import Receipt
from spanlake.semconv.columns import TEXT_COLUMNS
from spanlake.storage.parquet import (
    DamagedFileError,
    StoredRequest,
    encode,
    read_requests,
    sealed_options,
)
from spanlake.storage.schema import SPANS, TABLES

REQUESTS = [
    StoredRequest("a" * 32, Receipt(3)),
    StoredRequest("b" * 32, Receipt(2, 1, "span 'é': trace_id is '00'")),
]


def spans(rows: int, **columns: list[str]) -> pa.Table:
    """Spans whose columns are null but for those given."""
    filled = {field.name: pa.nulls(rows, field.type) for field in SPANS}
    filled |= {name: pa.array(values, pa.string()) for name, values in columns.items()}
    return pa.table(filled, SPANS)


def write(path: Path, table: pa.Table, requests: list[StoredRequest]) -> Path:
    path.write_bytes(encode(table, requests, compression_level=3))
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a file of three spans."""
    table = spans(3, name=["a", "b", "c"], input=["hello", "", "world"])
    return write(tmp_path_factory.mktemp("file") / "whole.parquet", table, REQUESTS).read_bytes()


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where to put one file after another."""
    return tmp_path_factory.mktemp("scratch") / "000000000001.parquet"


@pytest.mark.parametrize("table", ["spans", "logs"])
@pytest.mark.parametrize("kind", ["small", "large", "sealed"])
def test_what_is_not_null_is_not_taken_for_it(tmp_path: Path, table: str, kind: str) -> None:
    """DuckDB finds exactly the NULLs of every column of texts that has one value besides."""
    schema = TABLES[table]
    count = 3 if kind == "small" else 3_000
    values = [None, "x" * 32, *["x" * 32] * (count - 2)]
    texts = [field.name for field in schema if field.type == pa.string()]
    columns = {
        field.name: pa.array(values) if field.name in texts else pa.nulls(count, field.type)
        for field in schema
    }
    columns["service_name"] = pa.array([f"service {number}" for number in range(count)])
    if table == "spans":  # of which nothing that is stored lacks its ids
        columns |= {name: pa.array(["y"] * count) for name in ("trace_id", "span_id")}
    rows, path = pa.table(columns, schema), tmp_path / "file.parquet"
    if kind == "sealed":
        pq.write_table(rows, path, **sealed_options(schema, count))
    else:
        write(path, rows, REQUESTS)
    nullable = [name for name in texts if rows[name].null_count]
    assert len(nullable) > 5
    for name in nullable:
        for row in range(3):
            found = duckdb.execute(
                f"SELECT count(*) FROM '{path}' WHERE service_name = 'service {row}'"  # noqa: S608  # of ours
                f" AND {name} IS NULL"
            ).fetchall()
            assert found == [(int(row == 0),)], name


@pytest.mark.parametrize("rows", [1, 20_000])
def test_rows_survive_a_file(tmp_path: Path, rows: int) -> None:
    """What a file is read as, small or large, is what was written, in the same types."""
    letters = random.Random(rows)  # noqa: S311  # any texts, the same each time
    texts = [letters.randbytes(20).hex() for _ in range(rows)]
    table = spans(rows, trace_id=texts, name=texts[::-1], input=texts)
    file = write(tmp_path / "file", table, REQUESTS)
    assert pq.read_table(file).replace_schema_metadata(None).equals(table)


@pytest.mark.parametrize("table", TABLES)
def test_every_table_can_be_empty(tmp_path: Path, table: str) -> None:
    """A file of no rows has the columns of its table all the same."""
    file = write(tmp_path / "file", TABLES[table].empty_table(), [])
    assert pq.read_schema(file).remove_metadata().equals(TABLES[table])


def test_requests_ride_in_the_file(tmp_path: Path) -> None:
    """A file names the requests it answers for, with what each was told."""
    assert read_requests(write(tmp_path / "file", spans(1), REQUESTS)) == REQUESTS


def test_a_file_may_name_no_requests(tmp_path: Path) -> None:
    """A file of rows that came with no request names none, and neither does a foreign one."""
    assert read_requests(write(tmp_path / "file", spans(1), [])) == []
    pq.write_table(spans(1), tmp_path / "foreign")
    assert read_requests(tmp_path / "foreign") == []


def test_no_text_is_in_the_footer(tmp_path: Path) -> None:
    """A long text is in its column alone: statistics would repeat it twice in the footer."""
    texts = {name: [f"{name} {'x' * 50}"] * 3 for name in TEXT_COLUMNS}
    short = {"trace_id": ["1" * 32] * 3, "span_type": ["LLM"] * 3}
    footer = pq.read_metadata(write(tmp_path / "file", spans(3, **short, **texts), []))
    group = footer.row_group(0)
    having = {
        column.path_in_schema
        for column in (group.column(number) for number in range(group.num_columns))
        if column.statistics is not None
    }
    assert having.isdisjoint(TEXT_COLUMNS)
    assert {"trace_id", "start_time", "span_type"} <= having


def test_a_missing_file_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    """A file that is not there is no damage: it may have been sealed in the meantime."""
    with pytest.raises(FileNotFoundError):
        read_requests(tmp_path / "gone.parquet")


@pytest.mark.parametrize("content", [b"", b"P", b"PAR1", b"PAR1PAR1", b"\0" * 100, b"PAR1" * 5])
def test_what_is_no_parquet_is_damaged(tmp_path: Path, content: bytes) -> None:
    """A file that is not Parquet at all is reported as damaged, by its path."""
    file = tmp_path / "file.parquet"
    file.write_bytes(content)
    with pytest.raises(DamagedFileError, match=r"file\.parquet"):
        read_requests(file)


@settings(
    derandomize=True,
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    end=st.none() | st.floats(0, 1),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 7)), max_size=5),
)
def test_any_damage_is_read_or_reported(
    whole: bytes, scratch: Path, end: float | None, flips: list[tuple[float, int]]
) -> None:
    """A file cut short anywhere, with any bits flipped, is read or reported as damaged."""
    damaged = bytearray(whole)
    for place, bit in flips:
        damaged[int(place * len(damaged))] ^= 1 << bit
    if end is not None:
        del damaged[int(end * len(damaged)) :]
    scratch.write_bytes(damaged)
    with suppress(DamagedFileError):
        read_requests(scratch)
