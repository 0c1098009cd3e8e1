import subprocess
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from rows import NOON_NS, span, table_of, write

import spanlake
from spanlake.errors import NotFoundError
from spanlake.storage.lake import Lake
from spanlake.storage.parquet import encode
from spanlake.storage.schema import SPANS, TABLES
from spanlake.storage.summaries import live_scope

VIEWS = (
    "assessments",
    "assessments_history",
    "audit",
    "dataset_records",
    "dataset_records_history",
    "dataset_versions",
    "datasets",
    "experiments",
    "labels",
    "ledger",
    "llm_calls",
    "logs",
    "metrics",
    "prices",
    "queues",
    "redactions",
    "run_results",
    "runs",
    "sessions",
    "spans",
    "traces",
    "unscored",
    "version_alias_moves",
    "versions",
)


def names(lake: Lake) -> list[str]:
    return [name for (name,) in lake.sql("SELECT name FROM spans ORDER BY name").fetchall()]


def test_commits_appear(tmp_path: Path) -> None:
    """A query sees every commit made before it, by any writer, also to a lake that was empty."""
    with Lake(tmp_path) as lake:
        assert names(lake) == []
        write(tmp_path, span("a"))
        assert names(lake) == ["a"]
        write(tmp_path, span("b"))
        with Lake(tmp_path) as other:
            assert names(lake) == names(other) == ["a", "b"]


def test_relation_runs_again(tmp_path: Path) -> None:
    """A relation of before is answered from the files of the latest query."""
    with Lake(tmp_path) as lake:
        relation = lake.sql("SELECT count(*) FROM spans")
        write(tmp_path, span("a"))
        names(lake)
        assert relation.fetchall() == [(1,)]


def test_empty_lake(tmp_path: Path) -> None:
    """Over nothing at all every view is there, with its columns and without rows."""
    with Lake(tmp_path) as lake:
        shown = lake.sql(
            "SELECT table_name FROM information_schema.tables "
            "WHERE table_schema = 'main' ORDER BY ALL"
        )
        assert [name for (name,) in shown.fetchall()] == [*VIEWS]
        assert [lake.sql(f"FROM {view}").fetchall() for view in VIEWS] == [[]] * len(VIEWS)


def test_columns_do_not_depend_on_files(tmp_path: Path) -> None:
    """Columns and types of every view are the same without files and with them."""
    with Lake(tmp_path) as lake:
        empty = {view: lake.sql(f"DESCRIBE {view}").fetchall() for view in VIEWS}
        for table in TABLES:
            write(tmp_path, {}, table=table)
        filled = {view: lake.sql(f"DESCRIBE {view}").fetchall() for view in VIEWS}
    assert filled == empty


def test_calls_are_asked_for_late(tmp_path: Path) -> None:
    """Calls of all traces are there, also if some were added after traces had been asked for."""
    with Lake(tmp_path) as lake:
        for trace_id in ("1", "2", "3"):
            write(tmp_path, span(trace_id, trace_id=trace_id, span_type="LLM"))
            lake.sql("FROM traces").fetchall()
        calls = lake.sql("SELECT trace_id FROM llm_calls ORDER BY ALL").fetchall()
        assert calls == [("1",), ("2",), ("3",)]
        assert lake.sql("SELECT count(*) FROM traces").fetchall() == [(3,)]


