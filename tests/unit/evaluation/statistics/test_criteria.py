"""The language of quality criteria."""

import math

import pytest
from inline_snapshot import snapshot

from spanlake.errors import UserError
from spanlake.evaluation.statistics import check_criteria, parse_criteria


def read(text: str) -> list[tuple[str, str, float]]:
    return [(c.metric, c.comparator, c.threshold) for c in parse_criteria(text)]


@pytest.mark.parametrize(
    ("text", "criteria"),
    [
        ("correctness >= 0.9", [("correctness", ">=", 0.9)]),
        (
            "correctness >= 0.9 AND `latency/p90` <= 2",
            [("correctness", ">=", 0.9), ("latency/p90", "<=", 2)],
        ),
        ("latency/p90<=2 and cost<1e-3", [("latency/p90", "<=", 2), ("cost", "<", 1e-3)]),
        ("`tone of voice/mean` > -1", [("tone of voice/mean", ">", -1)]),
        (" `AND`>=.5 ", [("AND", ">=", 0.5)]),
        (
            "exact-match >= 1. AND exact-match <= 1",
            [("exact-match", ">=", 1), ("exact-match", "<=", 1)],
        ),
        ("größe <= 2", [("größe", "<=", 2)]),
    ],
)
def test_criteria_are_read(text: str, criteria: list[tuple[str, str, float]]) -> None:
    """Names plain or in back-ticks, four comparisons, any number, AND in any case."""
    assert read(text) == criteria


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "",
            (
                "quality_criteria, character 1, the end: expected a metric, as in "
                "correctness >= 0.9 AND `latency/p90` <= 2: →"
            ),
        ),
        (
            "correctness",
            "quality_criteria, character 12, the end: expected one of >= <= > <: correctness→",
        ),
        (
            "correctness = 1",
            (
                "quality_criteria, character 13, '=': values are seldom equal; use >= or <=: "
                "correctness →= 1"
            ),
        ),
        (
            "correctness >= x",
            "quality_criteria, character 16, 'x': expected a number: correctness >= →x",
        ),
        (
            "correctness >= 90%",
            (
                "quality_criteria, character 18, '%': a number without %, as in 0.9: "
                "correctness >= 90→%"
            ),
        ),
        (
            "a >= 1 OR b >= 1",
            "quality_criteria, character 8, 'OR': expected AND or the end: a >= 1 →OR b >= 1",
        ),
        (
            "a >= 1 AND `b >= 1",
            (
                "quality_criteria, character 12, '`': a back-tick without a partner: "
                "a >= 1 AND →`b >= 1"
            ),
        ),
        (
            "(a >= 1)",
            "quality_criteria, character 1, '(': conditions are joined by AND alone: →(a >= 1)",
        ),
        (
            "NOT a >= 1",
            (
                "quality_criteria, character 1, 'NOT': expected a metric, as in "
                "correctness >= 0.9 AND `latency/p90` <= 2: →NOT a >= 1"
            ),
        ),
        (
            "0.9 <= a",
            (
                "quality_criteria, character 1, '0.9': expected a metric, as in "
                "correctness >= 0.9 AND `latency/p90` <= 2: →0.9 <= a"
            ),
        ),
        (
            "a >= 1; b >= 1",
            "quality_criteria, character 7, ';': no part of a criterion: a >= 1→; b >= 1",
        ),
    ],
)
def test_a_mistake_points_at_its_character(text: str, message: str) -> None:
    """The message has the character's number, what stands there, the rule, and an arrow at it."""
    with pytest.raises(UserError) as raised:
        parse_criteria(text)
    assert str(raised.value) == message


def test_a_scorer_alone_is_its_mean() -> None:
    """`correctness` is `correctness/mean`, unless a metric has the bare name."""
    (mean,) = check_criteria("correctness >= 0.9", {"correctness/mean": 0.95})
    assert (mean.passed, mean.message) == (True, "correctness is 0.95, >= 0.9")
    (bare,) = check_criteria("correctness >= 0.9", {"correctness/mean": 0.95, "correctness": 0.1})
    assert (bare.passed, bare.message) == (False, "correctness is 0.1, not >= 0.9")


@pytest.mark.parametrize("value", [None, math.nan])
def test_no_value_fulfils_nothing(value: float | None) -> None:
    """A metric that could not be computed fails its criterion, whichever way it points."""
    for text in ("s >= 0", "s <= 0"):
        (check,) = check_criteria(text, {"s/mean": value})
        assert not check.passed


def test_a_metric_that_is_not_there_is_a_mistake() -> None:
    """A typing error must not pass a gate: the nearest name is offered, or all of them."""
    metrics = {"correctness/mean": 1.0, "latency/p90": 1.0}
    with pytest.raises(UserError) as near:
        check_criteria("corectness >= 0.9", metrics)
    assert str(near.value) == snapshot(
        "quality_criteria, character 1, 'corectness': the run has no metric of this "
        "name; did you mean 'correctness'?: →corectness >= 0.9"
    )
    with pytest.raises(UserError) as far:
        check_criteria("latency/p90 <= 2 AND zzz >= 0.9", metrics)
    assert str(far.value) == snapshot(
        "quality_criteria, character 22, 'zzz': the run has no metric of this name; it "
        "has correctness/mean, latency/p90: latency/p90 <= 2 AND →zzz >= 0.9"
    )
