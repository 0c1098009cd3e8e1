"""The first sentence, and what is said beside it."""

import pytest
from inline_snapshot import snapshot
from verdict_frames import frame, passes, run, support_bot

from spanlake.evaluation.statistics import Run, ScorerSpec, compare, remarks, sentence


def said(baseline: Run, candidate: Run, *specs: ScorerSpec) -> tuple[str, list[str]]:
    comparison = compare(baseline, [candidate], specs=specs)
    first = comparison.runs[0]
    return sentence(first, comparison.level), remarks(first, comparison)


def test_a_sentence_says_what_is_shown_and_what_is_not() -> None:
    """Better, worse and unclear scorers, by how much, with intervals in their units."""
    baseline = support_bot("A", skill=0.6, seconds=1.0, seed=1)
    candidate = support_bot("B", skill=0.7, seconds=1.2, seed=2)
    text, notes = said(
        baseline,
        candidate,
        ScorerSpec("latency", unit="s"),
    )
    assert text == snapshot(
        "B is better on correctness by 12.0 pp (95 % CI 5.4 to 18.8) and tone by 0.53 "
        "(95 % CI 0.335 to 0.72), and worse on latency by 0.312 s (95 % CI 0.229 to "
        "0.402)."
    )
    assert notes == snapshot([])


def test_a_sentence_without_a_claim_starts_with_a_capital() -> None:
    """Nothing shown is said first, with what would have been too small to see."""
    text, notes = said(passes("A", 3), passes("B", 4))
    assert text == snapshot("No evidence of a change in correctness.")
    assert notes == snapshot(
        [
            (
                "correctness: a change of less than 7.7 pp would probably not have been seen "
                "with this many records."
            )
        ]
    )


def test_lost_errors_and_strangers_are_said() -> None:
    """Every row that was left out of the numbers is in the remarks."""
    before = run("A", frame("s", [True] * 12), frame("old", [True]))
    after = run(
        "B",
        frame("s", [True] * 9 + [None] * 3, error_code=[None] * 10 + ["X"] * 2),
        frame("new", [True]),
    )
    text, notes = said(before, after)
    assert text == snapshot("No evidence of a change in s.")
    assert notes == snapshot(
        [
            (
                "s: 3 records with a verdict in A have none in B (if all turned from pass to "
                "fail, the change would be -25.0 pp)."
            ),
            "s: of 12 rows of B, 2 errors and 1 without a value: not counted.",
            (
                "s: a change of less than 66.5 pp would probably not have been seen with "
                "this many records."
            ),
            "old: B has no values of it, so it is not compared.",
            "new: A has no values of it, so it is not compared.",
        ]
    )


def test_few_sessions_are_said() -> None:
    """An interval of a handful of sessions comes with a warning."""
    sessions = [f"s{place % 6}" for place in range(60)]
    before = run("A", frame("latency", [place % 7 for place in range(60)], session_id=sessions))
    after = run("B", frame("latency", [place % 11 for place in range(60)], session_id=sessions))
    assert said(before, after)[1] == snapshot(
        [
            "latency: 60 records in 6 independent sessions.",
            "latency: an interval of 6 units is likely to be too narrow.",
        ]
    )


def test_an_interval_that_excludes_zero_by_luck_is_said() -> None:
    """Among many tests one interval may exclude 0 without evidence; the remark says which."""
    names = [f"s{place}" for place in range(12)]
    before = run("A", *(passes("A", 0, 60, name).verdicts for name in names))
    after = run("B", *(passes("B", 7 if name == "s3" else 0, 60, name).verdicts for name in names))
    notes = said(before, after)[1]
    assert [note for note in notes if "alone" in note] == snapshot(
        ["s3: its interval alone excludes 0, but among 12 tests that is no evidence (p = 0.094)."]
    )


@pytest.mark.parametrize("values", [[None] * 3, [True, None, None]])
def test_too_few_pairs_are_said(values: list[bool | None]) -> None:
    """A scorer that cannot be compared is named as such."""
    before, after = run("A", frame("s", [True] * 3)), run("B", frame("s", values))
    assert said(before, after)[0] == "Too few pairs to compare s."
