"""Two texts side by side, word by word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanlake.web.pages.text_diff import Piece, diff_texts


def test_changed_words_are_marked() -> None:
    """What is gone is marked in the one text, and what is new in the other."""
    found = diff_texts("within 30 days, please", "within 60 days")
    assert found.before == (
        Piece("within ", "same"),
        Piece("30", "gone"),
        Piece(" days", "same"),
        Piece(", please", "gone"),
    )
    assert found.after == (Piece("within ", "same"), Piece("60", "new"), Piece(" days", "same"))


@pytest.mark.parametrize(
    ("before", "after", "tags"),
    [
        ("a b", "a b", ("same", "same")),
        ("", "b", (None, "new")),
        ("a", "", ("gone", None)),
        ("a " * 3000, "b " * 3000, ("gone", "new")),
    ],
)
def test_texts_that_are_one_piece(
    before: str, after: str, tags: tuple[str | None, str | None]
) -> None:
    """Equal texts are the same, empty ones nothing, and very long ones are not looked into."""
    found = diff_texts(before, after)
    for side, tag in zip((found.before, found.after), tags, strict=True):
        assert [piece.tag for piece in side] == ([tag] if tag else [])


@given(st.text(max_size=60), st.text(max_size=60))
def test_nothing_is_lost(before: str, after: str) -> None:
    """The pieces of each side put together are its text."""
    found = diff_texts(before, after)
    assert "".join(piece.text for piece in found.before) == before
    assert "".join(piece.text for piece in found.after) == after
