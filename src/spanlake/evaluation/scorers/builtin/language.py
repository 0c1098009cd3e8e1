"""Whether the outputs are in the right language (py3langid)."""

import threading
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import regex

from spanlake.entities import Feedback
from spanlake.errors import UserError
from spanlake.evaluation.scorers.builtin.given import (
    INVALID_EXPECTATION,
    expected,
    output_text,
)
from spanlake.evaluation.scorers.outcome import ScorerError
from spanlake.evaluation.scorers.scorer import Scorer

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_LETTER = regex.compile(r"\p{L}")
_CODE = regex.compile(r"```.*?```|`[^`\n]*`|https?://\S+", regex.DOTALL)
_READ_CHARACTERS = 5_000
_LOADING = threading.Lock()


class LanguageMatch(Scorer):
    """True where the outputs are in a language.

    language: its ISO 639-1 code, such as en or de; without one the expectation
    `expected_language` of each sample. min_letters: a text with fewer is too short to tell, and
    there is no verdict. Code between backticks and URLs are not read, nor is what comes after the
    first 5,000 characters.
    """

    language: str | None = None
    min_letters: int = 20
    expectation: str = "expected_language"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.language is not None and _primary(self.language) not in languages():
            raise UserError(
                f"language of the scorer {self.name} is {self.language!r}: "
                f"must be one of {', '.join(languages())}"
            )

    def __call__(
        self,
        *,
        outputs: object,
        expectations: Mapping[str, Any] | None = None,
    ) -> Feedback:
        """The verdict, with the language that it looks like."""
        wanted = self.language or str(expected(expectations, self.expectation))
        if _primary(wanted) not in languages():
            raise ScorerError(
                f"the expectation {self.expectation} is {wanted!r}: no language that it knows, "
                "such as en or de",
                INVALID_EXPECTATION,
            )
        text = _CODE.sub(" ", output_text(outputs)[:_READ_CHARACTERS])
        if len(_LETTER.findall(text)) < self.min_letters:
            return self.feedback(
                rationale=f"fewer than {self.min_letters} letters: too short to tell"
            )
        likely, probability = _identifier().classify(text)
        return self.feedback(
            value=likely == _primary(wanted),
            rationale=f"it looks like {likely} (probability {probability:.2f})",
        )


def languages() -> list[str]:
    """The codes of the languages that can be told apart, sorted."""
    return sorted(set(_identifier().nb_classes))


def _primary(code: str) -> str:
    """The language of a code with a region: en of en-GB."""
    return code.strip().replace("_", "-").partition("-")[0].lower()


def _identifier() -> "LanguageIdentifier":
    with _LOADING:  # it takes a second, and threads would each load their own
        return _loaded()


@cache
def _loaded() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
