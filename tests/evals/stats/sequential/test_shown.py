"""How often and how soon the bets show a regression, by enumeration."""

import itertools
import math

import numpy as np
import pytest

from quantgate.evals.stats.sequential.betting import log_wealths
from quantgate.evals.stats.sequential.shown import regression_shown

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("psi", "difference"), [(0.6, -0.4), (0.5, 0.0), (0.9, -0.9)])
def test_all_paths_are_summed_over(psi, difference):
    """Against every single path of eight answers."""
    rates = {-1.0: (psi - difference) / 2, 0.0: 1 - psi, 1.0: (psi + difference) / 2}
    first = np.zeros(8)
    for path in itertools.product(rates, repeat=8):
        won = np.flatnonzero(log_wealths(path, -0.02) >= math.log(4))
        if won.size:
            first[won[0]] += math.prod(rates[value] for value in path)
    found = regression_shown(8, 0.02, psi, difference, alpha=0.25)
    assert found.first == pytest.approx(first, abs=1e-12)
    assert found.mean_items == pytest.approx(first @ np.arange(1, 9) + 8 * (1 - first.sum()))


def test_a_truth_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="larger than the discordance rate"):
        regression_shown(10, 0.02, 0.1, -0.2)
