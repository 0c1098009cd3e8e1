"""A query's answer in every format."""

import csv
import io
import json
from collections.abc import Iterator

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spanlake.errors import UserError
from spanlake.storage.lake import Lake
from spanlake.storage.results.formats import Preview, ResultFormat, preview, write_result

QUERY = """
    SELECT range AS n, if(n = 1, NULL, n::VARCHAR || ',"\n') AS text, MAP {'k': n} AS map,
        TIMESTAMPTZ '2026-11-21 09:00:00+09' AS time
    FROM range(3)
"""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """A lake without any data."""
    with Lake(tmp_path_factory.mktemp("lake")) as opened:
        yield opened


def written(lake: Lake, output_format: ResultFormat, query: str = QUERY) -> bytes:
    """The answer in a format."""
    sink = io.BytesIO()
    write_result(lake.sql(query), output_format, sink)
    return sink.getvalue()


def test_json_is_one_array(lake: Lake) -> None:
    """JSON has all rows in one array, and json lines the same, each on its line."""
    rows = json.loads(written(lake, "json"))
    assert rows[1] == {"n": 1, "text": None, "map": {"k": 1}, "time": "2026-11-21T00:00:00Z"}
    assert [json.loads(line) for line in written(lake, "jsonl").splitlines()] == rows


@pytest.mark.parametrize(
    ("output_format", "empty"), [("json", b"[]\n"), ("jsonl", b""), ("csv", b"a,b\n")]
)
def test_no_rows(lake: Lake, output_format: ResultFormat, empty: bytes) -> None:
    """An answer without rows is an empty array, no line, or a header."""
    assert written(lake, output_format, "SELECT 1 AS a, 2 AS b WHERE false") == empty


def test_csv_can_be_read_back(lake: Lake) -> None:
    """CSV quotes what needs it, writes what is nested as JSON, and NULL as nothing."""
    rows = list(csv.DictReader(io.StringIO(written(lake, "csv").decode())))
    assert rows[0] == {
        "n": "0",
        "text": '0,"\n',
        "map": '{"k":0}',
        "time": "2026-11-21 00:00:00+00",
    }
    assert rows[1]["text"] == ""


def test_csv_tells_null_from_the_empty_text(lake: Lake) -> None:
    """The empty text is in quotes, NULL is not there at all."""
    assert written(lake, "csv", "SELECT '' AS a, NULL AS b, 1 AS c") == b'a,b,c\n"",,1\n'


def test_parquet_and_arrow_keep_types(lake: Lake) -> None:
    """Parquet and Arrow have the rows with the types that SQL has."""
    parquet = pq.read_table(io.BytesIO(written(lake, "parquet")))
    arrow = pa.ipc.open_stream(written(lake, "arrow")).read_all()
    assert parquet.to_pylist() == arrow.to_pylist()
    assert parquet.schema.types == [
        pa.int64(),
        pa.string(),
        pa.map_(pa.string(), pa.int64()),
        pa.timestamp("us", "UTC"),
    ]


@pytest.mark.parametrize("output_format", ["csv", "parquet", "arrow"])
def test_columns_with_one_name_are_all_there(lake: Lake, output_format: ResultFormat) -> None:
    """Columns of one name are told apart in every format."""
    content = written(lake, output_format, "SELECT 1 AS a, 2 AS a")
    match output_format:
        case "parquet":
            names = pq.read_schema(io.BytesIO(content)).names
        case "arrow":
            names = pa.ipc.open_stream(content).schema.names
        case _:
            names = pl.read_csv(content).columns
    assert names == ["a", "a_1"]


def test_a_type_that_a_format_lacks_is_the_users_matter(lake: Lake) -> None:
    """Parquet has no unions: the message says so and what to do."""
    with pytest.raises(UserError, match=r"^parquet cannot hold this answer .*; cast the column"):
        written(lake, "parquet", "SELECT union_value(a := 1) AS u")


def test_a_preview_has_so_many_rows(lake: Lake) -> None:
    """A preview has the first rows as text, and says whether there are more."""
    assert preview(lake.sql("SELECT range AS n, 'x' AS t FROM range(3)"), limit=2) == Preview(
        ("n", "t"), (True, False), (("0", "x"), ("1", "x")), is_all=False
    )
    assert preview(lake.sql("SELECT NULL AS n"), limit=1).is_all


def test_a_preview_shows_doubles_without_the_error_of_their_sum(lake: Lake) -> None:
    """People see fifteen digits of a double; programs get all of them."""
    query = "SELECT 0.1::DOUBLE + 0.2::DOUBLE AS a, 1e300 AS b, 4::DOUBLE AS c, 'nan'::DOUBLE AS d"
    assert preview(lake.sql(query), limit=1).rows == (("0.3", "1e+300", "4.0", "nan"),)
    assert b"0.30000000000000004" in written(lake, "csv", query)
