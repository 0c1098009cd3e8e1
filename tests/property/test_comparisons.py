"""What must hold of a comparison whatever the verdicts are."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from verdict_frames import run

from spanlake.evaluation.statistics import (
    Change,
    Resampling,
    RunComparison,
    compare,
    remarks,
    sentence,
)

QUICK = Resampling(resamples=200)
EXAMPLES = settings(max_examples=60)
SWAPPED = {Change.BETTER: Change.WORSE, Change.WORSE: Change.BETTER}
VALUES = st.one_of(
    st.lists(st.sampled_from([0.0, 1.0]), max_size=30),
    st.lists(st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0]), max_size=30),
    st.lists(
        st.one_of(
            st.none(),
            st.floats(-100, 100, allow_subnormal=False),
            st.sampled_from([float("nan"), float("inf")]),
        ),
        max_size=30,
    ),
)


@st.composite
def verdicts(draw: st.DrawFn) -> pl.DataFrame:
    """A scorer's rows in both runs: few records, so that they repeat, and a few sessions."""
    values = draw(VALUES)
    size = len(values)
    return pl.DataFrame(
        {
            "record_id": draw(st.lists(st.integers(0, 20), min_size=size, max_size=size)),
            "session_id": draw(
                st.lists(st.sampled_from(["a", "b", None]), min_size=size, max_size=size)
            ),
            "scorer": ["s"] * size,
            "value_double": values,
        },
        schema={
            "record_id": pl.Int64,
            "session_id": pl.String,
            "scorer": pl.String,
            "value_double": pl.Float64,
        },
    )


def anchored(frame: pl.DataFrame) -> pl.DataFrame:
    """With one row of the scorer at least, so that both runs have it; sessions by record."""
    anchor = pl.DataFrame({"record_id": [99], "scorer": ["s"], "value_double": [None]})
    rows = pl.concat([frame, anchor.cast({"value_double": pl.Float64})], how="diagonal")
    session = pl.when(pl.col("record_id") < 10).then(pl.col("record_id") % 3)
    return rows.with_columns(session.cast(pl.String).alias("session_id"))


def compared(baseline: pl.DataFrame, candidate: pl.DataFrame) -> RunComparison:
    runs = run("A", anchored(baseline)), run("B", anchored(candidate))
    return compare(runs[0], [runs[1]], resampling=QUICK).runs[0]


@EXAMPLES
@given(verdicts(), verdicts(), st.integers(0, 1000))
def test_the_order_of_rows_never_matters(
    baseline: pl.DataFrame, candidate: pl.DataFrame, seed: int
) -> None:
    """Shuffled rows give the same comparison, to the last digit."""
    shuffled = (rows.sample(fraction=1, shuffle=True, seed=seed) for rows in (baseline, candidate))
    assert compared(*shuffled) == compared(baseline, candidate)


@EXAMPLES
@given(verdicts(), verdicts())
def test_swapping_the_runs_turns_signs_and_nothing_else(
    baseline: pl.DataFrame, candidate: pl.DataFrame
) -> None:
    """The difference and its interval change sign; the p-value stays; better becomes worse."""
    (forth,), (back,) = (
        compared(baseline, candidate).scorers,
        compared(candidate, baseline).scorers,
    )
    assert back.p_adjusted == forth.p_adjusted
    assert back.change is SWAPPED.get(forth.change, forth.change)
    ours, theirs = forth.difference.estimate, back.difference.estimate
    if ours.value is None:
        assert theirs.value is None
        return
    assert theirs.value == -ours.value
    if ours.interval is None:
        assert theirs.interval is None
        return
    mirrored = ours.interval.reversed()
    assert theirs.interval is not None
    assert abs(theirs.interval.low - mirrored.low) < 1e-9
    assert abs(theirs.interval.high - mirrored.high) < 1e-9


@EXAMPLES
@given(verdicts())
def test_a_run_does_not_differ_from_itself(rows: pl.DataFrame) -> None:
    """Compared with itself nothing changed, nothing flipped, nothing was lost."""
    (scorer,) = compared(rows, rows).scorers
    assert scorer.change in {Change.UNCLEAR, Change.TOO_FEW}
    assert scorer.difference.estimate.value in {0.0, None}
    assert (scorer.flipped, scorer.lost, scorer.gained) == ((), (), ())


@EXAMPLES
@given(verdicts(), verdicts())
def test_every_row_is_accounted_for_and_every_result_can_be_said(
    baseline: pl.DataFrame, candidate: pl.DataFrame
) -> None:
    """Scored, missing and unreadable rows add up, bounds hold the estimate, words come out."""
    runs = run("A", anchored(baseline)), run("B", anchored(candidate))
    comparison = compare(runs[0], [runs[1]], resampling=QUICK)
    (scorer,) = comparison.runs[0].scorers
    for given_rows, coverage in (
        (runs[0].verdicts, scorer.baseline_coverage),
        (runs[1].verdicts, scorer.candidate_coverage),
    ):
        assert coverage.rows == len(given_rows)
        parts = (coverage.scored, coverage.missing, coverage.errors, coverage.unreadable)
        assert sum(parts) == coverage.rows
    assert 0 <= (scorer.p_adjusted or 0) <= 1
    for estimate in (scorer.baseline, scorer.candidate, scorer.difference.estimate):
        if estimate.interval is not None:
            assert estimate.interval.low <= estimate.interval.high
    assert sentence(comparison.runs[0], comparison.level).endswith(".")
    assert all(line.endswith(".") for line in remarks(comparison.runs[0], comparison))
