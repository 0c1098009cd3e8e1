"""A judge held against people."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from spanlake.errors import UserError
from spanlake.evaluation.statistics import Canaries, Kind, Resampling, calibrate
from spanlake.evaluation.statistics.proportions import wilson

QUICK = Resampling(resamples=2000)


def labels(count: int = 400, seed: int = 0) -> pl.DataFrame:
    """A judge that passes 90 % of what people pass and 20 % of what they fail."""
    random = np.random.default_rng(seed)
    human = random.random(count) < 0.7
    judge = np.where(human, random.random(count) < 0.9, random.random(count) < 0.2)
    return pl.DataFrame(
        {
            "judge": judge,
            "human": human,
            "language": np.where(np.arange(count) % 4 == 0, "de", "en"),
            "at": [datetime(2026, 1, 1) + timedelta(hours=6 * n) for n in range(count)],  # noqa: DTZ001, polars' naive times
        }
    )


def test_rates_are_shares_of_the_confusion_matrix() -> None:
    """TPR, TNR, PPV and NPV with Wilson's intervals, from counts that add up."""
    rows = labels()
    overall = calibrate(rows, resampling=QUICK).overall
    assert overall.kind is Kind.BINARY
    assert overall.categories == ("fail", "pass")
    (true_fail, false_fail), (false_pass, true_pass) = overall.confusion
    assert true_fail + false_fail + false_pass + true_pass == len(rows)
    assert overall.rates is not None
    assert overall.rates.tpr == wilson(true_pass, true_pass + false_fail)
    assert overall.rates.tnr == wilson(true_fail, true_fail + false_pass)
    assert overall.rates.ppv == wilson(true_pass, true_pass + false_pass)
    assert overall.rates.npv == wilson(true_fail, true_fail + false_fail)
    assert overall.rates.human_pass_rate == wilson(true_pass + false_fail, len(rows))


def test_slices_and_windows_partition_the_labels() -> None:
    """Every pair is in one slice of a column and in one window of time, in order."""
    rows = labels()
    result = calibrate(rows, slices=["language"], time="at", every="1mo", resampling=QUICK)
    assert [(part.value, part.agreement.pairs) for part in result.slices] == [
        ("de", 100),
        ("en", 300),
    ]
    assert [window.start.month for window in result.windows] == [1, 2, 3, 4]
    assert sum(window.agreement.pairs for window in result.windows) == len(rows)
    alone = calibrate(rows.filter(language="de"), resampling=QUICK).overall
    assert result.slices[0].agreement == alone


def test_ratings_have_a_weighted_kappa_and_measurements_none_at_all() -> None:
    """The measures follow from the kind of labels."""
    ratings = calibrate(pl.DataFrame({"judge": [1, 2, 3, 5], "human": [1, 2, 4, 5]})).overall
    assert ratings.kind is Kind.ORDINAL
    assert ratings.weighted_kappa is not None
    assert ratings.rates is None
    measured = calibrate(pl.DataFrame({"judge": [0.1, 0.5, 0.7], "human": [0.2, 0.5, 0.8]})).overall
    assert measured.kind is Kind.NUMERIC
    assert (measured.kappa, measured.confusion) == (None, ())
    assert measured.alpha.value is not None


def test_yes_and_true_are_the_same_verdict() -> None:
    """A judge that says yes and people who tick a box agree."""
    rows = pl.DataFrame({"judge": ["yes", "no", "Yes"], "human": [True, False, False]})
    overall = calibrate(rows, resampling=QUICK).overall
    assert overall.kind is Kind.BINARY
    assert overall.confusion == ((1, 0), (1, 1))


def test_names_are_compared_as_they_are() -> None:
    """Categories are nominal, and one that only one side uses is in the matrix, too."""
    rows = pl.DataFrame(
        {"judge": ["billing", "spam", "other"], "human": ["billing", "spam", "spam"]}
    )
    overall = calibrate(rows, resampling=QUICK).overall
    assert overall.kind is Kind.NOMINAL
    assert overall.categories == ("billing", "other", "spam")
    assert overall.confusion == ((1, 0, 0), (0, 0, 1), (0, 0, 1))


def test_rows_with_one_side_missing_are_counted() -> None:
    """An abstention of the judge's, and a record nobody labelled, are told and left out."""
    rows = pl.DataFrame({"judge": [1.0, None, float("nan"), 0.0], "human": [1.0, 1.0, 0.0, None]})
    overall = calibrate(rows, resampling=QUICK).overall
    assert (overall.pairs, overall.unlabelled, overall.unjudged) == (1, 1, 2)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_hardly_any_labels_are_no_crash(count: int) -> None:
    """With none, one or two labels what cannot be known is None."""
    overall = calibrate(labels().head(count), resampling=QUICK).overall
    assert overall.pairs == count
    assert overall.rates is not None
    assert (overall.observed.value is None) == (count == 0)


def test_labels_of_one_session_are_one_unit() -> None:
    """Ten labels for each record make no more certain than the records do."""
    rows = labels(30)
    repeated = pl.concat([rows] * 10)
    ids = [str(n % 30) for n in range(300)]
    once, tenfold = (
        calibrate(frame, resampling=QUICK).overall
        for frame in (rows, repeated.with_columns(pl.Series("record_id", ids)))
    )
    assert once.kappa is not None
    assert tenfold.kappa is not None
    assert tenfold.kappa.count == 30
    assert tenfold.kappa.low == pytest.approx(once.kappa.low)


def test_the_order_of_labels_does_not_matter() -> None:
    """Shuffled rows give the same result to the last digit."""
    rows = labels()
    shuffled = rows.sample(fraction=1, shuffle=True, seed=3)
    assert calibrate(rows, slices=["language"]) == calibrate(shuffled, slices=["language"])


def test_missing_columns_and_free_text_are_refused() -> None:
    """The message names the column, or the text that is no category."""
    with pytest.raises(UserError, match="no column 'human'"):
        calibrate(pl.DataFrame({"judge": [1]}))
    with pytest.raises(UserError, match="no column 'language'"):
        calibrate(pl.DataFrame({"judge": [1], "human": [1]}), slices=["language"])
    text = [f"because {n}" for n in range(60)]
    with pytest.raises(UserError, match="60 different values, as 'because 0'"):
        calibrate(pl.DataFrame({"judge": text, "human": text}))


def test_canaries_are_reported_and_no_part_of_the_agreement() -> None:
    """Rows that are canaries are counted by themselves; one that was not judged is missed."""
    rows = labels().with_columns(canary=pl.lit(value=False))
    canaries = pl.DataFrame(
        {"judge": [True, True, None], "human": [True, False, False], "canary": [True] * 3}
    )
    both = calibrate(pl.concat([rows, canaries], how="diagonal"), resampling=QUICK)
    alone = calibrate(rows, resampling=QUICK)
    assert both.canaries == Canaries(asked=3, missed=2)
    assert (alone.canaries, both.overall) == (None, alone.overall)


def test_a_judge_of_pairs_is_asked_in_both_orders() -> None:
    """The share of pairs judged alike in both orders has an interval; unknown ones are left out."""
    rows = labels(40).with_columns(
        position_consistent=pl.Series(["true"] * 27 + ["false"] * 9 + [None] * 4)
    )
    assert calibrate(rows, resampling=QUICK).consistency == wilson(27, 36)
    assert calibrate(labels(40), resampling=QUICK).consistency is None
