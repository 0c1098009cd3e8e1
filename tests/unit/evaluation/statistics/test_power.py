"""What a run of a given size can see."""

import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower

from spanlake.evaluation.statistics.paired_tests import mcnemar
from spanlake.evaluation.statistics.power import (
    mcnemar_minimum_difference,
    mcnemar_power,
    mcnemar_records_needed,
    minimum_detectable_effect,
    records_needed,
)


@pytest.mark.parametrize(("effect", "deviation"), [(0.1, 0.5), (2.0, 11.0), (-0.03, 0.3)])
def test_records_needed_agrees_with_statsmodels(effect: float, deviation: float) -> None:
    """The number of pairs is that of the one-sample normal test."""
    expected = NormalIndPower(ddof=0).solve_power(
        abs(effect) / deviation, alpha=0.05, power=0.8, ratio=0
    )
    assert records_needed(effect, deviation) == int(np.ceil(expected))


def test_the_smallest_effect_needs_the_records_at_hand() -> None:
    """What is just detectable with 400 pairs needs 400 pairs."""
    effect = minimum_detectable_effect(0.5 / np.sqrt(400))
    assert records_needed(effect * (1 + 1e-9), 0.5) == 400


def test_the_power_of_mcnemars_test_is_what_simulation_finds() -> None:
    """For 300 pairs of which 20 % differ and a change of 7 pp, within a few percent."""
    random = np.random.default_rng(0)
    counts = random.multinomial(300, [0.135, 0.065, 0.8], size=2000)
    found = np.mean([mcnemar(gains, losses).p_value < 0.05 for gains, losses, _ in counts])
    assert mcnemar_power(300, 0.07, 0.20) == pytest.approx(found, abs=0.03)


def test_size_and_difference_are_inverse_to_each_other() -> None:
    """The smallest difference that n pairs find is the one that needs n pairs."""
    difference = mcnemar_minimum_difference(250, 0.15)
    assert difference is not None
    assert mcnemar_records_needed(difference + 1e-9, 0.15) == 250


def test_a_run_too_small_for_any_difference_says_so() -> None:
    """Three pairs cannot find even that all of them turned over."""
    assert mcnemar_minimum_difference(3, 0.1) is None


def test_what_cannot_be_is_refused() -> None:
    """An effect of zero, or a difference larger than the share of pairs that differ."""
    with pytest.raises(ValueError, match="effect of 0"):
        records_needed(0, 1)
    with pytest.raises(ValueError, match="effect of 0"):
        mcnemar_records_needed(0, 0.1)
    with pytest.raises(ValueError, match="cannot hold a difference"):
        mcnemar_power(100, 0.3, 0.2)
