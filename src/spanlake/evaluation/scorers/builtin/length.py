"""How long the outputs are."""

from typing import Literal

from spanlake.entities import Feedback
from spanlake.errors import UserError
from spanlake.evaluation.scorers.builtin.given import check_choice, output_text, rating
from spanlake.evaluation.scorers.scorer import Scorer


class ResponseLength(Scorer):
    """`yes` where the length of the outputs is within bounds, which belong to it, else `no`.

    min_length, max_length: at least one of them. unit: chars or words. Outputs that are no text
    are measured as JSON.
    """

    min_length: int | None = None
    max_length: int | None = None
    unit: Literal["chars", "words"] = "chars"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self.name, "unit", self.unit, ("chars", "words"))
        low, high = self.min_length, self.max_length
        if low is None and high is None:
            raise UserError(
                f"the scorer {self.name} has no bounds: it needs min_length, max_length or both"
            )
        if (
            (low or 0) < 0
            or (high or 0) < 0
            or (low is not None and high is not None and low > high)
        ):
            raise UserError(
                f"min_length of the scorer {self.name} is {low} and max_length {high}: "
                "must be 0 or more, and the first not over the second"
            )

    def __call__(self, *, outputs: object) -> Feedback:
        """The rating."""
        text = output_text(outputs)
        length = len(text) if self.unit == "chars" else len(text.split())
        is_long_enough = self.min_length is None or length >= self.min_length
        is_short_enough = self.max_length is None or length <= self.max_length
        bounds = [
            f"{word} {bound}"
            for word, bound in (("at least", self.min_length), ("at most", self.max_length))
            if bound is not None
        ]
        return self.feedback(
            value=rating(is_good=is_long_enough and is_short_enough),
            rationale=f"{length} {self.unit}; wanted: {' and '.join(bounds)}",
        )
