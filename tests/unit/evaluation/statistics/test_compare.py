"""Comparing runs: which test, what is claimed, what is told."""

import numpy as np
import pytest
from scipy import stats
from verdict_frames import frame, passes, run, support_bot

from spanlake.errors import UserError
from spanlake.evaluation.statistics import (
    Change,
    Kind,
    Resampling,
    Run,
    ScorerComparison,
    ScorerSpec,
    compare,
)

QUICK = Resampling(resamples=2000)


def only(baseline: Run, candidate: Run, *specs: ScorerSpec) -> ScorerComparison:
    """The comparison of the one scorer of two runs."""
    comparison = compare(baseline, [candidate], specs=specs, resampling=QUICK)
    (scorer,) = comparison.runs[0].scorers
    return scorer


def test_pass_or_fail_is_tested_by_mcnemar() -> None:
    """A hundred records, 10 newly failing: the difference, Tango's interval, the mid-p value."""
    scorer = only(passes("A", 5), passes("B", 15))
    assert scorer.kind is Kind.BINARY
    assert scorer.difference.test is not None
    assert scorer.difference.test.method == "McNemar mid-p"
    assert scorer.difference.test.p_value == pytest.approx(2**-10)
    assert scorer.difference.estimate.value == pytest.approx(-0.10)
    assert (scorer.baseline.value, scorer.candidate.value) == (0.95, 0.85)
    assert scorer.change is Change.WORSE