@pytest.mark.parametrize("step", ["bill_chosen", "sum_up_chosen", "add_chosen", "define_shown"])
def test_a_question_that_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Wherever summing up was when it was interrupted, the next question has all traces."""
    names_of_traces = "SELECT name FROM traces ORDER BY name"
    original = getattr(live_scope, step)

    def interrupted(*_: object) -> None:
        monkeypatch.setattr(live_scope, step, original)
        raise duckdb.InterruptException

    with Lake(tmp_path) as lake:
        found = []
        for name in ("a", "b"):
            write(tmp_path, span(name, trace_id=name))
            monkeypatch.setattr(live_scope, step, interrupted)
            with suppress(duckdb.InterruptException):
                lake.sql(names_of_traces)
            monkeypatch.setattr(live_scope, step, original)
            found.append(lake.sql(names_of_traces).fetchall())
    assert found == [[("a",)], [("a",), ("b",)]]


def test_a_transaction_that_is_taken_back(tmp_path: Path) -> None:
    """Views that were first asked for within it are there afterwards."""
    write(tmp_path, span("a"))
    with Lake(tmp_path) as lake:
        lake.sql("BEGIN TRANSACTION")
        assert names(lake) == ["a"]
        lake.sql("ROLLBACK")
        assert names(lake) == ["a"]


def test_unchanged_files_are_not_defined_again(tmp_path: Path) -> None:
    """Whatever files come and go, a query finds the views as they are."""
    write(tmp_path, span("a"))
    stored = "SELECT view_oid FROM duckdb_views() WHERE schema_name = 'lake' ORDER BY view_oid"
    with Lake(tmp_path) as lake:
        before = lake.sql(stored).fetchall()
        assert lake.sql(stored).fetchall() == before
        write(tmp_path, span("b"))
        assert lake.sql(stored).fetchall() == before
        assert lake.sql("SELECT count(*) FROM spans").fetchall() == [(2,)]


def test_file_of_an_older_version(tmp_path: Path) -> None:
    """What a file of an older version lacks is NULL: columns, and fields within events."""
    event = pa.list_(pa.struct([("name", pa.string())]))
    old = pa.schema(
        [SPANS.field(name) for name in ("trace_id", "span_id", "name", "start_time_ns")]
        + [pa.field("events", event)]
    )
    write(tmp_path, span("old", events=[{"name": "e"}]), schema=old)
    write(tmp_path, span("new", session_id="s", events=[{"name": "f", "time_ns": 1}]))
    with Lake(tmp_path) as lake:
        rows = lake.sql(
            "SELECT name, session_id, events[1].name, events[1].time_ns, status_code, is_error "
            "FROM spans ORDER BY name"
        ).fetchall()
        assert rows == [
            ("new", "s", "f", 1, "UNSET", False),
            ("old", None, "e", None, "UNSET", False),
        ]
        assert lake.sql("SELECT span_count FROM traces").fetchall() == [(2,)]


def test_file_of_a_newer_version(tmp_path: Path) -> None:
    """A column this version does not know is left alone."""
    newer = SPANS.append(pa.field("mood", pa.string()))
    write(tmp_path, span("a", mood="good"), schema=newer)
    with Lake(tmp_path) as lake:
        assert names(lake) == ["a"]
        assert "mood" not in lake.sql("FROM spans").columns


def test_replaced_file(tmp_path: Path) -> None:
    """A file that was replaced under its name is read anew."""
    file = write(tmp_path, span("a"), span("b"))
    with Lake(tmp_path) as lake:
        assert names(lake) == ["a", "b"]
        only = encode(SPANS.empty_table(), [], compression_level=1)
        draft = file.with_suffix(".tmp")
        draft.write_bytes(only)
        draft.rename(file)
        assert names(lake) == []


def test_what_is_not_ours(tmp_path: Path) -> None:
    """Drafts, foreign files and links are not read, whatever is in them."""
    file = write(tmp_path, span("a"))
    (file.parent / "000000000009.tmp").write_bytes(b"half a file")
    (file.parent / "notes.parquet").write_bytes(b"no Parquet")
    (file.parent / "000000000010.parquet").symlink_to(file)
    with Lake(tmp_path) as lake:
        assert names(lake) == ["a"]


@pytest.mark.parametrize("name", ["it's", "a[1]", "b*", "c?", "back\\slash", "$x", "ü b"])
def test_any_directory_name(tmp_path: Path, name: str) -> None:
    """The name of a directory is never taken for a pattern or for SQL."""
    for other in (name, "a1", "b2", "cc"):
        write(tmp_path / other, span(other))
    with Lake(tmp_path / name) as lake:
        assert names(lake) == [name]


def test_relative_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lake named relative to the working directory stays the same one when that changes."""
    write(tmp_path / "data", span("a"))
    monkeypatch.chdir(tmp_path)
    with Lake(Path("data")) as lake:
        monkeypatch.chdir("/")
        assert names(lake) == ["a"]


def test_parameters(tmp_path: Path) -> None:
    """Values come into a query by place or by name, and are never SQL."""
    write(tmp_path, span("it's"))
    with Lake(tmp_path) as lake:
        by_place = lake.sql("SELECT name FROM spans WHERE name = ?", ["it's"])
        by_name = lake.sql("SELECT name FROM spans WHERE name = $name", {"name": "it's"})
        assert by_place.fetchall() == by_name.fetchall() == [("it's",)]


