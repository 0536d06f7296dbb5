"""The power of the exact test of recovery, and how many items it takes."""

import numpy as np
import pytest
from scipy.stats import multinomial

from quantgate.evals.stats.ratio.exact import ratio_pvalue
from quantgate.evals.stats.ratio.planning import ratio_items, ratio_power


@pytest.mark.slow
@pytest.mark.parametrize(("n", "recovery", "accuracy", "psi"), [(24, 0.6, 0.5, 0.15), (24, 0.8, 0.95, 0.05)])
def test_power_is_that_of_all_outcomes_that_pass(n, recovery, accuracy, psi):
    power = 0.0
    for losses in range(n + 1):
        for gains in range(n + 1 - losses):
            for both in range(n + 1 - losses - gains):
                chance = multinomial.pmf(
                    [losses, gains, both, n - losses - gains - both],
                    n,
                    [psi / 2, psi / 2, accuracy - psi / 2, 1 - accuracy - psi / 2],
                )
                known = losses + gains + both
                if chance > 1e-7 and known and ratio_pvalue(losses, gains, known, recovery) < 0.05:
                    power += chance
    assert ratio_power(n, recovery, accuracy, psi) == pytest.approx(power, abs=0.03)


@pytest.mark.slow
def test_the_items_found_have_the_power_asked_and_a_lower_baseline_takes_more():
    found = ratio_items(0.93, 0.9, 0.05)
    assert ratio_power(found, 0.93, 0.9, 0.05) == pytest.approx(0.8, abs=0.04)
    assert ratio_items(0.93, 0.3, 0.05) > 2 * found


def test_a_loss_of_what_is_tolerated_is_out_of_reach():
    assert ratio_items(0.9, 0.5, 0.2, difference=-0.05) is None
    assert ratio_items(0.99, 0.1, 0.1, largest=1000) is None


def test_a_baseline_that_cannot_lose_so_much_is_refused():
    with pytest.raises(ValueError, match="cannot differ on"):
        ratio_power(100, 0.9, 0.01, 0.5)
    with pytest.raises(ValueError, match="recovery must lie"):
        ratio_power(100, 1.0, 0.5, 0.1)
    assert np.isfinite(ratio_power(5, 0.5, 0.2, 0.0))
