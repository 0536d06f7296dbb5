"""How often the exact test passes a build that is exactly the margin worse: by enumeration of all outcomes."""

import numpy as np
import pytest
from scipy.special import gammaln, xlogy

from quantgate.evals.stats import exact_lower_bound, noninferiority_pvalue, score_statistic

pytestmark = pytest.mark.slow

ALPHA = 0.05


def all_outcomes(n):
    b, c = (a.ravel() for a in np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij"))
    return b[b + c <= n], c[b + c <= n]


def passing_outcomes(n, margin):
    """Which outcomes pass. Only those near the border are tested: beyond it they are taken as passes, which can only
    raise the rate that is found, and short of it a sample shows that none pass."""
    b, c = all_outcomes(n)
    z = score_statistic(b, c, n, -margin)
    passes = z > 2.4
    for i in np.flatnonzero((z > 1.3) & (z <= 2.4)):
        passes[i] = noninferiority_pvalue(int(b[i]), int(c[i]), n, margin) < ALPHA
    short = np.flatnonzero((z > 1.1) & (z <= 1.3))
    for i in short[:: max(1, len(short) // 40)]:
        assert noninferiority_pvalue(int(b[i]), int(c[i]), n, margin) >= ALPHA
    return b[passes], c[passes]


def pass_rates(b, c, n, margin):
    psi = np.concatenate([margin + np.geomspace(1e-9, 1 - margin, 150), np.linspace(margin, 1, 150)])[:, None]
    log_ways = gammaln(n + 1) - gammaln(b + 1) - gammaln(c + 1) - gammaln(n - b - c + 1)
    p_loss, p_gain = (psi + margin) / 2, np.maximum(psi - margin, 0) / 2
    return np.exp(log_ways + xlogy(b, p_loss) + xlogy(c, p_gain) + xlogy(n - b - c, np.maximum(1 - psi, 0))).sum(axis=1)


@pytest.mark.parametrize("margin", [0.01, 0.02, 0.03, 0.05])
@pytest.mark.parametrize("n", [20, 50, 114, 198])
def test_a_build_exactly_the_margin_worse_passes_at_most_alpha(n, margin):
    b, c = passing_outcomes(n, margin)
    assert len(b), "some outcome must pass, or the rate says nothing"
    assert pass_rates(b, c, n, margin).max() <= ALPHA + 1e-9


def test_the_rate_comes_close_to_alpha_so_little_power_is_given_away():
    assert pass_rates(*passing_outcomes(198, 0.05), 198, 0.05).max() > 0.045


def test_deciding_by_the_bound_passes_at_most_alpha():
    n = 20
    b, c = all_outcomes(n)
    lower = np.array([exact_lower_bound(int(i), int(j), n) for i, j in zip(b, c, strict=True)])
    for margin in (0.05, 0.1, 0.2, 0.3):
        passes = lower > -margin
        assert pass_rates(b[passes], c[passes], n, margin).max() <= ALPHA + 1e-9
