"""Holm's correction."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from spanlake.evaluation.statistics.correction import holm


@pytest.mark.parametrize("seed", range(3))
def test_it_agrees_with_statsmodels(seed: int) -> None:
    """The adjusted p-values are those of multipletests(method="holm"), in the order given."""
    p_values = np.random.default_rng(seed).beta(0.3, 2, size=12).tolist()
    expected = multipletests(p_values, method="holm")[1]
    assert holm(p_values) == pytest.approx(expected)


def test_what_could_not_be_tested_is_not_counted() -> None:
    """None stays None and makes the others no less significant."""
    assert holm([0.01, None, 0.03]) == [0.02, None, 0.03]
    assert holm([]) == []
