"""What the values of a scorer come to over a run: metrics named `<scorer>/<aggregation>`."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spanlake.entities import Feedback
from spanlake.errors import UserError

if TYPE_CHECKING:
    from spanlake.evaluation.scorers.scorer import Scorer
    from spanlake.evaluation.statistics.estimate import Interval

FloatArray = NDArray[np.float64]
Aggregation = str | Callable[[list[float]], float]
"""The name of an aggregation, or a function of all numbers of a scorer."""

_SIMPLE = ("mean", "count", "pass_rate")
_USUAL = ("mean", "count", "min", "max", "sum", "median", "variance", "std", "p50", "p90", "p99")
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")
_RATINGS = {"yes": 1.0, "no": 0.0}


@dataclass(frozen=True, slots=True)
class Metric:
    """One aggregate. value: None where its function failed, with the reason in `error`.

    count: how many verdicts it is made of. sample: the numbers that a mean or a pass rate is of.
    """

    name: str
    value: float | None
    count: int
    error: str | None = None
    sample: FloatArray | None = field(default=None, repr=False, compare=False)

    def interval(self) -> "Interval | None":
        """The interval of a mean or pass rate, as if the verdicts were independent.

        Where they are not, for repetitions and sessions, `statistics.metrics` has the right one.
        """
        if self.sample is None:
            return None
        from spanlake.evaluation.statistics.estimate import Kind
        from spanlake.evaluation.statistics.means import mean_of
        from spanlake.evaluation.statistics.records import Records

        each = np.arange(len(self.sample))
        is_binary = bool(np.isin(self.sample, (0.0, 1.0)).all())
        records = Records(each, self.sample, np.ones_like(each), each)
        return mean_of(records, Kind.BINARY if is_binary else Kind.NUMERIC).interval


def check_aggregations(
    scorer_name: str, aggregations: Sequence[Aggregation] | None
) -> tuple[Aggregation, ...]:
    """The aggregations as given, once it is sure that there are such. UserError if not."""
    if aggregations is None:
        return ("mean",)
    if isinstance(aggregations, str):
        raise UserError(
            f"aggregations of the scorer {scorer_name} is {aggregations!r}: "
            f"must be a list, such as [{aggregations!r}]"
        )
    for each in aggregations:
        if not callable(each) and not _is_known(each):
            close = get_close_matches(str(each), (*_USUAL, "pass_rate"), n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise UserError(
                f"aggregations of the scorer {scorer_name} has {each!r}: must be one of "
                f"{', '.join(_USUAL)}, any other percentile, pass_rate, or a function{hint}"
            )
    return tuple(aggregations)


def number_of(value: object) -> float | None:
    """A value as it is aggregated: True and "yes" are 1, False and "no" 0; a text is none."""
    if isinstance(value, bool | int | float):
        return float(value)
    return _RATINGS.get(value.strip().lower()) if isinstance(value, str) else None


def aggregate(scorer: "Scorer", feedbacks: Iterable[Feedback]) -> list[Metric]:
    """The metrics of all feedback of one scorer, by the names in it.

    Errors and abstentions are not in the numbers; `error_count` tells of errors, where there are
    any. `pass_rate` is there when asked for, and when the scorer has a pass_if.
    """
    # Values alone are kept: of a large run there are many.
    by_name: dict[str, list[object]] = defaultdict(list)
    errors: Counter[str] = Counter()
    for feedback in feedbacks:
        values = by_name[feedback.name]
        if feedback.error is None:
            values.append(feedback.value)
        else:
            errors[feedback.name] += 1
    wanted = list(scorer.aggregations)
    if scorer.pass_if is not None and "pass_rate" not in wanted:
        wanted.append("pass_rate")
    return [
        metric
        for name, values in by_name.items()
        for metric in _metrics(scorer, name, values, errors[name], wanted)
    ]


def _metrics(
    scorer: "Scorer",
    name: str,
    values: Sequence[object],
    errors: int,
    wanted: Sequence[Aggregation],
) -> Iterable[Metric]:
    numbers = [number for number in map(number_of, values) if number is not None]
    for each in wanted:
        if each == "pass_rate":
            yield from _pass_rate(scorer, f"{name}/pass_rate", values)
        elif each == "count":
            yield Metric(f"{name}/count", len(numbers), len(numbers))
        elif each == "mean" and numbers:
            yield _mean(f"{name}/mean", numbers)
        elif numbers:
            yield _metric(name, each, numbers)
    if errors:
        yield Metric(f"{name}/error_count", errors, len(values) + errors)


def _pass_rate(scorer: "Scorer", name: str, values: Sequence[object]) -> Iterable[Metric]:
    try:
        verdicts = [float(passed) for passed in map(scorer.passes, values) if passed is not None]
    except UserError as error:
        yield Metric(name, None, len(values), error=str(error))
    else:
        if verdicts:
            yield _mean(name, verdicts)


def _mean(name: str, numbers: Sequence[float]) -> Metric:
    sample = np.asarray(numbers, dtype=np.float64)
    return Metric(name, float(sample.mean()), len(sample), sample=sample)


def _metric(name: str, aggregation: Aggregation, numbers: list[float]) -> Metric:
    if isinstance(aggregation, str):
        value = float(_function(aggregation)(np.asarray(numbers)))
        return Metric(f"{name}/{aggregation}", value, len(numbers))
    called = f"{name}/{getattr(aggregation, '__name__', type(aggregation).__name__)}"
    try:
        value = float(aggregation(list(numbers)))
    except Exception as error:  # noqa: BLE001  # the user's function must not cost the run
        return Metric(called, None, len(numbers), error=f"{type(error).__name__}: {error}")
    if not math.isfinite(value):
        return Metric(called, None, len(numbers), error=f"it returned {value}")
    return Metric(called, value, len(numbers))


def _function(name: str) -> Callable[[Any], Any]:
    percentile = _PERCENTILE.fullmatch(name)
    if percentile is None:
        return _by_name()[name]
    return lambda numbers: np.percentile(numbers, float(percentile[1]))


def _is_known(name: object) -> bool:
    if not isinstance(name, str):
        return False
    return name in _SIMPLE or bool(_PERCENTILE.fullmatch(name)) or name in _by_name()


def _by_name() -> Mapping[str, Callable[[Any], Any]]:
    # Few scorers need more than the mean: the others are spared loading polars.
    from spanlake.evaluation.statistics.metrics import AGGREGATIONS

    return AGGREGATIONS
