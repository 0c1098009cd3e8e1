"""Whether the outputs match a regular expression (regex, which can stop in time)."""

from typing import Literal

import regex

from spanlake.entities import Feedback
from spanlake.errors import UserError
from spanlake.evaluation.scorers.builtin.given import check_choice, output_text, rating
from spanlake.evaluation.scorers.outcome import ScorerError
from spanlake.evaluation.scorers.scorer import Scorer

_MAX_SECONDS = 5.0
"""A pattern that takes longer backtracks without end."""


class RegexMatch(Scorer):
    """`yes` where the outputs match a pattern, as Python writes them, else `no`.

    match_type: search finds it anywhere, fullmatch wants the whole text. Outputs that are no text
    are JSON.
    """

    pattern: str
    match_type: Literal["search", "fullmatch"] = "search"
    case_insensitive: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self.name, "match_type", self.match_type, ("search", "fullmatch"))
        flags = regex.IGNORECASE if self.case_insensitive else 0
        try:
            self._compiled = regex.compile(self.pattern, flags)
        except regex.error as error:
            raise UserError(
                f"pattern of the scorer {self.name} is {self.pattern!r}: "
                f"must be a regular expression; {error}"
            ) from None

    def __call__(self, *, outputs: object) -> Feedback:
        """The rating."""
        match = getattr(self._compiled, self.match_type)
        try:
            found = match(output_text(outputs), timeout=_MAX_SECONDS, concurrent=True)
        except TimeoutError:
            raise ScorerError(
                f"the pattern {self.pattern!r} takes more than {_MAX_SECONDS:g} s on these outputs"
            ) from None
        verb = "match" if found else "do not match"
        return self.feedback(
            value=rating(is_good=bool(found)),
            rationale=f"the outputs {verb} the pattern {self.pattern!r}",
        )
