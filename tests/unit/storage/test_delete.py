"""Deleting traces from the stored files."""

import os
import time
from multiprocessing import get_context
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rows import Row, beside_notes, span, table_of, write

from spanlake.entities import Receipt
from spanlake.errors import UserError
from spanlake.storage.delete import Deleted, delete_traces
from spanlake.storage.hot import HotWriter
from spanlake.storage.lake import Lake
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import StoredRequest, encode, read_requests
from spanlake.storage.recent import recent_requests
from spanlake.storage.schema import SPANS
from spanlake.storage.upkeep import Upkeep

A, B, C = "a" * 32, "b" * 32, "c" * 32


def row(trace_id: str, span_id: str = "1") -> Row:
    return span(
        span_id,
        trace_id=trace_id,
        input_messages="x" * 1000,
        tags=["t"],
        metadata=[("k", "v")],
    )


def version_of(path: Path) -> tuple[int, int, int]:
    """What is another if a file was written or replaced; reading changes other times."""
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def quiet(done: int, total: int) -> None:
    """Show nobody how far it is."""


def ids(data: Path) -> list[str]:
    """The traces of all stored spans."""
    with Lake(data) as lake:
        return [found for (found,) in lake.sql("SELECT trace_id FROM spans ORDER BY 1").fetchall()]


def test_rows_go_and_others_stay_as_they_were(tmp_path: Path) -> None:
    """A file keeps its name and, of the other traces, every row with every column."""
    mixed = write(tmp_path, row(A), row(B), row(A, "2"))
    other = write(tmp_path, row(C))
    before = pq.read_table(mixed)
    untouched = version_of(other)
    assert delete_traces(Layout(tmp_path), [A], progress=quiet) == Deleted(logs=0, spans=2)
    after = pq.read_table(mixed)
    assert after.schema == before.schema
    assert after.to_pylist() == before.slice(1, 1).to_pylist()
    assert version_of(other) == untouched
    assert ids(tmp_path) == [B, C]


def test_log_records_go_as_well(place: Path) -> None:
    """The log records of a trace are deleted, those of others and of none are not."""
    write(place, row(A))
    write(place, *({"trace_id": each, "body": "x"} for each in (A, B, None)), table="logs")
    assert delete_traces(Layout(place), [A], progress=quiet) == Deleted(logs=1, spans=1)
    with Lake(place) as lake:
        assert lake.sql("SELECT trace_id FROM logs").fetchall() == [(B,), (None,)]


def test_a_file_may_be_left_without_rows(tmp_path: Path) -> None:
    """If all of a file is deleted it stays, with no rows."""
    path = write(tmp_path, row(A))
    delete_traces(Layout(tmp_path), [A], progress=quiet)
    assert pq.read_metadata(path).num_rows == 0
    assert ids(tmp_path) == []


def test_the_requests_of_a_file_stay_known(place: Path) -> None:
    """A file still answers for its requests, so that a client's retry brings nothing back."""
    requests = [StoredRequest("f" * 32, Receipt(1, 2, "no id"))]
    content = encode(table_of([row(A)], SPANS), requests, compression_level=1)
    with HotWriter(Layout(place)) as writer:
        writer.open_table("spans")
        path = writer.commit("spans", content)
    delete_traces(Layout(place), [A], progress=quiet)
    assert read_requests(path) == requests


def test_a_lake_that_is_open_sees_it(place: Path) -> None:
    """An open lake shows the new rows of a file it has read before."""
    write(place, row(A), row(B))
    with Lake(place) as lake:
        count = "SELECT count(*), count(input_messages) FROM spans"
        assert lake.sql(count).fetchall() == [(2, 0)]
        delete_traces(Layout(place), [A], progress=quiet)
        assert lake.sql(count).fetchall() == [(1, 0)]
        delete_traces(Layout(place), [B], progress=quiet)
        assert lake.sql(count).fetchall() == [(0, 0)]


def test_progress_goes_from_none_to_all(tmp_path: Path) -> None:
    """Whoever waits is told before each file, and at the end."""
    for trace_id in (A, B):
        write(tmp_path, row(trace_id))
    told: list[tuple[int, int]] = []
    delete_traces(Layout(tmp_path), [A], progress=lambda done, total: told.append((done, total)))
    assert told == [(0, 2), (1, 2), (2, 2)]


def test_what_an_earlier_attempt_left_is_removed(tmp_path: Path) -> None:
    """A draft of an attempt that was cut short is nobody's data, and goes."""
    path = write(tmp_path, row(A))
    draft = path.with_suffix(".rewrite")
    draft.write_bytes(b"half a file")
    delete_traces(Layout(tmp_path), [B], progress=quiet)
    assert not draft.exists()
    assert ids(tmp_path) == [A]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    """A file that cannot be read stops the deletion, and the message says which and what next."""
    path = write(tmp_path, row(A))
    path.write_bytes(b"not Parquet")
    with pytest.raises(UserError, match=rf"^{path} cannot be rewritten .*`spanlake verify`"):
        delete_traces(Layout(tmp_path), [A], progress=quiet)


def test_a_failed_replacement_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the new file cannot be made durable the old one stays, whole."""
    path = write(tmp_path, row(A), row(B))
    content = path.read_bytes()

    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(UserError, match="Input/output error"):
        delete_traces(Layout(tmp_path), [A], progress=quiet)
    assert path.read_bytes() == content
    assert beside_notes(path.parent) == [path]


def _delete(data: Path, trace_id: str) -> None:
    delete_traces(Layout(data), [trace_id], progress=lambda _, __: time.sleep(0.005))


def test_two_deletions_at_a_time_do_not_undo_each_other(tmp_path: Path) -> None:
    """Of two processes that delete from the same files, both are in the result."""
    for number in range(20):
        write(tmp_path, row(A), row(B), row(C, str(number)))
    context = get_context("fork")
    running = [context.Process(target=_delete, args=(tmp_path, each)) for each in (A, B)]
    for process in running:
        process.start()
    for process in running:
        process.join(30)
        assert process.exitcode == 0
    assert ids(tmp_path) == [C] * 20


def test_all_of_a_sealed_file_may_go(place: Path) -> None:
    """A sealed file that loses its last row goes, and what it knew of requests stays."""
    requests = [StoredRequest("f" * 32, Receipt(1, 0, ""))]
    layout = Layout(place)
    with HotWriter(layout) as writer:
        writer.open_table("spans")
        content = encode(table_of([row(A)], SPANS), requests, compression_level=1)
        writer.commit("spans", content)
    Upkeep(layout).run("spans")
    assert delete_traces(layout, [A], progress=quiet) == Deleted(logs=0, spans=1)
    assert ids(place) == []
    assert list(recent_requests(layout, "spans", seconds=3600)) == requests
