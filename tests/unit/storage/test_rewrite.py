"""Stored files that are written again."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rows import NOON_NS, beside_notes, span, table_of, write

from spanlake.entities import Receipt
from spanlake.errors import UserError
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import DamagedFileError, StoredRequest, encode, read_requests
from spanlake.storage.recent import recent_requests
from spanlake.storage.rewrite import StoredFile, opened, replace_rows, rewriting
from spanlake.storage.schema import SPANS


def rows(*span_ids: str) -> pa.Table:
    return table_of([span(each) for each in span_ids], SPANS)


def test_a_file_has_its_new_rows(tmp_path: Path) -> None:
    """Under the same name and with the same schema, as if they had been committed like this."""
    path, other = write(tmp_path, span("1"), span("2")), write(tmp_path, span("2"))
    replace_rows(path, pq.read_table(path).slice(1))
    assert pq.read_table(path).equals(pq.read_table(other), check_metadata=True)
    assert path.stat().st_mode == other.stat().st_mode
    assert beside_notes(path.parent) == [path, other]


def test_who_has_a_file_open_reads_its_old_rows(tmp_path: Path) -> None:
    """A query that has begun to read a file goes on with what it began with."""
    path = write(tmp_path, span("1"))
    before = path.read_bytes()
    with path.open("rb") as file:
        replace_rows(path, rows("2", "3"))
        assert file.read() == before
    assert pq.read_table(path)["span_id"].to_pylist() == ["2", "3"]


def test_requests_stay_known_in_the_order_they_came(tmp_path: Path) -> None:
    """However late files are rewritten, the newest requests are still those that came last."""
    paths = []
    with HotWriter(Layout(tmp_path)) as writer:
        writer.open_table("spans")
        for number in range(5):
            request = StoredRequest(f"{number}" * 32, Receipt(1, 2, "no id"))
            content = encode(rows("1"), [request], compression_level=1)
            paths.append(writer.commit("spans", content))
            os.utime(paths[-1], (NOON_NS // 10**9 + 60 * number,) * 2)
    before = [read_requests(path) for path in paths]
    ages = [path.stat().st_mtime_ns for path in paths]
    for path in (paths[3], paths[0], paths[1]):
        replace_rows(path, rows("2"))
    assert [read_requests(path) for path in paths] == before
    found = recent_requests(Layout(tmp_path), "spans", seconds=10**9)
    assert [request.digest[0] for request in found] == ["0", "1", "2", "3", "4"]
    # What has changed has another time, for whoever goes by that.
    moved = [path.stat().st_mtime_ns != age for path, age in zip(paths, ages, strict=True)]
    assert moved == [True, True, False, True, False]


def test_a_file_that_is_gone_does_not_come_back(tmp_path: Path) -> None:
    """What was removed while it was being rewritten stays away."""
    path = write(tmp_path, span("1"))
    path.unlink()
    with pytest.raises(FileNotFoundError):
        replace_rows(path, rows("2"))
    with pytest.raises(FileNotFoundError), opened(path):
        pass
    assert beside_notes(path.parent) == []


def test_a_file_that_is_damaged_says_why(tmp_path: Path) -> None:
    """The reason is one line, whatever is wrong with the file."""
    path = write(tmp_path, span("1"))
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DamagedFileError, match=r"^[^\n]+$"), opened(path):
        pass


def test_one_may_rewrite_spans_and_logs_at_a_time(tmp_path: Path) -> None:
    """Logs come first; what an attempt that was cut short left is removed."""
    path = write(tmp_path, span("1"))
    log = write(tmp_path, {"body": "x"}, table="logs")
    write(tmp_path, {"name": "x"}, table="metrics")
    draft = path.with_suffix(".rewrite")
    draft.write_bytes(b"half a file")
    with rewriting(Layout(tmp_path), ("logs", "spans")) as rewrite:
        assert rewrite.files == [StoredFile("logs", log, "hot"), StoredFile("spans", path, "hot")]
        assert not draft.exists()


def test_a_data_directory_that_cannot_be_written_is_the_users_mistake(tmp_path: Path) -> None:
    """The message says which directory, and what to do."""
    (tmp_path / "writers").write_text("in the way")
    unwritable = rf"^--data is {tmp_path}: cannot be written \(.*\); run this as the user that owns"
    with pytest.raises(UserError, match=unwritable), rewriting(Layout(tmp_path), ()):
        pass
