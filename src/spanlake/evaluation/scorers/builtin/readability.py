"""How easily English outputs are read."""

import re
from typing import Literal

from spanlake.entities import Feedback
from spanlake.evaluation.scorers.builtin.given import check_choice, output_text
from spanlake.evaluation.scorers.scorer import Scorer

_FORMULAS = ("flesch_reading_ease", "flesch_kincaid_grade")
_WORD = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ]+(?:['\u2019][A-Za-z]+)*")
_SENTENCE_END = re.compile(r"[.!?…]+[\"'\u201d\u2019)\]]*(?=\s|\Z)|\n\s*\n")
_VOWELS = re.compile(r"[aeiouyà-öø-ÿ]+")
_SILENT_END = re.compile(r"(?<![^aeiouy]l)e$|(?<=[^aeioutdy])ed$|(?<=[^aeiousxzcgy])es$")
# Two vowels that are said one after the other: ra-di-o, cre-ate, ego-ism.
_APART = re.compile(
    r"ia(?![ln])|io(?!n|us)|[aeiouy]ing|ism$|[^aeiouqg]u[aeo]|eo(?!us|p)|creat(?=[eio])|ie(?:r|st)$"
)


class Readability(Scorer):
    """How easily English text is read, by the mean length of its sentences and words.

    formula: flesch_reading_ease, where 100 is very easy and 0 very hard (Flesch, 1948), or
    flesch_kincaid_grade, the years of school in the USA that it takes (Kincaid and others, 1975).
    Neither has bounds. Syllables are counted by rules of spelling, right for 9 of 10 words.
    """

    formula: Literal["flesch_reading_ease", "flesch_kincaid_grade"] = "flesch_reading_ease"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self.name, "formula", self.formula, _FORMULAS)

    def __call__(self, *, outputs: object) -> Feedback:
        """The measure; nothing where there are no words."""
        text = output_text(outputs)
        words = _WORD.findall(text)
        if not words:
            return self.feedback(rationale="there are no words")
        sentences = sum(bool(_WORD.search(each)) for each in _SENTENCE_END.split(text))
        length = len(words) / sentences
        syllables = sum(map(syllable_count, words)) / len(words)
        if self.formula == "flesch_reading_ease":
            value = 206.835 - 1.015 * length - 84.6 * syllables
        else:
            value = 0.39 * length + 11.8 * syllables - 15.59
        return self.feedback(
            value=round(value, 2),
            rationale=f"{length:.1f} words a sentence, {syllables:.2f} syllables a word",
        )


def syllable_count(word: str) -> int:
    """How many syllables an English word has, at least 1."""
    plain = word.lower().replace("'", "").replace("\u2019", "")
    spoken = _SILENT_END.sub("", plain) or plain
    return max(1, len(_VOWELS.findall(spoken)) + len(_APART.findall(plain)))
