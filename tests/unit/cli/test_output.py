"""What is printed cannot do harm, and what is written is written whole."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanlake.cli.output import output_file, printable
from spanlake.errors import UserError

BIDIRECTIONAL = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}


@given(st.text())
def test_printed_text_only_shows_itself(text: str) -> None:
    """No control code and no switch of direction is left, and no line ends."""
    shown = printable(text)
    assert not any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in shown)
    assert not any(unicodedata.bidirectional(character) in BIDIRECTIONAL for character in shown)


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_plain_text_is_printed_as_it_is(text: str) -> None:
    """Letters, digits, punctuation, symbols and spaces stay."""
    assert printable(text) == text


def test_line_ends_become_spaces() -> None:
    """A text of several lines is printed on one."""
    assert printable("a\nb\tc\r\nd") == "a b c  d"


def test_a_file_appears_whole(tmp_path: Path) -> None:
    """Until the last byte is written the file of -o is what it was before."""
    path = tmp_path / "out.csv"
    path.write_bytes(b"old")
    with output_file(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_no_file(tmp_path: Path) -> None:
    """If writing fails midway there is neither a part of the file nor a draft of it."""

    def write_and_fail() -> None:
        with output_file(tmp_path / "out.csv") as file:
            file.write(b"new")
            raise UserError("the query failed")

    with pytest.raises(UserError):
        write_and_fail()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The message has the name as typed, the reason and the next step."""
    path = tmp_path / "missing" / "out.csv"
    with (
        pytest.raises(UserError, match=r"^-o is .*out.csv: cannot be written \(No such file .*; "),
        output_file(path) as file,
    ):
        file.write(b"x")
