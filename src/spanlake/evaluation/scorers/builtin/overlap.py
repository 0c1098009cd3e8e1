"""How many words and word sequences the outputs share with a reference: BLEU and ROUGE."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from rapidfuzz.distance import LCSseq

from spanlake.entities import Feedback
from spanlake.evaluation.scorers.builtin.given import (
    check_choice,
    check_length,
    expected_texts,
    output_text,
)
from spanlake.evaluation.scorers.scorer import Scorer

if TYPE_CHECKING:
    from sacrebleu.metrics.bleu import BLEU

_MAX_CHARACTERS = 100_000
_KINDS = ("rouge1", "rouge2", "rouge3", "rougeL")
# Google's rouge-score has no other words.
_NO_WORD = re.compile(r"[^a-z0-9]+")


class Bleu(Scorer):
    """BLEU of the outputs as a sentence, from 0 to 1, against one or several references.

    As sacrebleu computes it: its tokens (13a), exponential smoothing, and the orders of n-grams
    that so short a text has. The mean over samples is not the BLEU of the corpus.
    """

    expectation: str = "expected_response"

    def __call__(self, *, outputs: object, expectations: Mapping[str, Any]) -> float:
        """The score."""
        given, wanted = output_text(outputs), expected_texts(expectations, self.expectation)
        check_length([given, *wanted], _MAX_CHARACTERS)
        # Of several equally short references some come to a hair over 100.
        return min(float(_bleu().sentence_score(given, wanted).score) / 100, 1.0)


class Rouge(Scorer):
    """ROUGE of the outputs, from 0 to 1; of several references the best one counts.

    kind: rouge1, rouge2 and rouge3 over words and sequences of them, rougeL over the longest
    common subsequence. The value is F1; precision and recall are in the metadata. Words are as in
    Google's rouge-score without a stemmer: runs of a-z and 0-9 in lower case.
    """

    kind: Literal["rouge1", "rouge2", "rouge3", "rougeL"] = "rougeL"
    expectation: str = "expected_response"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self.name, "kind", self.kind, _KINDS)

    def __call__(self, *, outputs: object, expectations: Mapping[str, Any]) -> Feedback:
        """F1 with precision and recall."""
        given, wanted = output_text(outputs), expected_texts(expectations, self.expectation)
        check_length([given, *wanted], _MAX_CHARACTERS)
        words = _words(given)
        scores = [self._shared(words, _words(each)) for each in wanted]
        f1, precision, recall = max(scores)
        metadata = {"precision": f"{precision:.6g}", "recall": f"{recall:.6g}"}
        return self.feedback(value=f1, metadata=metadata)

    def _shared(self, given: Sequence[str], wanted: Sequence[str]) -> tuple[float, float, float]:
        """F1, precision and recall."""
        if self.kind == "rougeL":
            shared = LCSseq.similarity(given, wanted)
            return _f1(shared, len(given), len(wanted))
        size = int(self.kind[-1])
        ours, theirs = _ngrams(given, size), _ngrams(wanted, size)
        return _f1((ours & theirs).total(), ours.total(), theirs.total())


def _f1(shared: int, given: int, wanted: int) -> tuple[float, float, float]:
    precision = shared / given if given else 0.0
    recall = shared / wanted if wanted else 0.0
    both = given + wanted
    return (2 * shared / both if both else 0.0), precision, recall


def _words(text: str) -> list[str]:
    return _NO_WORD.sub(" ", text.lower()).split()


def _ngrams(words: Sequence[str], size: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(words[start:] for start in range(size)), strict=False))


@cache
def _bleu() -> "BLEU":
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(effective_order=True)
