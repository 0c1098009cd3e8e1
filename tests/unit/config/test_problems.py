import pytest

from spanlake.config.problems import Problem, file_error, first_error, quoted


def test_the_first_problem_in_the_file_is_told_and_the_others_counted() -> None:
    """The error is of the problem that stands first in the file, by line and then by column."""
    problems = [
        Problem(9, 1, ("b",), "is late"),
        Problem(2, 7, ("a", "z"), "is second"),
        Problem(2, 3, ("a", "y", 0), "is first"),
    ]
    assert str(file_error("c.yaml", problems)) == "c.yaml:2: a.y.0 is first (and 2 more)"


def test_a_single_problem_stands_alone() -> None:
    """The error of one message is that message."""
    assert str(first_error(["--host is empty"])) == "--host is empty"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("64", "64"),
        ("two\n  lines", "two lines"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 59 + "…"),
    ],
)
def test_what_the_user_typed_is_repeated_on_one_line(text: str, line: str) -> None:
    """The user's own text stays on one line, is cut when long and cannot steer a terminal."""
    assert quoted(text) == line
