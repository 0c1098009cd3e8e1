"""`spanlake sql` with a query."""

import json
from pathlib import Path

import pytest
from command_line import Run

TOTALS = "SELECT trace_id[:1] AS t, total_tokens, is_complete FROM traces ORDER BY t"


def test_a_table_for_people(run: Run, data: Path) -> None:
    """By default an answer is a table with the number of rows below it."""
    shown = run("sql", TOTALS, "--data", data)
    lines = [line.split() for line in shown.text.splitlines()]
    assert shown.status == 0
    assert lines[0] == ["t", "┃", "total_tokens", "┃", "is_complete"]
    assert lines[2:] == [
        ["a", "│", "1522", "│", "true"],
        ["b", "│", "NULL", "│", "true"],
        ["2", "rows"],
    ]


def test_values_cannot_write_to_the_terminal(run: Run, data: Path) -> None:
    """What was sent to trick a terminal is shown without its control codes."""
    shown = run("sql", "SELECT input, input AS 'a\x1b[2J' FROM traces", "--data", data)
    assert "Pay[31m!" in shown.text
    assert "\x1b" not in shown.text


def test_a_table_has_an_end(run: Run, data: Path) -> None:
    """Of a long answer 1,000 rows are shown, and how to get all."""
    shown = run("sql", "FROM range(1500)", "--data", data)
    assert shown.text.splitlines()[-1] == "the first 1,000 rows; --format csv prints all"
    assert len(shown.text.splitlines()) == 1003


def test_a_table_shows_the_columns_that_fit(run: Run, data: Path) -> None:
    """Of many columns as many are shown as fit, and their number."""
    shown = run("sql", "FROM spans LIMIT 1", "--data", data)
    lines = shown.text.splitlines()
    assert max(map(len, lines)) <= 160
    assert "1 row; " in lines[-1]
    assert "name those you want, or --format json" in lines[-1]


def test_json_is_exact(run: Run, data: Path) -> None:
    """--format json prints one array of objects and nothing else."""
    shown = run("sql", TOTALS, "--data", data, "--format", "json")
    assert json.loads(shown.out) == [
        {"t": "a", "total_tokens": 1522, "is_complete": True},
        {"t": "b", "total_tokens": None, "is_complete": True},
    ]
    assert shown.err == ""


def test_a_query_from_a_file_or_stdin(run: Run, data: Path, tmp_path: Path) -> None:
    """The query may be in a file, or come through a pipe."""
    file = tmp_path / "totals.sql"
    file.write_text(f"-- totals\n{TOTALS};\n", encoding="utf-8")
    from_file = run("sql", "--file", file, "--data", data, "--format", "csv")
    assert from_file.text == "t,total_tokens,is_complete\na,1522,true\nb,,true\n"
    piped = run("sql", "--data", data, "--format", "csv", stdin=TOTALS)
    assert piped.out == from_file.out


@pytest.mark.parametrize(
    ("name", "beginning"),
    [("out.parquet", b"PAR1"), ("out.arrow", b"\xff\xff\xff\xff"), ("out.jsonl", b'{"t":"a",')],
)
def test_the_name_of_a_file_says_its_format(
    run: Run, data: Path, tmp_path: Path, name: str, beginning: bytes
) -> None:
    """Without --format the end of the name after -o decides."""
    written = run("sql", TOTALS, "--data", data, "-o", tmp_path / name)
    assert (written.status, written.out) == (0, b"")
    assert (tmp_path / name).read_bytes().startswith(beginning)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["SELECT nope FROM spans"], 'error: Binder Error: Referenced column "nope" not found'),
        (["FROM spanz"], "error: Catalog Error: Table with name spanz does not exist (line 1, col"),
        (["SELECT 1", "--file", "x.sql"], "error: --file is x.sql, and a query is given as well"),
        (["--file", "x.sql"], "error: --file is x.sql: cannot be read ([Errno 2] No such file"),
        (["SELECT 1", "-o", "x.txt"], "error: -o is x.txt: a table is for the terminal; say "),
        ([""], "error: the query is empty: it must be a statement"),
    ],
)
def test_a_mistake_is_one_line(run: Run, data: Path, arguments: list[str], message: str) -> None:
    """What is wrong is said in one line on stderr, with status 2 and nothing on stdout."""
    ended = run("sql", *arguments, "--data", data)
    assert (ended.status, ended.out) == (2, b"")
    assert ended.err.startswith(message)
    assert ended.err.count("\n") == 1


def test_a_failed_query_leaves_no_file(run: Run, data: Path, tmp_path: Path) -> None:
    """A query that fails while its rows are written leaves nothing behind."""
    query = "SELECT if(range = 90000, error('late'), range) AS n FROM range(100000)"
    ended = run("sql", query, "--data", data, "-o", tmp_path / "out.csv")
    assert (ended.status, ended.err) == (2, "error: Invalid Input Error: late\n")
    assert [path.name for path in tmp_path.iterdir()] == ["lake"]
