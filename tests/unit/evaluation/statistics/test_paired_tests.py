"""McNemar, Wilcoxon and sign-flip, against published examples and other libraries."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from spanlake.evaluation.statistics.paired_tests import mcnemar, sign_flip, wilcoxon

DARWIN = "49 -67 8 16 6 23 28 41 14 29 56 24 75 60 -48"
BEFORE = "1.83 0.50 1.62 2.48 1.68 1.88 1.55 3.06 1.30"
AFTER = "0.878 0.647 0.598 2.05 1.06 1.29 1.06 3.14 1.29"


def test_mcnemar_is_the_published_example() -> None:
    """Fagerland, Lydersen & Laake (2013): 1 against 7 pairs, exact 0.070 and mid-p 0.039."""
    assert mcnemar(1, 7, mid_p=False).p_value == pytest.approx(0.0703125)
    assert mcnemar(1, 7).p_value == pytest.approx(0.0390625)


@pytest.mark.parametrize(
    ("gains", "losses"), [(0, 0), (0, 1), (5, 5), (3, 11), (40, 61), (2000, 2100)]
)
def test_mcnemar_exact_agrees_with_statsmodels(gains: int, losses: int) -> None:
    """The exact form is statsmodels', also for thousands of pairs; mid-p is below it."""
    exact = mcnemar(gains, losses, mid_p=False).p_value
    table = [[10, gains], [losses, 10]]
    assert exact == pytest.approx(statsmodels_mcnemar(table, exact=True).pvalue, abs=1e-9)
    assert mcnemar(gains, losses).p_value <= exact + 1e-12


def test_mid_p_halves_the_chance_of_what_was_seen() -> None:
    """Mid-p is the exact p-value less the point probability of the observed count."""
    expected = 2 * stats.binom.cdf(3, 14, 0.5) - stats.binom.pmf(3, 14, 0.5)
    assert mcnemar(3, 11).p_value == pytest.approx(expected)


def test_wilcoxon_is_the_published_example() -> None:
    """Hollander & Wolfe (1973), Hamilton depression scale: V = 40, two-sided p = 0.0391."""
    before, after = (np.array(text.split(), dtype=np.float64) for text in (BEFORE, AFTER))
    result = wilcoxon(before - after)
    assert result.statistic == 40
    assert result.p_value == pytest.approx(0.0390625)


@pytest.mark.parametrize("seed", range(3))
def test_wilcoxon_is_exact_with_ties_and_zeros(seed: int) -> None:
    """Rating differences, which tie: the p-value is that of every assignment of signs (scipy)."""
    differences = np.random.default_rng(seed).integers(-2, 4, size=9).astype(np.float64)
    every = stats.PermutationMethod(n_resamples=np.inf)
    expected = stats.wilcoxon(differences, method=every).pvalue
    assert wilcoxon(differences).p_value == pytest.approx(expected)


def test_wilcoxon_of_many_agrees_with_scipys_approximation() -> None:
    """Above fifty pairs it is the normal approximation with the correction for ties."""
    differences = np.random.default_rng(8).integers(-3, 5, size=400).astype(np.float64)
    expected = stats.wilcoxon(differences, method="asymptotic", correction=False).pvalue
    result = wilcoxon(differences)
    assert result.p_value == pytest.approx(expected)
    assert result.method == "Wilcoxon signed-rank, normal approximation"


def test_sign_flip_is_fishers_permutation_test() -> None:
    """Fisher (1935), The Design of Experiments, 21: Darwin's maize, 863 of 32,768 a side."""
    differences = np.array(DARWIN.split(), dtype=np.float64)
    assert sign_flip(differences).p_value == pytest.approx(2 * 863 / 32768)


def test_sign_flip_of_binary_pairs_is_mcnemars_exact_test() -> None:
    """Differences of 1 and -1 toss the same coins, drawn or enumerated."""
    few = np.repeat([1.0, -1.0, 0.0], [2, 9, 30])
    assert sign_flip(few).p_value == pytest.approx(mcnemar(2, 9, mid_p=False).p_value)
    many = np.repeat([1.0, -1.0], [30, 55])
    drawn = sign_flip(many, resamples=100_000).p_value
    assert drawn == pytest.approx(mcnemar(30, 55, mid_p=False).p_value, abs=2e-3)


def test_sign_flip_by_drawing_agrees_with_scipy() -> None:
    """Sixty distinct differences: the p-value is that of scipy's permutation_test."""
    differences = np.random.default_rng(1).normal(0.3, 1, size=60)
    theirs = stats.permutation_test(
        (differences,), np.sum, permutation_type="samples", n_resamples=20_000, rng=0, batch=2000
    )
    ours = sign_flip(differences, resamples=20_000)
    assert ours.p_value == pytest.approx(theirs.pvalue, abs=4e-3)


def test_sign_flip_of_very_many_units_is_normal() -> None:
    """Above five thousand units the draws are replaced by their limit, and the result says so."""
    differences = np.random.default_rng(1).normal(0.02, 1, size=6000)
    result = sign_flip(differences)
    assert "normal" in result.method
    assert result.p_value == pytest.approx(stats.ttest_1samp(differences, 0).pvalue, abs=1e-3)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_differences_that_are_all_zero_are_no_evidence(count: int) -> None:
    """Every test answers 1 to runs that agree everywhere."""
    zeros = np.zeros(count)
    assert {wilcoxon(zeros).p_value, sign_flip(zeros).p_value, mcnemar(0, 0).p_value} == {1.0}
