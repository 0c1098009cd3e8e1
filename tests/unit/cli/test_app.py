"""The command line as a whole: what it loads, how it is grouped, how it ends."""

import json
import re
import subprocess
import sys

import pytest
from command_line import Run

from spanlake.cli import app

HEAVY = {
    "alembic",
    "sqlalchemy",
    "duckdb",
    "pyarrow",
    "polars",
    "grpc",
    "numpy",
    "ptars",
    "opentelemetry",
    "starlette",
}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["sql", "--help"],
        ["traces", "delete", "--help"],
        ["experiments", "create", "--help"],
        ["prices", "set", "--help"],
        ["renormalize", "--help"],
    ],
)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    """Help and version come without loading the libraries that the commands work with."""
    code = (
        "import json, sys\n"
        "from spanlake.cli.app import main\n"
        f"sys.argv = ['spanlake', *{arguments!r}]\n"
        "try:\n    main()\n"
        "except SystemExit:\n    print(json.dumps(list(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stderr)}
    assert loaded & HEAVY == set()


def test_help_names_every_command_in_its_group(run: Run) -> None:
    """The help of the program shows all commands, by what they are for."""
    text = run("--help").text
    words = [
        "Collect",
        "serve",
        "demo",
        "Ask",
        "sql",
        "traces",
        "experiments",
        "prices",
        "Keep well",
        "renormalize",
        "doctor",
    ]
    assert [word for word in text.split() if word in words[:1]] == ["Collect"]
    assert all(word in text for word in words)


@pytest.mark.parametrize(
    "arguments",
    [
        ["demo"],
        ["doctor"],
        ["experiments", "archive"],
        ["experiments", "create"],
        ["experiments", "describe"],
        ["experiments", "list"],
        ["experiments", "restore"],
        ["experiments", "show"],
        ["experiments", "tag"],
        ["experiments", "untag"],
        ["prices", "history"],
        ["prices", "import"],
        ["prices", "list"],
        ["prices", "recost"],
        ["prices", "set"],
        ["prices", "show"],
        ["prices", "unset"],
        ["renormalize"],
        ["serve"],
        ["sql"],
        ["traces", "delete"],
        ["traces", "export"],
        ["traces", "list"],
        ["traces", "show"],
    ],
    ids=" ".join,
)
def test_every_command_says_what_it_does_and_where_the_data_is(
    run: Run, arguments: list[str]
) -> None:
    """Each command has help that shows its usage, and has a --data option."""
    shown = run(*arguments, "--help")
    assert shown.status == 0
    assert re.search(rf"Usage: .*{' '.join(arguments)} ", shown.text)
    assert "--data" in shown.text


def test_an_unknown_command_is_the_users_mistake(run: Run) -> None:
    """What is no command ends with status 2 and names what was typed."""
    ended = run("trases")
    assert ended.status == 2
    assert "trases" in ended.err


def test_a_missing_directory_is_one_line(run: Run) -> None:
    """A data directory that is not there is one line with the next step, and status 2."""
    ended = run("sql", "SELECT 1", "--data", "nowhere")
    assert (ended.status, ended.out) == (2, b"")
    assert ended.err.startswith("error: --data is nowhere: no such directory; ")
    assert ended.err.count("\n") == 1


def test_a_fault_of_ours_keeps_its_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that nobody expected ends with status 70, a traceback and a request."""

    def broken() -> None:
        raise RuntimeError("out of cheese")

    monkeypatch.setattr(app, "_command", broken)
    ended = run("--version")
    assert ended.status == 70
    assert "RuntimeError: out of cheese" in ended.err
    assert ended.err.endswith("please report it with the above\n")
