"""Sealing, compaction and what readers see of both."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from rows import NOON_NS, Row, span, table_of, write

from spanlake.entities import Receipt
from spanlake.storage.hot import HotWriter
from spanlake.storage.lake import Lake
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import StoredRequest, encode
from spanlake.storage.recent import recent_requests
from spanlake.storage.schema import SPANS, TABLES
from spanlake.storage.sealed.compact import compact
from spanlake.storage.sealed.delta_log import removal
from spanlake.storage.sealed.delta_table import SealedTable
from spanlake.storage.sealed.repair import repair_log
from spanlake.storage.sealed.sealing import PARTITION
from spanlake.storage.sealed.write import SealedWriter
from spanlake.storage.snapshot import TableReader
from spanlake.storage.upkeep import Upkeep

DAY_MS = 86_400_000
ALL = "FROM spans ORDER BY span_id, received_at"


def rows_of(data: Path, query: str = ALL) -> list[tuple[object, ...]]:
    with Lake(data) as lake:
        return lake.sql(query).fetchall()


def days_of(data: Path, table: str = "spans") -> set[str]:
    return set(TableReader(Layout(data), table).snapshot().sealed.days)


def at(number: int, day: int = 0, **columns: object) -> Row:
    moment = day * DAY_MS + number
    trace = {"trace_id": f"{number // 3:032x}"}
    return {**span(f"{number:016x}", start_ms=moment, received_ms=moment), **trace, **columns}


def test_sealed_rows_are_those_that_were_hot(place: Path) -> None:
    """Every column of every row is as it was, with nothing read from hot files any more."""
    rich = at(
        1,
        flags=2**32 - 1,
        attributes=[("a", "1"), ("b", None)],
        attribute_types="s0",
        events=[{"name": "e", "time_ns": 5, "attributes": [("k", "v")]}],
        tags=["x", "y"],
        input="what was asked",
    )
    write(place, rich, at(2))
    write(place, at(3))
    before = rows_of(place)
    done = Upkeep(Layout(place)).run("spans")
    assert (done.sealed.files, done.sealed.rows, done.sealed.repeated) == (2, 3, 0)
    assert TableReader(Layout(place), "spans").snapshot().hot == ()
    assert rows_of(place) == before


def test_numbers_without_sign_keep_their_value(tmp_path: Path) -> None:
    """Delta knows no unsigned numbers; the largest come back as they were."""
    point = {"name": "m", "count": 2**64 - 1, "bucket_counts": [2**64 - 1, 0], "flags": 2**32 - 1}
    write(tmp_path, point, table="metrics")
    query = "SELECT count, bucket_counts, flags FROM metrics"
    before = rows_of(tmp_path, query)
    Upkeep(Layout(tmp_path)).run("metrics")
    assert rows_of(tmp_path, query) == before == [(2**64 - 1, [2**64 - 1, 0], 2**32 - 1)]


def test_a_row_is_filed_under_the_day_it_began(place: Path) -> None:
    """Late spans go where they belong, those of a wrong clock or none under their arrival."""
    noon = datetime.fromtimestamp(NOON_NS / 1e9, UTC)
    late = at(1, received_at=(noon + timedelta(days=29)))
    wrong = at(2, received_at=(noon + timedelta(days=40)))
    fast = at(3, received_at=(noon - timedelta(days=2)))
    timeless = at(4, start_time=None, received_at=noon + timedelta(days=7))
    write(place, late, wrong, fast, timeless)
    Upkeep(Layout(place)).run("spans")
    expected = [noon, noon + timedelta(days=40), noon - timedelta(days=2), noon + timedelta(days=7)]
    assert days_of(place) == {each.date().isoformat() for each in expected}
    assert len(rows_of(place)) == 4


def test_what_came_twice_is_sealed_once(place: Path) -> None:
    """A span that another collector took as well goes; one that says something else stays."""
    write(place, at(1, input="a"), at(2))
    write(place, at(1, input="a", received_at=NOON_NS // 1000 + 5), at(2, input="b"))
    done = Upkeep(Layout(place)).run("spans")
    assert (done.sealed.rows, done.sealed.repeated) == (3, 1)
    assert len(rows_of(place)) == 3


def test_two_equal_points_of_a_metric_are_two(tmp_path: Path) -> None:
    """Nothing tells a repeated data point from two that are equal."""
    write(tmp_path, {"name": "m", "value_int": 1}, {"name": "m", "value_int": 1}, table="metrics")
    assert Upkeep(Layout(tmp_path)).run("metrics").sealed.rows == 2


def test_requests_are_known_after_their_file_is_sealed_and_gone(place: Path) -> None:
    """A restarted server recognises a retry of what has been sealed and merged since."""
    layout = Layout(place)
    upkeep = Upkeep(layout)
    for number in range(3):
        request = StoredRequest(f"{number}" * 32, Receipt(1, 2, "no 'id'"))
        with HotWriter(layout) as writer:
            writer.open_table("spans")
            writer.commit(
                "spans", encode(table_of([at(number)], SPANS), [request], compression_level=1)
            )
        upkeep.run("spans", fanout=9)
    upkeep.run("spans", fanout=2)
    assert upkeep.tidy("spans", hot_grace=-1.0, sealed_grace_hours=0) == (3, 3)
    assert layout.hot_files("spans") == []
    found = list(recent_requests(layout, "spans", seconds=3600))
    assert [each.digest[0] for each in found] == ["0", "1", "2"]
    assert {each.receipt for each in found} == {Receipt(1, 2, "no 'id'")}


def test_numbers_of_sealed_commits_are_not_given_again(place: Path) -> None:
    """A writer goes on counting where it was, although its files are gone."""
    write(place, at(1))
    upkeep = Upkeep(Layout(place))
    upkeep.run("spans")
    upkeep.tidy("spans", hot_grace=-1.0)
    path = write(place, at(2))
    assert path.stem == f"{2:012d}"
    assert len(rows_of(place)) == 2


def test_the_last_commit_of_a_living_writer_waits(place: Path) -> None:
    """It may be taken back still; what the writer of this process knows to be durable does not."""
    layout = Layout(place)
    content = encode(table_of([at(1)], SPANS), [], compression_level=1)
    with HotWriter(layout) as writer:
        writer.open_table("spans")
        writer.commit("spans", content)
        assert Upkeep(layout).run("spans").sealed.files == 0
        assert Upkeep(layout, {writer.name: writer}).run("spans").sealed.files == 1
        writer.commit("spans", content)
    assert Upkeep(layout).run("spans").sealed.files == 1


def test_compaction_keeps_every_row(place: Path) -> None:
    """Small files of a day become one of the same rows, and those of other days stay."""
    upkeep = Upkeep(Layout(place))
    for number in range(4):
        write(place, at(2 * number), at(2 * number + 1, day=1))
        upkeep.run("spans", fanout=99)
    before = rows_of(place)
    done = upkeep.run("spans", fanout=2)
    assert (done.compacted.before, done.compacted.after) == (8, 2)
    assert rows_of(place) == before
    table = SealedTable(Layout(place).sealed("spans"), SPANS)
    table.refresh()
    history = table.delta().history(2)
    assert [each["operation"] for each in history] == ["OPTIMIZE", "OPTIMIZE"]


def test_two_compactors_that_know_nothing_of_each_other(place: Path) -> None:
    """The second one changes nothing: its files have been replaced under it."""
    layout = Layout(place)
    upkeep = Upkeep(layout)
    for number in range(4):
        write(place, at(number))
        upkeep.run("spans", fanout=99)
    first, second = (SealedTable(layout.sealed("spans"), TABLES["spans"]) for _ in range(2))
    known = second.refresh()
    actions = [removal(known.added(file), PARTITION, is_new_data=False) for file in range(4)]
    assert compact(first, SealedWriter(first.folder, first.sealing), fanout=2).before == 4
    assert not second.commit("OPTIMIZE", actions)
    assert compact(second, SealedWriter(second.folder, second.sealing), fanout=2).before == 0
    assert len(rows_of(place)) == 4


def test_new_columns_come_to_an_old_table(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an older version sealed has NULL in a column that it did not know."""
    old = pa.schema([field for field in SPANS if field.name != "app_version"])
    monkeypatch.setitem(TABLES, "spans", old)
    write(place, at(1))
    Upkeep(Layout(place)).run("spans")
    monkeypatch.setitem(TABLES, "spans", SPANS)
    write(place, at(2, app_version="v2"))
    Upkeep(Layout(place)).run("spans")
    query = "SELECT app_version FROM spans ORDER BY span_id"
    assert rows_of(place, query) == [(None,), ("v2",)]
    table = SealedTable(Layout(place).sealed("spans"), SPANS)
    table.refresh()
    assert "app_version" in {field.name for field in table.delta().schema().fields}


