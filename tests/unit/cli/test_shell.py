"""What can be typed at the SQL prompt."""

from collections.abc import Iterator

import pytest

from spanlake.cli.sql.shell import Shell, is_whole
from spanlake.storage.lake import Lake


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A shell over a lake without any data."""
    with Lake(tmp_path_factory.mktemp("lake")) as lake:
        yield Shell(lake)


def test_queries_are_answered(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    """A query is answered with a table."""
    assert shell.run("SELECT count(*) AS n FROM spans;")
    assert capsys.readouterr().out.split() == ["n", "━", "0", "1", "row"]


def test_an_error_ends_nothing(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake is printed, and the next entry is awaited."""
    assert shell.run("SELEC 1;")
    assert capsys.readouterr().err.startswith("error: Parser Error: syntax error at or near")
    assert shell.run(".foo bar")
    assert capsys.readouterr().err == (
        "error: .foo bar is no command: the commands are .tables, .schema VIEW, .help, .quit\n"
    )


@pytest.mark.parametrize("entry", ["", " ", ";"])
def test_nothing_is_answered_with_nothing(
    shell: Shell, capsys: pytest.CaptureFixture[str], entry: str
) -> None:
    """An empty entry asks for nothing."""
    assert shell.run(entry)
    assert capsys.readouterr() == ("", "")


def test_views_and_their_columns(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    """.tables names the views, .schema the columns of one with their types."""
    shell.run(".tables")
    assert {"spans", "traces", "sessions"} <= set(capsys.readouterr().out.split())
    shell.run(".schema traces;")
    assert ["total_tokens", "BIGINT"] in [
        line.split() for line in capsys.readouterr().out.splitlines()
    ]
    shell.run(".schema x")
    assert capsys.readouterr().err.startswith("error: .schema x: must name a view, one of ")


def test_help_names_every_command(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    """.help says what each command does."""
    shell.run(".help")
    shown = capsys.readouterr().out
    assert all(name in shown for name in (".tables", ".schema", ".help", ".quit", "Ctrl-C"))


@pytest.mark.parametrize("entry", [".quit", " .exit "])
def test_leaving(shell: Shell, entry: str) -> None:
    """.quit is the last entry."""
    assert not shell.run(entry)


def test_views_columns_and_commands_can_be_completed(shell: Shell) -> None:
    """Completion knows what the views and their columns are called."""
    assert {"traces", "input_tokens", "cost_usd", ".schema VIEW"} <= set(shell.words())


@pytest.mark.parametrize(
    ("entry", "whole"),
    [
        ("SELECT 1", False),
        ("SELECT 1;\n", True),
        ("SELECT\n", False),
        (".tables", True),
        ("", True),
    ],
)
def test_a_query_goes_on_until_its_semicolon(entry: str, *, whole: bool) -> None:
    """Enter begins another line of a query that does not end with a semicolon."""
    assert is_whole(entry) is whole
