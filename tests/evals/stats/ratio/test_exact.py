"""The exact test of recovery: its error by enumeration, the orders that it rests on, and its bound."""

import numpy as np
import pytest
from scipy.stats import multinomial

from quantgate.evals.stats.ratio.exact import difference_at, rates_of, ratio_lower_bound, ratio_pvalue
from quantgate.evals.stats.ratio.score import ratio_statistic

RATIOS = (0.3, 0.8, 0.95, 0.99, 1.0, 1.25, 3.0)


def outcomes(n):
    return [(losses, gains) for losses in range(n + 1) for gains in range(n + 1 - losses)]


@pytest.mark.parametrize(("n", "ratio"), [(6, 0.6), (9, 0.8), (9, 1.25)])
def test_a_build_that_just_misses_the_ratio_passes_at_most_alpha_by_enumeration(n, ratio):
    counts = np.array([(b, c, n - b - c) for b, c in outcomes(n)])
    passing = np.array([ratio_pvalue(b, c, n, ratio) < 0.05 for b, c in outcomes(n)])
    assert passing.any()
    for psi in np.linspace(max(1 - ratio, 1 - 1 / ratio), 1, 60):
        loss, gain = (float(rate) for rate in rates_of(ratio)(psi))
        assert loss - ratio * gain == pytest.approx(1 - ratio)
        assert gain - loss == pytest.approx(float(difference_at(ratio, psi)))
        cells = np.clip([loss, gain, 1 - psi], 0, 1)
        assert multinomial.pmf(counts, n, cells / cells.sum()) @ passing <= 0.05


def test_the_statistic_falls_with_losses_and_the_ratio_and_rises_with_gains():
    n = 14
    for b, c in outcomes(n - 1):
        here = ratio_statistic(b, c, n, RATIOS)
        assert (ratio_statistic(b + 1, c, n, RATIOS) < here + 1e-9).all()
        assert (ratio_statistic(b, c + 1, n, RATIOS) > here - 1e-9).all()
        assert (np.diff(here) < 1e-9).all()


def test_the_statistic_has_the_variance_of_the_most_likely_rates():
    losses, gains, n, ratio = 5, 3, 40, 0.9
    gain = np.linspace(1e-9, ratio / (1 + ratio) - 1e-9, 2_000_001)
    loss = 1 - ratio + ratio * gain
    likelihood = losses * np.log(loss) + gains * np.log(gain) + (n - losses - gains) * np.log(1 - loss - gain)
    best = likelihood.argmax()
    expected = (n - losses - ratio * (n - gains)) / np.sqrt(n * ratio * (loss[best] + gain[best]))
    assert float(ratio_statistic(losses, gains, n, ratio)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("counts", [(1, 1, 10), (4, 0, 60), (0, 3, 25), (12, 10, 300), (0, 0, 40), (7, 0, 8)])
def test_all_ratios_below_the_bound_are_shown_and_none_just_above(counts):
    bound = ratio_lower_bound(*counts)
    assert ratio_pvalue(*counts, bound + 1e-6) >= 0.05 - 1e-9
    assert all(ratio_pvalue(*counts, share * bound) < 0.05 for share in (0.2, 0.5, 0.9, 1 - 1e-6))


def test_where_one_build_has_nothing_right_the_bounds_are_those_of_the_likeliest_way_there():
    assert ratio_lower_bound(9, 0, 9) == 0
    bound = ratio_lower_bound(0, 9, 9)
    assert (bound / (1 + bound)) ** 9 == pytest.approx(0.05 - 1e-4)
    assert ratio_pvalue(0, 9, 9, bound * 1.001) > 0.05 > ratio_pvalue(0, 9, 9, bound * 0.999)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: ratio_pvalue(1, 1, 10, 0), "null_ratio must be"),
        (lambda: ratio_pvalue(6, 6, 10, 0.9), "exceeds n"),
        (lambda: ratio_lower_bound(1, 1, 10, 0.6), "alpha must be"),
    ],
)
def test_what_cannot_be_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()
