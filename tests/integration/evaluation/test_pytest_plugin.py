"""The pytest plugin, as an installed Spanlake brings it: real pytest, in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

import spanlake

# Starts of pytest, beside whatever else runs on the machine.
pytestmark = pytest.mark.timeout(180)
TESTS = """
import pytest
import spanlake
from spanlake import test


@spanlake.trace
def answer(question):
    return f"30 days for {question}"


@spanlake.test
def test_refund():
    assert "30 days" in answer("refunds")


@spanlake.test()
@pytest.mark.parametrize("days", [14, 30])
def test_days(days, tmp_path):
    assert str(days) in answer("refunds"), "not said"


@spanlake.test
def test_skipped():
    pytest.skip("no key")


@spanlake.test
@pytest.mark.xfail
def test_known_gap():
    assert "40 days" in answer("refunds")


@pytest.fixture
def broken():
    raise RuntimeError("no server")


@spanlake.test
def test_with_a_fixture(broken):
    pass


@spanlake.test
def test_evaluated():
    assert spanlake.evaluate([{"inputs": {"question": "refunds"}}], answer, ["readability"]).passed


class TestTone:
    @spanlake.test
    def test_is_short(self):
        assert len(answer("refunds")) < 99


def test_plain():
    assert spanlake.get_current_trace_id() is None
"""
ONE_TEST = """
import spanlake


@spanlake.test
def test_one():
    assert True
"""
MARKED = {
    "test_bot.py::test_refund": True,
    "test_bot.py::test_days[14]": False,
    "test_bot.py::test_days[30]": True,
    "test_bot.py::test_with_a_fixture": None,
    "test_bot.py::test_evaluated": True,
    "test_bot.py::TestTone::test_is_short": True,
}


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


class Session:
    """What a session of pytest printed, and where its run is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "test_bot.py").write_text(TESTS, "utf-8")
        self.done = run_pytest(folder, "--spanlake-data", "lake", "--spanlake-run", "first")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return Session(tmp_path_factory.mktemp("marked"))


def test_the_marked_tests_of_a_session_are_one_run(session: Session) -> None:
    """Each is a row with a verdict; skipped, expectedly failing and plain tests are none."""
    with spanlake.connect(session.folder / "lake") as lake:
        rows = lake.sql(
            "SELECT record_id, passed FROM run_results WHERE kind = 'verdict' AND name = 'test'"
        ).fetchall()
        runs = lake.sql(
            "SELECT state, passed, done_count, error_count FROM runs WHERE name = 'first'"
        ).fetchall()
    assert dict(rows) == MARKED
    assert runs == [("finished", False, 6, 1)]


def test_an_evaluation_in_a_test_is_linked_to_the_session(session: Session) -> None:
    """It is kept where the session's run is, and names that and the test in its tags."""
    with spanlake.connect(session.folder / "lake") as lake:
        rows = lake.sql(
            "SELECT tested.tags['pytest.test'], session.name FROM runs AS tested"
            " JOIN runs AS session ON session.run_id = tested.tags['pytest.run_id']"
        ).fetchall()
    assert rows[0] == ("test_bot.py::test_evaluated", "first")


def test_pytest_says_what_it_would_have_said(session: Session) -> None:
    """Outcomes and the exit status are pytest's own; a section tells where the run is."""
    assert session.done.returncode == 1
    assert "1 failed, 5 passed, 1 skipped, 1 xfailed, 1 error" in session.done.stdout
    assert "4 of 6 marked tests passed; run first, " in session.done.stdout


def test_each_test_has_a_trace_with_what_the_app_did_in_it(session: Session) -> None:
    """The app's spans are below the test's, which is named, tagged and failed like the test."""
    with spanlake.connect(session.folder / "lake") as lake:
        traces = lake.sql(
            "SELECT t.name, t.tags, t.status_code, t.span_count, r.rationale FROM traces t"
            " JOIN run_results r USING (trace_id) WHERE r.kind = 'verdict'"
            " AND r.record_id = 'test_bot.py::test_days[14]'"
        ).fetchall()
        cases = lake.sql("SELECT DISTINCT metadata['case'] FROM spans WHERE name = 'test_days[30]'")
        assert cases.fetchall() == [("30",)]
    ((name, tags, status, spans, rationale),) = traces
    assert (name, tags, status, spans) == ("test_days[14]", ["pytest"], "ERROR", 2)
    assert rationale.startswith("AssertionError: not said")


def test_two_sessions_are_compared_test_by_test(session: Session) -> None:
    """After a change the next session names the command that finds the tests that flipped."""
    changed = TESTS.replace("30 days for", "14 days for")
    (session.folder / "test_bot.py").write_text(changed, "utf-8")
    again = run_pytest(session.folder, "--spanlake-data", "lake", "--spanlake-run", "second")
    assert "\nspanlake runs compare " in again.stdout
    comparison = spanlake.compare_runs("first", ["second"], lake=session.folder / "lake")
    flipped = {(row.record_id, row.direction) for row in comparison.runs[0].flipped}
    assert flipped == {
        ("test_bot.py::test_refund", "pass_to_fail"),
        ("test_bot.py::test_days[30]", "pass_to_fail"),
        ("test_bot.py::test_days[14]", "fail_to_pass"),
    }


def test_without_a_place_for_the_run_the_tests_still_run(tmp_path: Path) -> None:
    """A data directory that cannot be made costs the record, never a test, and is said."""
    (tmp_path / "test_one.py").write_text(ONE_TEST, "utf-8")
    (tmp_path / "taken").write_text("a file", "utf-8")
    done = run_pytest(tmp_path, "--spanlake-data", "taken/lake")
    assert done.returncode == 0
    assert "The marked tests were not recorded: NotADirectoryError" in done.stdout


def test_no_spanlake_keeps_nothing(tmp_path: Path) -> None:
    """With --no-spanlake marked tests are plain ones, and no directory appears."""
    (tmp_path / "test_one.py").write_text(ONE_TEST, "utf-8")
    done = run_pytest(tmp_path, "--no-spanlake", "--spanlake-data", "lake")
    assert done.returncode == 0
    assert not (tmp_path / "lake").exists()


def test_the_plugin_loads_nothing_heavy() -> None:
    """Every pytest of the environment loads it: without DuckDB, Polars or the SDK."""
    code = "import sys, spanlake.evaluation.pytest_plugin; print('\\n'.join(sys.modules))"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    heavy = {"duckdb", "polars", "pyarrow", "numpy", "pydantic", "sqlalchemy", "opentelemetry"}
    assert {name.partition(".")[0] for name in loaded} & heavy == set()