def test_ratings_are_tested_by_wilcoxon_and_measurements_by_permutation() -> None:
    """The test follows from the kind of the values, and the p-values are scipy's."""
    baseline = support_bot("A", skill=0.6, seconds=1.0, seed=1)
    candidate = support_bot("B", skill=0.7, seconds=1.05, seed=2)
    compared = compare(baseline, [candidate], resampling=Resampling(resamples=20_000))
    scorers = {scorer.spec.name: scorer for scorer in compared.runs[0].scorers}
    tests = {name: scorer.difference.test for name, scorer in scorers.items()}
    assert tests["correctness"] is not None
    assert tests["correctness"].method == "McNemar mid-p"

    def differences(scorer: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        before, after = (
            r.verdicts.filter(scorer=scorer)["value_double"].to_numpy()
            for r in (baseline, candidate)
        )
        return np.asarray(after - before)

    assert tests["tone"] is not None
    assert tests["tone"].method == "Wilcoxon signed-rank, normal approximation"
    expected = stats.wilcoxon(differences("tone"), method="asymptotic", correction=False)
    assert tests["tone"].p_value == pytest.approx(expected.pvalue)
    assert tests["latency"] is not None
    assert tests["latency"].method == "sign-flip permutation, 20,000 draws"
    expected = stats.ttest_1samp(differences("latency"), 0)
    assert tests["latency"].p_value == pytest.approx(expected.pvalue, abs=0.01)
    interval = scorers["latency"].difference.estimate.interval
    assert interval is not None
    theirs = stats.bootstrap((differences("latency"),), np.mean, method="BCa", rng=1, batch=500)
    assert (interval.low, interval.high) == pytest.approx(
        tuple(theirs.confidence_interval), abs=0.006
    )


def test_ranks_that_rise_while_the_mean_falls_are_no_claim() -> None:
    """Fifty-one ratings a point up and thirteen four points down: shown by ranks, yet unclear."""
    before = run("A", frame("tone", [4.0] * 51 + [5.0] * 13))
    after = run("B", frame("tone", [5.0] * 51 + [1.0] * 13))
    scorer = only(before, after)
    assert scorer.difference.estimate.value is not None
    assert scorer.difference.estimate.value < 0
    assert scorer.difference.test is not None
    assert scorer.difference.test.direction > 0
    assert scorer.difference.test.p_value < 0.05
    assert scorer.change is Change.UNCLEAR
    assert scorer.p_worse_adjusted == 1.0


def test_sessions_count_as_the_units_they_are() -> None:
    """Rows of a session that fail together are one observation: no more evidence than that."""
    sessions = [f"s{place // 20}" for place in range(100)]
    before = run("A", frame("s", [True] * 100, session_id=sessions))
    after = run("B", frame("s", [place >= 20 for place in range(100)], session_id=sessions))
    clustered = only(before, after)
    assert clustered.difference.estimate.count == 5
    assert clustered.p_adjusted == 1.0
    assert clustered.change is Change.UNCLEAR
    before, after = (Run(r.name, r.verdicts.drop("session_id")) for r in (before, after))
    assert only(before, after).change is Change.WORSE


def test_repetitions_do_not_multiply_the_evidence() -> None:
    """Ten identical repetitions of six changed records weigh as six changed records."""
    ids = [str(place // 10) for place in range(300)]
    before = run("A", frame("s", [True] * 300, record_id=ids))
    after = run("B", frame("s", [place >= 60 for place in range(300)], record_id=ids))
    repeated, once = only(before, after), only(passes("A", 0, 30), passes("B", 6, 30))
    assert repeated.pairs == once.pairs == 30
    assert repeated.p_adjusted == pytest.approx(2 * 2**-6)
    assert repeated.difference.estimate.value == pytest.approx(-0.2)


def test_less_is_better_for_cost_by_name_and_for_others_by_word() -> None:
    """Latency that falls is better; a spec turns any other scorer round."""
    slow, fast = [float(place) for place in range(60)], [place - 5.0 for place in range(60)]
    better = only(run("A", frame("latency", slow)), run("B", frame("latency", fast)))
    assert better.change is Change.BETTER
    before, after = run("A", frame("pages", slow)), run("B", frame("pages", fast))
    assert only(before, after).change is Change.WORSE
    turned = ScorerSpec("pages", greater_is_better=False)
    assert only(before, after, turned).change is Change.BETTER


def test_holm_corrects_over_scorers_and_candidates() -> None:
    """Four tests: the smallest p-value is multiplied by four, and the number of tests is told."""
    baseline = run("A", *(passes("A", 0, scorer=name).verdicts for name in ("x", "y")))
    worse = run("B", *(passes("B", 7, scorer=name).verdicts for name in ("x", "y")))
    same = Run("C", baseline.verdicts)
    comparison = compare(baseline, [worse, same], resampling=QUICK)
    assert comparison.tests == 4
    assert comparison.runs[0].scorers[0].p_adjusted == pytest.approx(4 * 2**-7)
    assert comparison.runs[1].scorers[0].p_adjusted == 1.0


def test_a_slice_that_breaks_alone_is_found() -> None:
    """A regression in one language is told of it, corrected over the slices of all scorers."""
    language = ["de"] * 30 + ["en"] * 170
    before = run("A", frame("s", [True] * 200, language=language))
    after = run("B", frame("s", [place >= 12 for place in range(200)], language=language))
    (scorer,) = compare(before, [after], slices=["language"], resampling=QUICK).runs[0].scorers
    assert {part.value: part.change for part in scorer.slices} == {
        "de": Change.WORSE,
        "en": Change.UNCLEAR,
    }
    assert [part.pairs for part in scorer.slices] == [30, 170]
    assert scorer.slices[0].p_adjusted == pytest.approx(2 * 2**-12)


def test_records_without_a_value_of_a_slice_are_a_slice_of_their_own() -> None:
    """None is a value, too; and what only the candidate knows of a record is taken from it."""
    before = run("A", frame("s", [True, True, True], language=["de", None, None]))
    after = run("B", frame("s", [True, False, True], language=["de", None, "en"]))
    (scorer,) = compare(before, [after], slices=["language"], resampling=QUICK).runs[0].scorers
    assert [part.value for part in scorer.slices] == ["de", "en", None]


def test_flipped_rows_are_named_with_their_traces() -> None:
    """Rows that turned from pass to fail come first, with the trace that shows it."""
    before = run("A", frame("s", [True, False, True], trace_id=["a0", "a1", "a2"]))
    after = run("B", frame("s", [False, True, True], trace_id=["b0", "b1", "b2"]))
    flipped = compare(before, [after], resampling=QUICK).runs[0].flipped
    assert [(row.record_id, row.direction) for row in flipped] == [
        ("0", "pass_to_fail"),
        ("1", "fail_to_pass"),
    ]
    assert (flipped[0].baseline_trace_id, flipped[0].candidate_trace_id) == ("a0", "b0")


def test_numbers_flip_by_what_their_scorer_calls_a_pass() -> None:
    """With a column `passed` numeric scores flip; without it nobody can say."""
    before = run("A", frame("s", [0.9, 0.2, 0.4], passed=[True, False, False]))
    after = run("B", frame("s", [0.3, 0.3, 0.4], passed=[False, False, False]))
    assert [row.record_id for row in only(before, after).flipped] == ["0"]
    before, after = (Run(r.name, r.verdicts.drop("passed")) for r in (before, after))
    assert only(before, after).flipped == ()


def test_a_record_flips_by_the_majority_of_its_repetitions() -> None:
    """Two of three passes to one of three is a flip; half and half is none."""
    ids = ["a", "a", "a", "b", "b"]
    before = run("A", frame("s", [True, True, False, True, False], record_id=ids))
    after = run("B", frame("s", [True, False, False, False, False], record_id=ids))
    (row,) = only(before, after).flipped
    assert (row.record_id, row.baseline, row.candidate) == ("a", 2 / 3, 1 / 3)


def test_lost_verdicts_are_told_and_not_averaged_away() -> None:
    """A candidate that fails to answer hard records has them listed, and its errors counted."""
    before = passes("A", 0, 10)
    after = run(
        "B", frame("correctness", [True] * 7 + [None] * 3, error_code=[None] * 8 + ["TIMEOUT"] * 2)
    )
    scorer = only(before, after)
    assert scorer.lost == ("7", "8", "9")
    assert (scorer.candidate_coverage.missing, scorer.candidate_coverage.errors) == (1, 2)
    assert (scorer.pairs, scorer.difference.estimate.value) == (7, 0.0)


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_pairs_are_called_that(count: int) -> None:
    """With no pair or one, no test and no interval, and the change is neither yes nor no."""
    before = run("A", frame("s", [True] * 5))
    after = run("B", frame("s", [False] * count + [None] * (5 - count)))
    scorer = only(before, after)
    assert scorer.change is Change.TOO_FEW
    assert scorer.difference.test is None
    assert scorer.difference.estimate.interval is None


@pytest.mark.parametrize("values", [[True] * 20, [3.0] * 20, [0.25] * 20])
def test_runs_that_are_all_equal_differ_by_nothing(values: list[float]) -> None:
    """Identical runs: difference 0, p 1, no evidence, whatever the kind."""
    scorer = only(run("A", frame("s", values)), run("B", frame("s", values)))
    assert scorer.difference.estimate.value == 0
    assert scorer.p_adjusted == 1.0
    assert scorer.change is Change.UNCLEAR


def test_a_margin_makes_two_questions() -> None:
    """Ten percent of failures more: proven worse by more than 2 pp, and not within 20 pp."""
    small, large = (
        only(passes("A", 0, 400), passes("B", 40, 400), ScorerSpec("correctness", margin=margin))
        for margin in (0.02, 0.20)
    )
    assert small.p_worse_adjusted is not None
    assert small.p_worse_adjusted < 0.001
    assert small.non_inferior is False
    assert large.p_worse_adjusted == 1.0
    assert large.non_inferior is True


def test_worse_by_more_than_a_margin_is_never_easier_to_show_than_worse() -> None:
    """With eight sessions the p-value at the margin is at least that of no difference."""
    sessions = [f"s{place % 8}" for place in range(80)]
    before = run("A", frame("s", [True] * 80, session_id=sessions))
    after = run("B", frame("s", [place % 3 > 0 for place in range(80)], session_id=sessions))
    scorer = only(before, after, ScorerSpec("s", margin=0.02))
    assert scorer.difference.test is not None
    assert scorer.difference.p_worse is not None
    assert scorer.difference.p_worse >= scorer.difference.test.p_value


def test_what_the_caller_names_and_no_run_has_is_refused() -> None:
    """Scorers, slices, kinds, margins and levels are checked before anything is computed."""
    before, after = passes("A", 0), passes("B", 1)
    with pytest.raises(UserError, match="scorer 'corectness': neither run has values of it"):
        compare(before, [after], specs=[ScorerSpec("corectness")])
    with pytest.raises(UserError, match="no column 'language'"):
        compare(before, [after], slices=["language"])
    with pytest.raises(UserError, match="no scorer in common"):
        compare(before, [passes("B", 1, scorer="tone")])
    with pytest.raises(
        UserError, match="kind 'binary' of scorer 'latency': its values are numeric"
    ):
        only(
            run("A", frame("latency", [0.1, 0.2])),
            run("B", frame("latency", [0.1, 0.3])),
            ScorerSpec("latency", Kind.BINARY),
        )
    with pytest.raises(UserError, match=r"margin -0.1"):
        ScorerSpec("s", margin=-0.1)
    with pytest.raises(UserError, match=r"confidence level 95"):
        Resampling(level=95)
    with pytest.raises(UserError, match="0 resamples"):
        Resampling(resamples=0)
