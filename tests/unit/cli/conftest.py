import sys
from pathlib import Path

import pytest
from command_line import Keyboard, Outcome, Run
from rows import Row, span, usage, write

from spanlake.cli.app import main

_ANSWERED, _FAILED = "a" * 32, "b" * 32


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> Run:
    """Run the command line in this process, in a directory of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPANLAKE_DATA", raising=False)
    monkeypatch.delenv("SPANLAKE_CATALOG", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def run(*arguments: str | Path, stdin: str = "") -> Outcome:
        monkeypatch.setattr(sys, "argv", ["spanlake", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", Keyboard(stdin))
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfdbinary.readouterr()
        status = ended.value.code
        return Outcome(status if isinstance(status, int) else 0, out, err.decode())

    return run


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A lake of two traces; the second has an error, a session, a user and a log record."""
    folder = tmp_path / "lake"
    answered: Row = {"span_type": "LLM", "model": "gpt-4o", "provider": "openai", "cost_usd": 0.004}
    write(
        folder,
        span("1", trace_id=_ANSWERED, name="plan a trip", span_type="AGENT", input="To Rome?"),
        span("2", "1", trace_id=_ANSWERED, name="chat", **answered, **usage(1204, 318)),
    )
    belonging: Row = {"session_id": "s-1", "user_id": "u-1"}
    failed: Row = {"is_error": True, "error_type": "TimeoutError", "error_message": "no answer"}
    write(
        folder,
        span("3", trace_id=_FAILED, name="pay", start_ms=50, input="Pay\x1b[31m!", **belonging),
        span("4", "3", trace_id=_FAILED, name="call", start_ms=52, span_type="TOOL", **failed),
    )
    write(folder, {"trace_id": _FAILED, "span_id": "4", "body": "slow"}, table="logs")
    return folder
