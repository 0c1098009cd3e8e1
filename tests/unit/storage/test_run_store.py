"""Results of runs: stored, kept in a journal until they are, and found again after a death."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from spanlake.errors import UserError
from spanlake.semconv.normalise import default_normaliser
from spanlake.storage.lake import Lake
from spanlake.storage.layout import Layout
from spanlake.storage.runs.journal import EntryKind, JournalEntry, RunJournal
from spanlake.storage.runs.results import RunResult, from_json, to_json, verdict_id
from spanlake.storage.runs.store import RunStore

ROW = RunResult(
    run_id="run",
    kind="row",
    record_id="r-1",
    position=0,
    repetition=0,
    inputs='{"a":1}',
    outputs='"\u2028\\u0000"',
    latency_ms=1.5,
    metadata={"k": "v"},
    created_at=datetime(2026, 1, 1, 12, 30, 15, 123456, tzinfo=UTC),
)
VERDICT = replace(
    ROW,
    kind="verdict",
    name="exact",
    scorer_digest="d",
    value="true",
    value_bool=True,
    assessment_id=verdict_id("run", "r-1", 0, "d", 0),
)


def journal(tmp_path: Path) -> RunJournal:
    return RunJournal(Layout(tmp_path), "run")


def store(tmp_path: Path) -> RunStore:
    return RunStore(Layout(tmp_path), "run", default_normaliser())


def stored(tmp_path: Path) -> list[tuple[object, ...]]:
    with Lake(tmp_path) as lake:
        return lake.sql(
            "SELECT kind, record_id, count(*) FROM lake.run_results GROUP BY ALL ORDER BY ALL"
        ).fetchall()


def test_a_result_is_the_same_after_a_journal() -> None:
    """A result is read from a journal as it was written."""
    assert [from_json(to_json(each)) for each in (ROW, VERDICT)] == [ROW, VERDICT]


def test_results_are_stored(tmp_path: Path) -> None:
    """Results are in the lake at the end, and nothing is left of the journal."""
    with store(tmp_path) as opened:
        opened.add([ROW, VERDICT])
    assert stored(tmp_path) == [("row", "r-1", 1), ("verdict", "r-1", 1)]
    assert list((tmp_path / "runs" / "run").glob("*.journal")) == []
    with Lake(tmp_path) as lake:
        assessed = lake.sql("SELECT name, value, target_type, record_id FROM assessments")
        assert assessed.fetchall() == [("exact", "true", "record", "r-1")]


def test_what_was_not_stored_is_recovered(tmp_path: Path) -> None:
    """What a dead process wrote and had not stored is stored by the next, what it had is not."""
    with store(tmp_path) as opened:
        opened.add([ROW])
    with journal(tmp_path) as dead:
        dead.add(JournalEntry(EntryKind.RESULT, to_json(ROW)))
        dead.add(JournalEntry(EntryKind.RESULT, to_json(VERDICT)))
    with store(tmp_path) as opened, Lake(tmp_path) as lake:
        assert opened.recover(lake) == 1
    assert stored(tmp_path) == [("row", "r-1", 1), ("verdict", "r-1", 1)]


@pytest.mark.parametrize("cut", [1, 9, 30])
def test_a_torn_end_is_left_out(tmp_path: Path, cut: int) -> None:
    """Of a journal whose last entry is torn or damaged the entries before it are read."""
    with journal(tmp_path) as opened:
        opened.add(JournalEntry(EntryKind.SPANS, b"whole"))
        opened.add(JournalEntry(EntryKind.RESULT, b"torn" * 9))
    (segment,) = (tmp_path / "runs" / "run").glob("*.journal")
    segment.write_bytes(segment.read_bytes()[:-cut])
    with journal(tmp_path) as opened:
        assert list(opened.left_over()) == [(EntryKind.SPANS, b"whole")]


def test_one_process_at_a_time(tmp_path: Path) -> None:
    """A run that is being worked on is refused."""
    with journal(tmp_path), pytest.raises(UserError, match="another process: one at a time can"):
        journal(tmp_path)
    journal(tmp_path).close()


def test_a_failed_commit_is_told_and_keeps_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be stored, also behind the back of who brought it, is an error at the end."""

    def fail(_results: object) -> None:
        raise OSError("no space left")

    opened = store(tmp_path)
    with pytest.raises(OSError, match="no space left"), opened:  # noqa: PT012  # the end is the point
        opened.add([ROW])
        with monkeypatch.context() as broken:
            broken.setattr("spanlake.storage.runs.store.table_of", fail)
            with pytest.raises(OSError, match="no space left"):
                opened.commit()
    with store(tmp_path) as again, Lake(tmp_path) as lake:
        assert again.recover(lake) == 1


def test_the_answer_of_a_model_takes_the_place_of_its_silence(tmp_path: Path) -> None:
    """A verdict that was not answered at first is recovered as it was when it was answered."""
    silent = replace(VERDICT, value=None, value_bool=None, error_code="MODEL_TIMEOUT")
    with store(tmp_path) as opened:
        opened.add([silent])
    with journal(tmp_path) as dead:
        dead.add(JournalEntry(EntryKind.RESULT, to_json(VERDICT)))
    with store(tmp_path) as opened, Lake(tmp_path) as lake:
        assert opened.recover(lake) == 1
    with Lake(tmp_path) as lake:
        rows = lake.sql("SELECT value_bool, error_code FROM run_results").fetchall()
        assert rows == lake.sql("SELECT value_bool, error_code FROM assessments").fetchall()
    assert rows == [(True, None)]
