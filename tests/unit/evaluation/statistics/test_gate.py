"""The gate: criteria, regressions, coverage, slices, and its reason."""

import pytest
from inline_snapshot import snapshot
from verdict_frames import frame, passes, run, support_bot

from spanlake.errors import UserError
from spanlake.evaluation.statistics import (
    GatePolicy,
    Resampling,
    ScorerSpec,
    gate,
    metric_of,
    read_verdicts,
)

QUICK = Resampling(resamples=2000)


def test_criteria_are_judged_on_the_runs_own_metrics() -> None:
    """Means and percentiles are computed from the verdicts; the failed ones are named."""
    candidate = run(
        "B", passes("B", 12).verdicts, frame("latency", [place / 50 for place in range(100)])
    )
    result = gate(candidate, criteria="correctness >= 0.9 AND `latency/p90` <= 2", resampling=QUICK)
    assert not result.passed
    assert [check.subject for check in result.failed] == ["correctness >= 0.9"]
    assert result.reason == snapshot(
        "Failed 1 of 2 checks: correctness is 0.88 (95 % CI 0.8019 to 0.93), not >= 0.9."
    )


def test_a_regression_fails_and_names_the_flipped_rows() -> None:
    """Ten newly failing records of a hundred: failed, why, and which."""
    result = gate(passes("B", 10), baseline=passes("A", 0), resampling=QUICK)
    assert not result.passed
    assert result.reason == snapshot(
        "Failed 1 of 2 checks: correctness: worse than A, -10.0 pp (95 % CI -17.4 to "
        "-5.5), p < 0.001. From pass to fail: 0 (correctness), 1 (correctness), 2 "
        "(correctness), 3 (correctness), 4 (correctness) and 5 more."
    )
    assert len(result.flipped) == 10


def test_no_proven_regression_passes_and_says_what_it_could_not_see() -> None:
    """One newly failing record proves nothing; the reason tells how little was to be seen."""
    result = gate(passes("B", 1), baseline=passes("A", 0), resampling=QUICK)
    assert result.passed
    assert result.failed == ()
    assert result.reason == snapshot(
        "Passed 2 checks: correctness: 0 of 100 records with a verdict in A have none in "
        "B (0 %; at most 5 %); correctness: not shown to be worse than A, -1.0 pp (95 % "
        "CI -5.4 to 2.7); less than 7.7 pp would probably not have been seen."
    )


def test_worse_within_the_margin_passes() -> None:
    """A significant loss of 2 pp is acceptable where 5 pp are."""
    loss = passes("B", 40, 2000)
    assert not gate(loss, baseline=passes("A", 0, 2000), resampling=QUICK).passed
    specs = [ScorerSpec("correctness", margin=0.05)]
    assert gate(loss, baseline=passes("A", 0, 2000), specs=specs, resampling=QUICK).passed


def test_non_inferiority_fails_what_is_not_shown() -> None:
    """Thirty equal records do not show that at most 2 pp were lost; three thousand do."""
    policy = GatePolicy(require="non_inferiority")
    specs = [ScorerSpec("correctness", margin=0.02)]
    few, many = (
        gate(
            passes("B", 1, count),
            baseline=passes("A", 1, count),
            specs=specs,
            policy=policy,
            resampling=QUICK,
        )
        for count in (30, 3000)
    )
    assert [check.kind for check in few.failed] == ["non_inferiority"]
    assert few.failed[0].message == snapshot(
        "correctness: not shown to be at most 2.0 pp worse than A, +0.0 pp (95 % CI -11.4 to 11.4)"
    )
    assert many.passed


def test_non_inferiority_without_a_margin_is_a_mistake() -> None:
    """There is nothing to be within; the message says what to give."""
    with pytest.raises(UserError, match="scorer 'correctness' has no margin"):
        gate(
            passes("B", 0),
            baseline=passes("A", 0),
            policy=GatePolicy(require="non_inferiority"),
            resampling=QUICK,
        )


@pytest.mark.parametrize(("allowed", "passed"), [(0.05, False), (0.3, True)])
def test_a_run_that_answers_only_what_is_easy_fails(allowed: float, passed: bool) -> None:  # noqa: FBT001, of the table
    """Records that lost their verdict fail the gate beyond the share that is allowed."""
    candidate = run("B", frame("correctness", [None] * 20 + [True] * 80))
    result = gate(
        candidate,
        baseline=passes("A", 20),
        policy=GatePolicy(max_lost=allowed),
        resampling=QUICK,
    )
    assert result.passed is passed
    assert [check.kind for check in result.failed] == ([] if passed else ["coverage"])


