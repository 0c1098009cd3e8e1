"""`@scorer`: a function as a scorer."""

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, overload

from spanlake.errors import UserError
from spanlake.evaluation.scorers.aggregate import Aggregation
from spanlake.evaluation.scorers.scorer import Scorer
from spanlake.evaluation.scorers.signature import parts_of

Function = Callable[..., Any]


class FunctionScorer(Scorer):
    """A scorer that is a function; called, it is the function.

    session_level: whether it is called once a session; to be said only for a function with
    **kwargs, whose parameters do not tell.
    """

    function: Function
    session_level: bool | None = None

    presentation: ClassVar[frozenset[str]] = Scorer.presentation | {"session_level"}

    def __post_init__(self) -> None:
        called = getattr(self.function, "__name__", "")
        if not self.name and called in ("", "<lambda>"):
            raise UserError(
                f"a scorer is made of {self.function!r}, which has no name: "
                'say scorer(name="...")(function)'
            )
        self.name = self.name or called
        if not isinstance(self.session_level, bool | None):
            raise UserError(
                f"session_level of the scorer {self.name} is {self.session_level!r}: "
                "must be True or False; sessions have one level"
            )
        super().__post_init__()
        functools.update_wrapper(self, self.function, updated=())
        if self.session_level is not None and self.session_level != self.is_session_level:
            raise UserError(
                f"session_level of the scorer {self.name} is {self.session_level}, and it takes "
                f"{', '.join(sorted(self.wants)) or 'nothing'}: a scorer of sessions takes session"
            )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # the function's own
        """What the function returns."""
        return self.function(*args, **kwargs)

    def _summary(self) -> str:
        """The first line of the function's docstring."""
        documented = self.function.__doc__ if inspect.isroutine(self.function) else None
        return (documented or "").strip().partition("\n")[0]

    @property
    def wants(self) -> frozenset[str]:
        """The parameters of the function."""
        return parts_of(self.function, is_session_level=bool(self.session_level)).wanted

    @property
    def requires(self) -> frozenset[str]:
        """The parameters of the function that have no default."""
        return parts_of(self.function).required

    @property
    def is_async(self) -> bool:
        """Whether the function is async."""
        return inspect.iscoroutinefunction(self.function)


@dataclass(frozen=True, slots=True)
class _Decorator:
    options: dict[str, Any]

    def __call__(self, function: Function) -> FunctionScorer:
        return FunctionScorer(function=function, **self.options)


@overload
def scorer(function: Function, /) -> FunctionScorer: ...


@overload
def scorer(
    *,
    name: str = "",
    description: str = "",
    aggregations: Sequence[Aggregation] | None = None,
    pass_if: Callable[[Any], bool] | None = None,
    timeout: float | None = None,
    greater_is_better: bool = True,
    session_level: bool | None = None,
) -> Callable[[Function], FunctionScorer]: ...


def scorer(  # noqa: PLR0913  # the options of a scorer
    function: Function | None = None,
    /,
    *,
    name: str = "",
    description: str = "",
    aggregations: Sequence[Aggregation] | None = None,
    pass_if: Callable[[Any], bool] | None = None,
    timeout: float | None = None,
    greater_is_better: bool = True,
    session_level: bool | None = None,
) -> FunctionScorer | Callable[[Function], FunctionScorer]:
    """Make a scorer of a function, sync or async, with or without options.

        @scorer
        def exact(outputs, expectations):
            return outputs == expectations["expected_response"]

        @scorer(pass_if=lambda words: words <= 100, aggregations=["mean", "p90"])
        def word_count(outputs):
            return len(outputs.split())

    The options are those of Scorer; the name is the function's and the description the first
    line of its docstring unless given. UserError for parameters that no scorer can have.
    """
    options: dict[str, Any] = {
        "name": name,
        "description": description,
        "aggregations": ("mean",) if aggregations is None else aggregations,
        "pass_if": pass_if,
        "timeout": timeout,
        "greater_is_better": greater_is_better,
        "session_level": session_level,
    }
    return _Decorator(options) if function is None else _Decorator(options)(function)