def test_a_torn_end_of_the_log_is_put_aside(tmp_path: Path) -> None:
    """What a power cut has left half a commit of is in the hot files still, and sealed again."""
    layout = Layout(tmp_path)
    write(tmp_path, at(1))
    Upkeep(layout).run("spans")
    write(tmp_path, at(2))
    Upkeep(layout).run("spans")
    last = max((layout.sealed("spans") / "_delta_log").glob("*.json"))
    last.write_bytes(last.read_bytes()[:100])
    (aside,) = repair_log(tmp_path, layout.sealed("spans"))
    assert aside.exists()
    assert len(rows_of(tmp_path)) == 2
    assert Upkeep(layout).run("spans").sealed.rows == 1
    assert len(rows_of(tmp_path)) == 2


def test_other_engines_read_the_same_rows(tmp_path: Path) -> None:
    """Polars and DuckDB alone count what Spanlake counts."""
    upkeep = Upkeep(Layout(tmp_path))
    for number in range(3):
        write(tmp_path, at(number), at(number + 10, day=2))
        upkeep.run("spans", fanout=2)
    folder = Layout(tmp_path).sealed("spans")
    assert pl.scan_delta(str(folder)).select(pl.len()).collect().item() == 6
    files = DeltaTable(folder).file_uris()
    assert duckdb.read_parquet(files).count("*").fetchall() == [(6,)]
    assert pq.read_schema(files[0]).names == SPANS.names


