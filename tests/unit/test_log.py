import json
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest

from spanlake import log


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    """Leave the logging of the test run as it was."""
    root, ours = logging.getLogger(), logging.getLogger("spanlake")
    handlers, levels = root.handlers[:], (root.level, ours.level)
    root.handlers.clear()
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


def test_json_lines_carry_event_and_values(capsys: pytest.CaptureFixture[str]) -> None:
    """In JSON every event is one object a line on stderr, with its values typed."""
    log.configure("info", "json")
    log.get("spanlake.storage").info("storage.sealed", rows=5, table="spans")
    out, err = capsys.readouterr()
    entry = json.loads(err)
    assert entry.pop("timestamp").endswith("Z")
    assert entry == {
        "event": "storage.sealed",
        "level": "info",
        "logger": "spanlake.storage",
        "rows": 5,
        "table": "spans",
    }
    assert out == ""


def test_console_lines_are_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """On the console an event is one line with its values as key=value."""
    log.configure("info", "console")
    log.get("spanlake.storage").info("storage.sealed", rows=5)
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "[info     ] storage.sealed" in line
    assert line.rstrip().endswith("[spanlake.storage] rows=5")


@pytest.mark.parametrize("encoding", ["console", "json"])
def test_text_from_outside_cannot_forge_a_line(
    encoding: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A value with line ends or terminal codes stays on its line, and is quoted."""
    log.configure("info", "json" if encoding == "json" else "console")
    log.get("spanlake").info("request.refused", service="a\n2026 [error] forged\x1b[31m")
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "\x1b" not in line


def test_what_is_below_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    """The level is the least severe that is written, and `configure` may be called again."""
    logger = log.get("spanlake.collector")
    log.configure("debug", "json")
    logger.debug("collector.seen")
    log.configure("warn", "json")
    logger.info("collector.hidden")
    logger.warning("collector.kept")
    events = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert events == ["collector.seen", "collector.kept"]


def test_an_exception_comes_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """A logged exception shows its traceback and none of the values on the way."""
    log.configure("info", "console")
    secret = "sk-" + "s3cret"
    try:
        int(secret[3:4])
    except ValueError:
        log.get("spanlake").exception("request.failed")
    text = capsys.readouterr().err
    assert "request.failed" in text
    assert "ValueError: invalid literal" in text
    assert secret not in text


def test_other_libraries_speak_up_from_warning_only(capsys: pytest.CaptureFixture[str]) -> None:
    """Other libraries' warnings are written in the same form, their chatter is not."""
    log.configure("debug", "json")
    other = logging.getLogger("other.library")
    other.info("connected")
    other.warning("disk %s full", "half")
    entry = json.loads(capsys.readouterr().err)
    assert entry["event"] == "disk half full"
    assert entry["logger"] == "other.library"
    assert entry["level"] == "warning"


def test_a_library_use_is_silent_until_something_is_wrong() -> None:
    """Without `configure` only warnings are written, in the way of the standard library."""
    program = (
        "from spanlake import log\n"
        "log.get('spanlake.storage').info('storage.sealed', rows=5)\n"
        "log.get('spanlake.storage').warning('storage.damaged', file='a.parquet')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout == ""
    assert "storage.damaged" in done.stderr
    assert "storage.sealed" not in done.stderr