def test_times_are_utc(tmp_path: Path) -> None:
    """Times are UTC, whatever zone the machine is in."""
    write(tmp_path, span("a"))
    with Lake(tmp_path) as lake:
        rows = lake.sql("SELECT start_time, start_time::VARCHAR FROM spans").fetchall()
    noon = datetime.fromtimestamp(NOON_NS // 10**9, UTC)
    assert rows == [(noon, noon.strftime("%Y-%m-%d %H:%M:%S+00"))]


def test_names_are_tables(tmp_path: Path) -> None:
    """A name in a query is never a variable of the program."""
    mine = pa.table({"a": [1]})
    with Lake(tmp_path) as lake, pytest.raises(duckdb.CatalogException, match="mine"):
        lake.sql("FROM mine").fetchall()
    assert len(mine) == 1


def test_extensions_are_not_fetched(tmp_path: Path) -> None:
    """DuckDB neither downloads nor loads an extension by itself."""
    with Lake(tmp_path) as lake:
        settings = lake.sql(
            "SELECT current_setting('autoinstall_known_extensions'), "
            "current_setting('autoload_known_extensions')"
        )
        assert settings.fetchall() == [(False, False)]


def test_interrupt(tmp_path: Path) -> None:
    """A query can be stopped from another thread."""
    with Lake(tmp_path) as lake:
        relation = lake.sql("SELECT count(*) FROM range(1000000) a, range(1000000) b")
        stop = threading.Timer(0.2, lake.interrupt)
        stop.start()
        with pytest.raises(duckdb.InterruptException):
            relation.fetchall()


def test_close(tmp_path: Path) -> None:
    """A closed lake answers no more, and may be closed again."""
    lake = Lake(tmp_path)
    lake.close()
    lake.close()
    with pytest.raises(duckdb.ConnectionException):
        lake.sql("SELECT 1")


def test_no_such_directory(tmp_path: Path) -> None:
    """A directory that is not there, or is a file, is named with the next step."""
    with pytest.raises(NotFoundError) as missing:
        Lake(tmp_path / "x")
    assert str(missing.value).startswith(
        f"--data is {tmp_path}/x: no such directory; start `spanlake serve --data {tmp_path}/x`"
    )
    (tmp_path / "f").touch()
    with pytest.raises(NotFoundError, match="not a directory"):
        Lake(tmp_path / "f")


def test_connect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """connect() opens what it is told, else SPANLAKE_DATA, else ./spanlake-data."""
    write(tmp_path / "spanlake-data", span("default"))
    write(tmp_path / "set", span("set"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPANLAKE_DATA", raising=False)
    with spanlake.connect() as lake:
        assert names(lake) == ["default"]
    monkeypatch.setenv("SPANLAKE_DATA", "set")
    with spanlake.connect() as lake:
        assert names(lake) == ["set"]
    for told in ("spanlake-data", Path("spanlake-data")):
        with spanlake.connect(told) as lake:
            assert names(lake) == ["default"]


def test_import_is_light() -> None:
    """Importing spanlake loads nothing that only queries need."""
    heavy = "duckdb pyarrow polars numpy pydantic"
    program = f"import spanlake, sys; print([m for m in '{heavy}'.split() if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout == b"[]\n"


WRITER = """
import sys
from pathlib import Path
import pyarrow as pa
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout
data = Path(sys.argv[1])
content = pa.py_buffer((data / "content").read_bytes())
with HotWriter(Layout(data)) as writer:
    writer.open_table("spans")
    for _ in range(50):
        writer.commit("spans", content)
"""


def test_a_writer_in_another_process(tmp_path: Path) -> None:
    """A lake is read while another process writes to it, each query seeing whole commits."""
    pair = table_of([span("a"), span("b")], SPANS)
    (tmp_path / "content").write_bytes(encode(pair, [], compression_level=1))
    seen: set[int] = set()
    with (
        Lake(tmp_path) as lake,
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)]) as writer,
    ):
        while writer.poll() is None:
            seen.add(len(names(lake)))
        seen.add(len(names(lake)))
    assert writer.returncode == 0
    assert max(seen) == 100
    assert all(count % 2 == 0 for count in seen)
