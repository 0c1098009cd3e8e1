"""Kappa and alpha, against published examples and other libraries."""

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa

from spanlake.errors import UserError
from spanlake.evaluation.statistics import Kind, Resampling, calibrate, rater_agreement
from spanlake.evaluation.statistics.agreement.kappa import Weights, cohen_kappa
from spanlake.evaluation.statistics.agreement.krippendorff import krippendorff_alpha

QUICK = Resampling(resamples=2000)
OBSERVERS = ("123321412...", "12332241 25.3", ".33323422 51.", "12332441251.")


def krippendorffs_data() -> list[dict[str, object]]:
    """Four observers, twelve units, seven gaps."""
    return [
        {"record_id": unit, "rater": "ABCD"[rater], "value": None if sign == "." else int(sign)}
        for rater, row in enumerate(OBSERVERS)
        for unit, sign in enumerate(row.replace(" ", ""))
    ]


@pytest.mark.parametrize(
    ("kind", "alpha"), [(Kind.NOMINAL, 0.743), (Kind.ORDINAL, 0.815), (Kind.NUMERIC, 0.849)]
)
def test_alpha_is_the_published_one(kind: Kind, alpha: float) -> None:
    """Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, example C and D."""
    table = pl.DataFrame(krippendorffs_data()).pivot(on="rater", index="record_id", values="value")
    ratings = table.drop("record_id").cast(pl.Float64).fill_null(np.nan).to_numpy()
    estimate = krippendorff_alpha(ratings, kind, resampling=QUICK)
    assert estimate.value == pytest.approx(alpha, abs=5e-4)
    assert estimate.count == 11
    assert estimate.interval is not None
    assert estimate.interval.holds(alpha)


def test_raters_are_compared_from_rows_as_they_are_stored() -> None:
    """One row a label, with gaps: the ordinal alpha, and what was left out is counted."""
    agreement = rater_agreement(pl.DataFrame(krippendorffs_data()).sample(fraction=1, shuffle=True))
    assert agreement.kind is Kind.ORDINAL
    assert agreement.alpha.value == pytest.approx(0.815, abs=5e-4)
    assert (agreement.records, agreement.labels, agreement.unusable) == (12, 41, 7)
    assert agreement.raters == ("A", "B", "C", "D")


def test_names_are_nominal() -> None:
    """Categories without an order agree or do not."""
    rows = [
        {"record_id": record, "rater": rater, "value": value}
        for record, values in enumerate([("a", "a"), ("b", "b"), ("a", "b"), ("c", "c")])
        for rater, value in zip("XY", values, strict=True)
    ]
    agreement = rater_agreement(pl.DataFrame(rows), QUICK)
    assert agreement.kind is Kind.NOMINAL
    # Krippendorff's formula by hand: 1 - 7 * 2 / (3 * 5 + 3 * 2 + 5 ... over pairs of a, b, c).
    counts, seen = {"a": 3, "b": 3, "c": 2}, 2
    by_chance = 8 * 8 - sum(count**2 for count in counts.values())
    assert agreement.alpha.value == pytest.approx(1 - 7 * seen / by_chance)


def test_a_rater_who_labels_a_record_twice_is_refused() -> None:
    """Two labels of one rater are no agreement; the message names both."""
    rows = pl.DataFrame({"record_id": [1, 1], "rater": ["ann", "ann"], "value": [1, 0]})
    with pytest.raises(UserError, match="rater 'ann' has 2 labels for record '1'"):
        rater_agreement(rows)


def test_kappa_is_the_published_one() -> None:
    """Fleiss, Levin & Paik (2003), table 18.1: diagnoses by two raters, kappa 0.68."""
    assert cohen_kappa(np.array([[75, 1, 4], [5, 4, 1], [0, 0, 10]])) == pytest.approx(
        0.68, abs=5e-3
    )


@pytest.mark.parametrize("weights", ["unweighted", "linear", "quadratic"])
@pytest.mark.parametrize("seed", range(3))
def test_kappa_agrees_with_sklearn_and_statsmodels(weights: Weights, seed: int) -> None:
    """For random ratings of five categories, weighted or not."""
    random = np.random.default_rng(seed)
    judge, human = random.integers(0, 5, size=(2, 80))
    human = np.where(random.random(80) < 0.6, judge, human)
    table = np.zeros((5, 5))
    np.add.at(table, (judge, human), 1)
    names = {"unweighted": (None, None), "linear": ("linear", "linear")}
    of_sklearn, of_statsmodels = names.get(weights, ("quadratic", "quadratic"))
    ours = cohen_kappa(table, weights=weights)
    assert ours == pytest.approx(cohen_kappa_score(judge, human, weights=of_sklearn))
    theirs = cohens_kappa(table, wt=of_statsmodels, return_results=False)
    assert ours == pytest.approx(theirs)


def test_the_interval_of_kappa_is_about_its_asymptotic_one() -> None:
    """For 400 pairs the bootstrap is close to Fleiss, Cohen & Everitt's interval (statsmodels)."""
    random = np.random.default_rng(7)
    human = random.integers(0, 2, size=400)
    judge = np.where(random.random(400) < 0.85, human, 1 - human)
    overall = calibrate(pl.DataFrame({"judge": judge, "human": human})).overall
    theirs = cohens_kappa(np.array(overall.confusion))
    assert overall.kappa is not None
    assert overall.kappa.interval is not None
    assert overall.kappa.interval.low == pytest.approx(theirs.kappa_low, abs=0.015)
    assert overall.kappa.interval.high == pytest.approx(theirs.kappa_upp, abs=0.015)


def test_one_category_is_no_agreement_beyond_chance() -> None:
    """Where all say yes, kappa and alpha are unknown, not 1 and not 0."""
    overall = calibrate(pl.DataFrame({"judge": [True] * 9, "human": [True] * 9})).overall
    assert overall.kappa is not None
    assert (overall.kappa.value, overall.alpha.value) == (None, None)
    assert overall.observed.value == 1.0
