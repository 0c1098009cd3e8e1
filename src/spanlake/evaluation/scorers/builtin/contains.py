"""Whether texts occur in the outputs."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from spanlake.entities import Feedback
from spanlake.errors import UserError
from spanlake.evaluation.scorers.builtin.given import check_choice, expected_texts, output_text
from spanlake.evaluation.scorers.scorer import Scorer

_REQUIREMENTS = ("all", "any", "none")


class Contains(Scorer):
    """True where all, any or none of some texts occur in the outputs.

    texts: without them, those of the expectation: one text or a list of them.
    """

    texts: Sequence[str] = ()
    require: Literal["all", "any", "none"] = "all"
    ignore_case: bool = False
    expectation: str = "expected_response"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self.name, "require", self.require, _REQUIREMENTS)
        if isinstance(self.texts, str):
            raise UserError(
                f"texts of the scorer {self.name} is {self.texts!r}: "
                f"must be a list of texts, such as [{self.texts!r}]"
            )

    def __call__(
        self,
        *,
        outputs: object,
        expectations: Mapping[str, Any] | None = None,
    ) -> Feedback:
        """The verdict, with the texts that decided it."""
        texts = list(self.texts) or expected_texts(expectations, self.expectation)
        said = self._plain(output_text(outputs))
        found = [text for text in texts if self._plain(text) in said]
        missing = [text for text in texts if text not in found]
        match self.require:
            case "all":
                is_good, reason = not missing, _listed("missing", missing)
            case "any":
                is_good, reason = bool(found), _listed("none of", missing)
            case _:
                is_good, reason = not found, _listed("found", found)
        return self.feedback(value=is_good, rationale=None if is_good else reason)

    def _plain(self, text: str) -> str:
        return text.casefold() if self.ignore_case else text


def _listed(what: str, texts: Sequence[str]) -> str:
    return f"{what}: {', '.join(repr(text[:80]) for text in texts)}"