def test_files_of_other_times_are_not_opened(tmp_path: Path) -> None:
    """A query that is about one day gets along without the files of all others."""
    layout = Layout(tmp_path)
    upkeep = Upkeep(layout)
    write(
        tmp_path,
        *(at(day, day=day) for day in range(-20, 1)),
        *(at(day, day=day) for day in range(1, 60)),
    )
    upkeep.run("spans")
    snapshot = TableReader(layout, "spans").snapshot()
    assert len(snapshot.sealed.paths) == 80
    # Each arrived when it began.
    day = datetime.fromtimestamp(NOON_NS / 1e9, UTC) + timedelta(days=9)
    for path in snapshot.sealed_paths:
        if day.date().isoformat() not in str(path):
            path.write_bytes(b"no Parquet file")
    with Lake(tmp_path) as lake:
        found = lake.sql(
            "SELECT span_id FROM spans "
            "WHERE start_time >= $day::DATE AND start_time < $day::DATE + 1",
            {"day": day.date()},
        )
        assert found.fetchall() == [(f"{9:016x}",)]
        with pytest.raises(duckdb.Error):
            lake.sql("SELECT count(DISTINCT name) FROM spans").fetchall()


def test_as_of_a_moment(place: Path) -> None:
    """A lake as of a moment has what had been received by then, hot or sealed."""
    upkeep = Upkeep(Layout(place))
    for day in range(4):
        write(place, at(day, day=day))
        if day == 2:
            upkeep.run("spans")
    moment = datetime.fromtimestamp(NOON_NS / 1e9, UTC) + timedelta(days=1, hours=1)
    with Lake(place, as_of=moment) as lake:
        assert lake.sql("SELECT count(*) FROM spans").fetchall() == [(2,)]
        assert lake.sql("SELECT count(*) FROM traces").fetchall() == [(1,)]
