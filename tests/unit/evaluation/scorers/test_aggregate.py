import math
import statistics
from typing import Any

import numpy as np
import pytest

from spanlake.entities import AssessmentError, Feedback
from spanlake.evaluation.scorers import Scorer, aggregate, scorer

VALUES = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]
"""The standard deviation of this textbook population is 2."""


def metrics(values: list[Any], **options: Any) -> dict[str, float | None]:  # noqa: ANN401  # of @scorer
    found = aggregate(made(**options), [Feedback(name="s", value=value) for value in values])
    return {metric.name: metric.value for metric in found}


def made(**options: Any) -> Scorer:  # noqa: ANN401  # of @scorer
    return scorer(name="s", **options)(lambda outputs: outputs)


def test_the_mean_is_the_default() -> None:
    """A scorer that asks for nothing has its mean under <scorer>/mean."""
    assert metrics([1, 2, 6]) == {"s/mean": 3.0}


def test_every_aggregation_has_its_textbook_value() -> None:
    """The named aggregations of a textbook population are the numbers of the textbook."""
    names = ["mean", "min", "max", "median", "variance", "std", "sum", "count", "p90", "p99", "p50"]
    assert metrics(VALUES, aggregations=names) == {
        "s/mean": 5.0, "s/min": 2.0, "s/max": 9.0, "s/median": 4.5, "s/variance": 4.0,
        "s/std": 2.0, "s/sum": 40.0, "s/count": 8.0, "s/p50": 4.5,
        "s/p90": pytest.approx(np.percentile(VALUES, 90)),
        "s/p99": pytest.approx(np.percentile(VALUES, 99)),
    }  # fmt: skip


def test_yes_and_true_are_one() -> None:
    """Booleans and yes/no are 1 and 0; other texts are not in the mean."""
    assert metrics([True, False, "yes", "No", "perhaps"]) == {"s/mean": 0.5}
    assert metrics(["red", "green"]) == {}


def test_own_functions_aggregate_under_their_names() -> None:
    """A function gets a list of numbers; one that fails has no value, and says why."""

    def broken(values: list[float]) -> float:
        return values[99]

    found = aggregate(
        made(aggregations=[statistics.harmonic_mean, broken, lambda _: math.nan]),
        [Feedback(name="s", value=2), Feedback(name="s", value=2)],
    )
    assert [(each.name, each.value, each.error) for each in found] == [
        ("s/harmonic_mean", 2.0, None),
        ("s/broken", None, "IndexError: list index out of range"),
        ("s/<lambda>", None, "it returned nan"),
    ]


def test_the_pass_rate_comes_with_pass_if() -> None:
    """A scorer that says what passes has a pass rate, any other when it is asked for."""
    assert metrics([0.7, 0.8, 0.9], pass_if=lambda value: value >= 0.8) == {
        "s/mean": pytest.approx(0.8),
        "s/pass_rate": pytest.approx(2 / 3),
    }
    assert metrics(["yes", "no"], aggregations=["pass_rate"]) == {"s/pass_rate": 0.5}
    (metric,) = aggregate(
        made(aggregations=[], pass_if=lambda value: value > 1), [Feedback(name="s", value="x")]
    )
    assert metric.value is None
    assert "pass_if of the scorer s fails on the value 'x'" in (metric.error or "")


def test_errors_and_abstentions_are_not_in_the_numbers() -> None:
    """An error is counted beside the mean, an abstention nowhere."""
    given = [
        Feedback(name="s", value=True),
        Feedback(name="s"),
        Feedback(name="s", error=AssessmentError("SCORER_ERROR")),
    ]
    found = {each.name: (each.value, each.count) for each in aggregate(made(), given)}
    assert found == {"s/mean": (1.0, 1), "s/error_count": (1, 3)}


def test_each_name_in_the_feedback_has_its_own_metrics() -> None:
    """A scorer that gives several feedbacks has metrics for each name."""
    given = [Feedback(name="a", value=1), Feedback(name="b", value=3), Feedback(name="a", value=2)]
    found = {each.name: each.value for each in aggregate(made(), given)}
    assert found == {"a/mean": 1.5, "b/mean": 3.0}


def test_means_have_intervals() -> None:
    """A pass rate has Wilson's interval (81 of 263 in Newcombe 1998), other means a bootstrap's."""
    given = [Feedback(name="s", value=at < 81) for at in range(263)]
    (rate,) = aggregate(made(), given)
    interval = rate.interval()
    assert interval is not None
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.2553, 0.3662)
    (mean,) = aggregate(made(), [Feedback(name="s", value=value) for value in VALUES])
    interval = mean.interval()
    assert interval is not None
    assert interval.low < 5 < interval.high
    (largest,) = aggregate(made(aggregations=["max"]), given)
    assert largest.interval() is None


def test_nothing_gives_nothing() -> None:
    """Without feedback there are no metrics."""
    assert aggregate(made(aggregations=["mean", "count", "p90"]), []) == []
