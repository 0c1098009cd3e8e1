"""The questions that reviewers answer: what each asks, and which answers it takes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, TypeGuard

from spanlake.errors import UserError

LabelType = Literal["feedback", "expectation"]
LabelValue = bool | float | str | list[str]
"""What an answer can be, as an assessment has it."""

_LONGEST_LABEL = 200
_MOST_OPTIONS = 50
_LONGEST_TEXT = 100_000
_MOST_TEXTS = 200
_FEWEST_OPTIONS = 2
_LARGEST = 2**53  # of the whole numbers, which JSON has as they are


@dataclass(frozen=True, slots=True, kw_only=True)
class InputPassFail:
    """Yes or no: the value is true or false, whatever the two are called."""

    kind: ClassVar = "pass_fail"
    positive_label: str = "Pass"
    negative_label: str = "Fail"

    def __post_init__(self) -> None:
        _check_options("the labels of pass and fail", (self.positive_label, self.negative_label))

    def check(self, value: object) -> LabelValue:
        """The value, if it is true or false, or one of the two labels. UserError."""
        if isinstance(value, bool):
            return value
        labels = {self.positive_label: True, self.negative_label: False}
        if isinstance(value, str) and value in labels:
            return labels[value]
        raise _refused(value, f"must be true ({self.positive_label}) or false")


@dataclass(frozen=True, slots=True, kw_only=True)
class InputCategorical:
    """One of some options, which is the value; or several of them, which are a list."""

    kind: ClassVar = "categorical"
    options: Sequence[str]
    multi_select: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", tuple(self.options))
        _check_options("options", self.options)

    def check(self, value: object) -> LabelValue:
        """The value, if it is of the options; several in their order. UserError."""
        if not self.multi_select:
            if isinstance(value, str) and value in self.options:
                return value
            raise _refused(value, f"must be one of {', '.join(self.options)}")
        chosen = value if isinstance(value, list) else [value]
        if not chosen or any(each not in self.options for each in chosen):
            raise _refused(value, f"must be a list of some of {', '.join(self.options)}")
        return [option for option in self.options if option in chosen]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputNumeric:
    """A number, of any size or within bounds that it may reach."""

    kind: ClassVar = "numeric"
    min_value: float | None = None
    max_value: float | None = None

    def __post_init__(self) -> None:
        for name in ("min_value", "max_value"):
            bound = getattr(self, name)
            if bound is not None and not _is_number(bound):
                raise UserError(f"{name} is {bound!r}: must be a finite number; correct it")
        if not (self.min_value is None or self.max_value is None) and (
            self.min_value >= self.max_value
        ):
            raise UserError(
                f"min_value is {self.min_value:g}: must be below max_value, which is "
                f"{self.max_value:g}; correct one of them"
            )

    @property
    def steps(self) -> tuple[int, ...]:
        """The whole numbers from end to end, if they are few enough for a key each."""
        low, high = self.min_value, self.max_value
        if low is None or high is None or high - low > len("123456789") or low % 1 or high % 1:
            return ()
        return tuple(range(int(low), int(high) + 1))

    def check(self, value: object) -> LabelValue:
        """The value, if it is a number within the bounds. UserError."""
        if not _is_number(value):
            raise _refused(value, "must be a finite number")
        low, high = self.min_value, self.max_value
        if (low is not None and value < low) or (high is not None and value > high):
            least = "any number" if low is None else f"{low:g}"
            most = "any number" if high is None else f"{high:g}"
            raise _refused(value, f"must be from {least} to {most}")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class InputText:
    """A text of at most so many characters."""

    kind: ClassVar = "text"
    max_length: int = 10_000

    def __post_init__(self) -> None:
        _check_limit("max_length", self.max_length, _LONGEST_TEXT)

    def check(self, value: object) -> LabelValue:
        """The value, if it is a text that is not too long, nor empty. UserError."""
        return _checked_text(value, self.max_length)


@dataclass(frozen=True, slots=True, kw_only=True)
class InputTextList:
    """A list of texts, such as facts; each of at most so many characters."""

    kind: ClassVar = "text_list"
    max_length_each: int = 2_000
    max_count: int = 50

    def __post_init__(self) -> None:
        _check_limit("max_length_each", self.max_length_each, _LONGEST_TEXT)
        _check_limit("max_count", self.max_count, _MOST_TEXTS)

    def check(self, value: object) -> LabelValue:
        """The value, if it is a list of such texts, without those that are empty. UserError."""
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise _refused(value, "must be a list of texts")
        texts = [each for each in value if each.strip()]
        if not texts:
            raise _refused(value, "must have a text at least")
        if len(texts) > self.max_count:
            raise UserError(
                f"the answer has {len(texts)} texts: must have at most {self.max_count}; "
                "leave some out"
            )
        return [str(_checked_text(each, self.max_length_each)) for each in texts]


LabelInput = InputPassFail | InputCategorical | InputNumeric | InputText | InputTextList
INPUTS: tuple[type[LabelInput], ...] = (
    InputPassFail,
    InputCategorical,
    InputNumeric,
    InputText,
    InputTextList,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSchema:
    """A question. name: that of the assessments its answers become.

    version: counts up when the question is asked in another way; a queue keeps the one it was made
    with. title: what the reviewer reads, the name if there is none. archived_at: when it was
    deleted, which no queue notices that has it.
    """

    schema_id: str
    name: str
    version: int
    type: LabelType
    title: str | None
    instruction: str | None
    enable_comment: bool
    input: LabelInput
    created_at: datetime
    archived_at: datetime | None = None


def _is_number(value: object) -> TypeGuard[float]:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return abs(value) <= _LARGEST if isinstance(value, int) else math.isfinite(value)


def _checked_text(value: object, longest: int) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _refused(value, "must be text, and not empty")
    if len(value) > longest:
        raise UserError(
            f"the answer has {len(value):,} characters: must have at most {longest:,}; shorten it"
        )
    return value


def _check_limit(typed: str, value: object, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise UserError(f"{typed} is {value!r}: must be from 1 to {most:,}; correct it")


def _check_options(typed: str, options: Sequence[str]) -> None:
    if not _FEWEST_OPTIONS <= len(options) <= _MOST_OPTIONS:
        raise UserError(
            f"{typed} are {len(options)}: must be from {_FEWEST_OPTIONS} to {_MOST_OPTIONS}; "
            "correct them"
        )
    for each in options:
        is_line = isinstance(each, str) and each == each.strip() and each.isprintable()
        if not is_line or not 0 < len(each) <= _LONGEST_LABEL:
            raise UserError(
                f"{typed} have {each!r:.60}: must be lines of 1 to {_LONGEST_LABEL} characters; "
                "correct it"
            )
    if len(set(options)) < len(options):
        raise UserError(f"{typed} are {', '.join(options)}: must differ; leave one out")


def _refused(value: object, rule: str) -> UserError:
    return UserError(f"the answer is {value!r:.60}: {rule}; correct it")