def test_what_cannot_be_compared_does_not_pass() -> None:
    """No common records, or a scorer that did not run, fail; they are no reason to release."""
    strangers = run("B", frame("correctness", [True] * 3, record_id=["x", "y", "z"]))
    result = gate(strangers, baseline=passes("A", 0, 3), resampling=QUICK)
    assert [check.message for check in result.failed] == snapshot(
        ["correctness: 0 of 3 records with a verdict in A have one in B: too few to compare"]
    )
    baseline = run("A", passes("A", 0, 9).verdicts, frame("safety", [True] * 9))
    result = gate(passes("B", 0, 9), baseline=baseline, resampling=QUICK)
    assert [check.message for check in result.failed] == snapshot(
        ["safety: A was scored by it, B was not"]
    )
    alone = GatePolicy(scorers=("correctness",))
    assert gate(passes("B", 0, 9), baseline=baseline, policy=alone, resampling=QUICK).passed


def test_a_slice_that_regresses_fails() -> None:
    """Fine on the whole, broken in one language: the gate sees it where it is asked to look."""
    language = ["de"] * 30 + ["en"] * 970
    before = run("A", frame("s", [p % 5 > 0 for p in range(1000)], language=language))
    broken = [p >= 30 and (p % 5 > 0 or p % 50 == 0) for p in range(1000)]
    after = run("B", frame("s", broken, language=language))
    assert gate(after, baseline=before, resampling=QUICK).passed
    result = gate(after, baseline=before, slices=["language"], resampling=QUICK)
    assert [check.subject for check in result.failed] == ["s where language = de"]


def test_criteria_and_baseline_are_judged_together() -> None:
    """One result holds the checks of both, in that order."""
    result = gate(
        support_bot("B", skill=0.7, seconds=1.0, seed=2),
        criteria="correctness >= 0.5 AND latency/p99 <= 9",
        baseline=support_bot("A", skill=0.7, seconds=1.0, seed=1),
        resampling=QUICK,
    )
    assert result.passed
    kinds = [check.kind for check in result.checks]
    assert kinds == ["criterion"] * 2 + ["coverage", "regression"] * 3


def test_a_gate_without_anything_to_judge_by_is_a_mistake() -> None:
    """The message says that it takes criteria, a baseline, or both."""
    with pytest.raises(UserError, match="gate of run B: nothing to judge it by"):
        gate(passes("B", 0))
    with pytest.raises(UserError, match=r"max_lost 5: it is a share"):
        GatePolicy(max_lost=5)
    with pytest.raises(UserError, match="scorer 'speed': A has no values of it"):
        gate(passes("B", 0), baseline=passes("A", 0), policy=GatePolicy(scorers=("speed",)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("s/mean", 2.5),
        ("s/min", 1.0),
        ("s/max", 4.0),
        ("s/sum", 10.0),
        ("s/median", 2.5),
        ("s/p50", 2.5),
        ("s/p90", 3.7),
        ("s/p99.9", 3.997),
        ("s/p0", 1.0),
        ("s/variance", 1.25),
        ("s/count", 4.0),
    ],
)
def test_metrics_are_computed_by_name(name: str, value: float) -> None:
    """Means count records, the other aggregations rows, as NumPy does."""
    verdicts = read_verdicts(frame("s", [1.0, 2.0, 3.0, 4.0]))
    metric = metric_of(verdicts, name, QUICK)
    assert metric is not None
    assert metric.value == pytest.approx(value)


def test_a_metric_of_no_rows_has_no_value_and_one_of_no_meaning_is_none() -> None:
    """Nothing scored is None inside; p101, another scorer or another word is no metric."""
    verdicts = read_verdicts(frame("s", [None, None]))
    for name in ("s/mean", "s/p90", "s/max"):
        metric = metric_of(verdicts, name)
        assert metric is not None
        assert metric.value is None
    assert [metric_of(verdicts, name) for name in ("s/p101", "t/mean", "s/mode", "s")] == [None] * 4
