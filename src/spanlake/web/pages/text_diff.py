"""Two texts side by side: the words that are gone from the one, and those new in the other."""

import re
from typing import Literal, NamedTuple

from rapidfuzz.distance import LCSseq

# More words than this are compared by nobody, and would take long.
_MOST_WORDS = 4_000
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")

Tag = Literal["same", "gone", "new"]


class Piece(NamedTuple):
    """A part of a text, and whether the other text has it."""

    text: str
    tag: Tag


class TextDiff(NamedTuple):
    """Both texts in pieces; each side is its text when put together."""

    before: tuple[Piece, ...]
    after: tuple[Piece, ...]


def diff_texts(before: str, after: str) -> TextDiff:
    """What differs, in words; long texts are all gone and all new where they differ at all."""
    if before == after:
        return TextDiff(_whole(before, "same"), _whole(after, "same"))
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if not old or not new or len(old) + len(new) > _MOST_WORDS:
        return TextDiff(_whole(before, "gone"), _whole(after, "new"))
    left, right = [], []
    for step in LCSseq.opcodes(old, new):
        is_same = step.tag == "equal"
        if gone := "".join(old[step.src_start : step.src_end]):
            left.append(Piece(gone, "same" if is_same else "gone"))
        if come := "".join(new[step.dest_start : step.dest_end]):
            right.append(Piece(come, "same" if is_same else "new"))
    return TextDiff(_merged(left), _merged(right))


def _whole(text: str, tag: Tag) -> tuple[Piece, ...]:
    return (Piece(text, tag),) if text else ()


def _merged(pieces: list[Piece]) -> tuple[Piece, ...]:
    """Neighbours of one kind as one piece; a blank between two that differ goes with them."""
    merged: list[Piece] = []
    for at, piece in enumerate(pieces):
        tag = piece.tag
        is_between = 0 < at < len(pieces) - 1 and piece.text.isspace()
        if is_between and tag == "same":
            tag = pieces[at - 1].tag
        if merged and merged[-1].tag == tag:
            merged[-1] = Piece(merged[-1].text + piece.text, tag)
        else:
            merged.append(Piece(piece.text, tag))
    return tuple(merged)
