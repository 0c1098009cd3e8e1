"""Rows that are appended without a collector."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from spanlake.errors import UserError
from spanlake.storage.append import Appender, append
from spanlake.storage.assessments.row import AssessmentRow, table_of
from spanlake.storage.hot import CommitError, HotWriter
from spanlake.storage.lake import Lake
from spanlake.storage.layout import Layout


def rows_of(*names: str) -> object:
    now = datetime.now(UTC)
    return table_of(
        [
            AssessmentRow(
                assessment_id=name,
                kind="feedback",
                name=name,
                source_type="CODE",
                source_id="test",
                target_type="record",
                created_at=now,
                received_at=now,
            )
            for name in names
        ]
    )


def stored(data: Path) -> list[str]:
    with Lake(data) as lake:
        return [
            name for (name,) in lake.sql("SELECT name FROM assessments ORDER BY name").fetchall()
        ]


def test_rows_are_visible_on_return(place: Path) -> None:
    """Appended rows are there for SQL, and the writer's name is free again."""
    append(Layout(place), "assessments", rows_of("a", "b"))
    assert stored(place) == ["a", "b"]
    with HotWriter(Layout(place)) as writer:
        assert writer.name == "0001"


def test_many_at_once_are_few_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What several threads bring while a commit runs goes into the next file, and all return."""
    may_commit = threading.Event()
    commit = HotWriter.commit

    def slow(self: HotWriter, *arguments: object) -> Path:
        may_commit.wait(10)
        return commit(self, *arguments)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(HotWriter, "commit", slow)
    names = [f"n{number:02}" for number in range(12)]
    with Appender(Layout(tmp_path), "assessments") as appender, ThreadPoolExecutor(12) as threads:
        results = [threads.submit(appender.append, rows_of(name)) for name in names]
        threads.submit(may_commit.wait, 0.2)
        while len(appender._waiting) < 11:  # noqa: SLF001  # those that wait for the first
            pass
        may_commit.set()
        assert [result.result(10) for result in results] == [None] * 12
    assert stored(tmp_path) == names
    assert len(Layout(tmp_path).hot_files("assessments")) == 2


def test_a_failure_is_told_to_all_who_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a commit fails whoever waited for it is told, and the next one may succeed."""

    def fail(*_: object) -> Path:
        raise CommitError("disk full")

    with Appender(Layout(tmp_path), "assessments") as appender:
        with monkeypatch.context() as broken:
            broken.setattr(HotWriter, "commit", fail)
            with pytest.raises(CommitError, match="disk full"):
                appender.append(rows_of("lost"))
        appender.append(rows_of("kept"))
    assert stored(tmp_path) == ["kept"]


def test_a_directory_that_cannot_be_written_to(tmp_path: Path) -> None:
    """Where nothing can be written the user is told so in one line."""
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(UserError, match=r"--data is .*: cannot be written"):
        append(Layout(file), "assessments", rows_of("a"))
