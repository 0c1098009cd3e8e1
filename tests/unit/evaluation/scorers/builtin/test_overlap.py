from typing import Literal

import pytest
from scoring import score

from spanlake.evaluation.scorers.builtin.readability import syllable_count
from spanlake.scorers import Bleu, Readability, Rouge

FOX = "The quick brown fox jumps over the lazy dog"
LOG = "The quick brown dog jumps on the log."


@pytest.mark.parametrize(
    ("kind", "precision", "recall", "f1"),
    [
        ("rouge1", 0.75, 2 / 3, 0.7058823529411765),
        ("rouge2", 2 / 7, 0.25, 0.26666666666666666),
        ("rouge3", 1 / 6, 1 / 7, 0.15384615384615383),
        ("rougeL", 0.625, 5 / 9, 0.5882352941176471),
    ],
)
def test_rouge_is_that_of_rouge_score(
    kind: Literal["rougeL"], precision: float, recall: float, f1: float
) -> None:
    """The example of the package rouge-score comes out as there."""
    feedback = score(Rouge(kind=kind), outputs=LOG, expectations={"expected_response": FOX})
    assert feedback.value == pytest.approx(f1)
    assert float(feedback.metadata["precision"]) == pytest.approx(precision, abs=1e-6)
    assert float(feedback.metadata["recall"]) == pytest.approx(recall, abs=1e-6)


@pytest.mark.parametrize(
    ("reference", "kind", "f1"),
    [  # Lin 2004, section 3: rouge-2 cannot tell these two from each other, rouge-L can
        ("police kill the gunman", "rouge2", 1 / 3),
        ("the gunman kill police", "rouge2", 1 / 3),
        ("police kill the gunman", "rougeL", 3 / 4),
        ("the gunman kill police", "rougeL", 2 / 4),
    ],
)
def test_rouge_l_sees_order(reference: str, kind: Literal["rougeL"], f1: float) -> None:
    """The example of the paper: of police killed the gunman, two candidates."""
    wanted = {"expected_response": "police killed the gunman"}
    assert score(Rouge(kind=kind), outputs=reference, expectations=wanted).value == (
        pytest.approx(f1)
    )


def test_the_best_reference_counts() -> None:
    """Of several references, that with the highest F1 is the one compared with."""
    wanted = {"expected_response": [FOX, LOG]}
    assert score(Rouge(), outputs=LOG, expectations=wanted).value == 1.0
    assert score(Bleu(), outputs=LOG, expectations=wanted).value == 1.0
    assert score(Rouge(), outputs="", expectations=wanted).value == 0.0


def test_bleu_is_that_of_sacrebleu() -> None:
    """A sentence has the BLEU that can be worked out by hand: precisions 8/9, 6/8, 5/7 and 4/6."""
    outputs = "It was the dog that bit the man ."
    wanted = {"expected_response": "It is the dog that bit the man ."}
    by_hand = (8 / 9 * 6 / 8 * 5 / 7 * 4 / 6) ** (1 / 4)
    assert score(Bleu(), outputs=outputs, expectations=wanted).value == pytest.approx(by_hand)


@pytest.mark.parametrize(
    ("text", "ease"),
    [  # as Wikipedia's article on the test has them
        ("The cat sat on the mat.", 116),
        ("The Australian platypus is seemingly a hybrid of a mammal and reptilian creature.", 37.5),
    ],
)
def test_reading_ease_of_known_sentences(text: str, ease: float) -> None:
    """Sentences whose Flesch reading ease is published have it."""
    assert score(Readability(), outputs=text).value == pytest.approx(ease, abs=0.5)


def test_grades_and_sentences() -> None:
    """The grade follows its formula; abbreviations of nothing but signs are no sentences."""
    grade = score(Readability(formula="flesch_kincaid_grade"), outputs="The cat sat. On a mat!")
    assert grade.value == pytest.approx(0.39 * 3 + 11.8 * 1 - 15.59)
    assert grade.rationale == "3.0 words a sentence, 1.00 syllables a word"
    assert score(Readability(), outputs="42 ...").value is None


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "the moved noise great strengths make"),
        (2, "table little people using moment doing noises wanted"),
        (3, "example readable created radio beautiful"),
        (4, "information available"),
    ],
)
def test_syllables(count: int, words: str) -> None:
    """Common words, with silent endings and with vowels apart, have their syllables."""
    assert {word: syllable_count(word) for word in words.split()} == dict.fromkeys(
        words.split(), count
    )
