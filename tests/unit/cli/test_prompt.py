"""The SQL prompt, with keys typed into it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from spanlake.cli.sql.prompt import prompt
from spanlake.storage.lake import Lake

CTRL_C, CTRL_D, ENTER, UP = "\x03", "\x04", "\r", "\x1b[A"


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PipeInput]:
    """A keyboard, and a terminal that shows nothing."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with create_pipe_input() as keyboard, create_app_session(keyboard, DummyOutput()):
        yield keyboard


def typed(keys: PipeInput, data: Path, text: str) -> None:
    """Type into the prompt until it ends."""
    keys.send_text(text)
    with Lake(data) as lake:
        prompt(lake)


def test_a_query_of_two_lines(
    keys: PipeInput, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A query is answered once its semicolon is there, and Ctrl-D leaves."""
    typed(keys, data, f"SELECT 40 +{ENTER}2 AS n;{ENTER}{CTRL_D}")
    assert capsys.readouterr().out.split()[-5:] == ["n", "━━", "42", "1", "row"]


def test_ctrl_c_drops_the_entry(
    keys: PipeInput, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C forgets what is typed so far, and the prompt stays."""
    typed(keys, data, f"SELECT 1 AS dropped{CTRL_C}SELECT 2 AS kept;{ENTER}.quit{ENTER}")
    shown = capsys.readouterr().out
    assert "kept" in shown
    assert "dropped" not in shown


def test_history_is_kept_between_runs(
    keys: PipeInput, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was typed comes back with the up arrow, also in the next run, for its owner alone."""
    typed(keys, data, f"SELECT 1 AS first;{ENTER}.quit{ENTER}")
    capsys.readouterr()
    typed(keys, data, f"{UP}{UP}{ENTER}.quit{ENTER}")
    assert "first" in capsys.readouterr().out
    assert (tmp_path / "state" / "spanlake" / "sql_history").stat().st_mode & 0o777 == 0o600
