"""A scorer: what looks at a sample and says what it thinks of it."""

import dataclasses
import inspect
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from functools import cached_property, partial
from types import FunctionType
from typing import Any, ClassVar, dataclass_transform

from spanlake.entities import AssessmentSource, AssessmentValue, Feedback, SourceType
from spanlake.errors import UserError
from spanlake.evaluation.scorers.aggregate import Aggregation, check_aggregations
from spanlake.evaluation.scorers.digest import digest_of
from spanlake.evaluation.scorers.outcome import MAX_NAME_LENGTH
from spanlake.evaluation.scorers.signature import check_level, parts_of
from spanlake.evaluation.scorers.threads import in_thread

DEFAULT_TIMEOUT = 300.0
_MEMBERS = (FunctionType, property, cached_property)
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(dataclasses.field,))
@dataclasses.dataclass(eq=False, kw_only=True)
class Scorer(ABC):
    """What judges a sample. A subclass is a dataclass; its fields are the scorer's parameters.

        class MaxWords(Scorer):
            limit: int = 100

            def __call__(self, outputs: str) -> bool:
                return len(outputs.split()) <= self.limit

    __call__ takes any of inputs, outputs, expectations and trace, or session with or without
    expectations; by their names it is told what it wants. It may be async. It returns a bool, a
    number, a string, a Feedback, or a list of these; None where it has nothing to say. What it
    raises becomes a Feedback with an error.

    name: of its feedback; the class's in snake case unless given. aggregations: names of
    aggregations, or functions of a list of numbers. pass_if: whether a value passes; without it
    True and "yes" do. timeout: seconds for a call, 0 for no limit. greater_is_better: False for
    amounts of which less is better.
    """

    name: str = ""
    description: str = ""
    aggregations: Sequence[Aggregation] = ("mean",)
    pass_if: Callable[[Any], bool] | None = None
    timeout: float | None = DEFAULT_TIMEOUT
    greater_is_better: bool = True

    presentation: ClassVar[frozenset[str]] = frozenset(
        {"description", "aggregations", "pass_if", "timeout", "greater_is_better"}
    )
    """The fields that no verdict depends on: a scorer that differs in them is the same version."""

    version: ClassVar[str] = "1"
    """Stands for the code of a scorer that comes with Spanlake: a new one scores anew."""

    def __init_subclass__(cls, **kwargs: Any) -> None:  # noqa: ANN401  # what type.__new__ takes
        super().__init_subclass__(**kwargs)
        own = dict(inspect.get_annotations(cls))
        for each in dataclasses.fields(cls):
            if each.name in vars(cls):  # `name = "x"` without a type is meant as a default too
                own.setdefault(each.name, each.type)
        for attribute in own:
            if isinstance(vars(Scorer).get(attribute), _MEMBERS):
                raise UserError(
                    f"the scorer class {cls.__name__} has a field named {attribute}: every scorer "
                    f"has that for itself; name it otherwise, such as {attribute}_"
                )
            default = vars(cls).get(attribute)
            if isinstance(default, list | dict | set):  # every scorer gets one of its own
                factory = _Copies(default)
                setattr(cls, attribute, dataclasses.field(default_factory=factory))
        cls.__annotations__ = own
        dataclasses.dataclass(eq=False, kw_only=True)(cls)

    def __post_init__(self) -> None:
        self.name = self.name or snake_case(type(self).__name__)
        self.description = self.description or self._summary()
        if len(self.name) > MAX_NAME_LENGTH:
            raise UserError(
                f"a scorer's name has {len(self.name)} characters: "
                f"at most {MAX_NAME_LENGTH} are possible; {self.name[:40]}... is too long"
            )
        self.timeout = _checked_timeout(self.name, self.timeout)
        self.aggregations = check_aggregations(self.name, self.aggregations)
        if self.pass_if is not None and not callable(self.pass_if):
            raise UserError(
                f"pass_if of the scorer {self.name} is {self.pass_if!r}: "
                "must be a function of a value, such as pass_if=lambda value: value >= 0.8"
            )
        check_level(self.name, self.wants)

    @abstractmethod
    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # see the class
        """Score one sample."""

    async def score(self, **given: Any) -> Any:  # noqa: ANN401  # see the class
        """What __call__ returns, without holding up the event loop: a sync scorer has a thread.

        A scorer that waits for others, such as a judge, has this as its own method, and calls it
        from __call__ for people who do not await.
        """
        call = partial(self, **given)
        returned = call() if self.is_async else await in_thread(call)
        return await returned if inspect.isawaitable(returned) else returned

    async def check_model(self) -> None:  # noqa: B027  # most ask none
        """Raise UserError if it needs a model, and none can be asked; for before a run begins."""

    def feedback(
        self,
        value: AssessmentValue = None,
        rationale: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Feedback:
        """A verdict of this scorer, under its name."""
        return Feedback(
            name=self.name,
            value=value,
            rationale=rationale,
            source=self.source,
            metadata=metadata or {},
        )

    def _summary(self) -> str:
        """The first line of the class's docstring, unless it is the one that dataclasses write."""
        documented = (type(self).__doc__ or "").strip()
        is_written = documented.startswith(f"{type(self).__name__}(")
        return "" if is_written else documented.partition("\n")[0]

    @property
    def wants(self) -> frozenset[str]:
        """Which of inputs, outputs, expectations, trace and session it is called with."""
        return parts_of(type(self).__call__).wanted

    @property
    def requires(self) -> frozenset[str]:
        """Which of these it cannot be called without."""
        return parts_of(type(self).__call__).required

    @property
    def is_session_level(self) -> bool:
        """Whether it scores whole sessions."""
        return "session" in self.wants

    @property
    def is_async(self) -> bool:
        """Whether calling it gives something to await."""
        return inspect.iscoroutinefunction(type(self).__call__)

    @property
    def source(self) -> AssessmentSource:
        """Who its feedback comes from, where that does not say it."""
        return AssessmentSource(SourceType.CODE, self.name)

    @cached_property
    def digest(self) -> str:
        """32 hexadecimal digits that stand for what its verdicts depend on."""
        return digest_of(self)

    def passes(self, value: object) -> bool | None:
        """Whether a value passes; None where the scorer has no opinion on that.

        UserError for a value that pass_if cannot take.
        """
        if value is None:
            return None
        if self.pass_if is None:
            return verdict_of(value)
        try:
            return bool(self.pass_if(value))
        except Exception as error:
            raise UserError(
                f"pass_if of the scorer {self.name} fails on the value {value!r}: "
                f"{type(error).__name__}: {error}"
            ) from error


@dataclasses.dataclass(frozen=True, slots=True)
class _Copies:
    """Makes copies of a default that could be changed."""

    default: Any

    def __call__(self) -> Any:  # noqa: ANN401  # what it was made of
        return copy(self.default)


def verdict_of(value: object) -> bool | None:
    """What a value says by itself: True and "yes", False and "no"; None for any other."""
    if isinstance(value, str):
        return {"yes": True, "no": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def check_names(scorers: Iterable[Scorer]) -> None:
    """Refuse two scorers of one name: their metrics would be one."""
    seen: set[str] = set()
    for scorer in scorers:
        if scorer.name in seen:
            raise UserError(
                f"two scorers are named {scorer.name}: names must differ; "
                f"give one of them another, such as name={scorer.name + '_2'!r}"
            )
        seen.add(scorer.name)


def snake_case(name: str) -> str:
    """The name of a scorer whose class has this name."""
    return _WORD_START.sub("_", name).lower()


def _checked_timeout(name: str, timeout: float | None) -> float:
    if timeout is None:
        return DEFAULT_TIMEOUT
    is_number = isinstance(timeout, int | float) and not isinstance(timeout, bool)
    if not is_number or not math.isfinite(timeout) or timeout < 0:
        raise UserError(
            f"timeout of the scorer {name} is {timeout!r}: must be a number of seconds, "
            f"0 for no limit, or None for {DEFAULT_TIMEOUT:g}"
        )
    return float(timeout)
