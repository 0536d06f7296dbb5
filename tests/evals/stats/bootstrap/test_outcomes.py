"""Which outcomes of single answers pass, against the bound itself and resamples that are drawn."""

import numpy as np
import pytest

from quantgate.evals.stats.bootstrap.bounds import Bootstrap, lower_bound
from quantgate.evals.stats.bootstrap.outcomes import pass_set, passes
from quantgate.evals.stats.bootstrap.worst import worst_discordance
from quantgate.evals.stats.calibration import Method, worst_false_pass
from quantgate.evals.stats.strata import split_strata


def units(losses, gains, n):
    return split_strata(np.repeat([-1.0, 0.0, 1.0], [losses, n - losses - gains, gains]), None, None)


@pytest.mark.parametrize(
    ("losses", "gains", "n", "margin"),
    [(6, 2, 198, 0.05), (3, 0, 198, 0.05), (36, 23, 1319, 0.021), (40, 20, 1319, 0.02), (40, 41, 100, 0.2)],
)
@pytest.mark.parametrize("method", Bootstrap)
def test_an_outcome_passes_where_its_bound_lies_above_the_margin(method, losses, gains, n, margin):
    bound = lower_bound(units(losses, gains, n), method, 0.05, resamples=20_000)
    assert abs(bound + margin) > 1e-4
    assert passes(method, losses, gains, n, margin, 0.05) == (bound > -margin)


def test_without_a_flip_the_exact_test_stands_in_for_bca_and_the_studentised_bootstrap():
    without = [[passes(method, 0, 0, n, 0.03, 0.05) for n in (20, 98, 99)] for method in Bootstrap]
    assert without == [[True, True, True], [False, False, True], [False, False, True]]


@pytest.mark.parametrize("n", [20, 114])
def test_the_percentile_bootstraps_worst_is_that_of_the_calibration(n):
    rate, discordance = worst_discordance(Bootstrap.PERCENTILE, n, 0.02, 0.05)
    known = worst_false_pass(Method.NAIVE, n, 0.02)
    assert (rate, discordance) == pytest.approx((known.rate, known.discordance), abs=1e-3)


@pytest.mark.parametrize("method", [Bootstrap.BCA, Bootstrap.STUDENTISED])
def test_the_probability_of_a_set_is_the_share_of_outcomes_drawn_that_pass(method):
    drawn = np.random.default_rng(0).multinomial(120, [0.09, 0.06, 0.85], 4000)
    share = np.mean([passes(method, int(b), int(c), 120, 0.03, 0.05) for b, c, _ in drawn])
    assert pass_set(method, 120, 0.03, 0.05).probability(0.03, 0.15) == pytest.approx(share, abs=0.012)


@pytest.mark.slow
@pytest.mark.parametrize("method", Bootstrap)
def test_beyond_few_flips_more_losses_never_pass_where_fewer_do_not(method):
    found = pass_set(method, 120, 0.05, 0.05)
    for gains in range(0, 121, 3):
        for losses in range(max(61 - gains, 0), 121 - gains, 2):
            assert passes(method, losses, gains, 120, 0.05, 0.05) == (losses <= found.edge[gains])
