"""How often the bounds on log-probabilities are wrong about builds that are exactly as bad as the margin."""

import numpy as np
import pytest
from scipy.stats import binom

from quantgate.evals.fidelity.bounds import agreement_bounds, kl_bounds

ALPHA = 0.05


def false_pass(shown, documents, margin):
    """The probability of a pass where whole documents are lost, each with the probability of the margin: enumerated."""
    passing = [lost for lost in range(documents + 1) if shown(np.repeat([1.0, 0.0], [lost, documents - lost]))]
    return float(binom.cdf(max(passing, default=-1), documents, margin))


@pytest.mark.parametrize("documents", [20, 60, 300])
@pytest.mark.parametrize("margin", [0.01, 0.05])
def test_agreement_passes_no_build_at_the_margin_more_often_than_alpha(documents, margin):
    def shown(lost):
        return lost.sum() < 30 and agreement_bounds(-lost, -lost, ALPHA).lower > -margin

    assert false_pass(shown, documents, margin) <= ALPHA


@pytest.mark.parametrize(("documents", "margin"), [(20, 0.2), (100, 0.05), (300, 0.01)])
def test_divergence_passes_no_build_at_the_margin_more_often_than_alpha(documents, margin):
    def shown(lost):
        return lost.mean() < margin and kl_bounds(lost, lost, ALPHA).upper < margin

    assert false_pass(shown, documents, margin) <= ALPHA


@pytest.mark.slow
def test_positions_that_depend_on_one_another_do_not_make_a_pass_likelier():
    draw = np.random.default_rng(3)
    passed, runs = 0, 300
    for _ in range(runs):
        # Documents of 256 positions in bursts of some 64: the document's share is what varies.
        lost = np.zeros(300)
        off = draw.random(300) < 0.05
        for _ in range(256):
            lost += off
            off = draw.random(300) < np.where(off, 1 - 1 / 64, 0.05 / 0.95 / 64)
        passed += agreement_bounds(-lost / 256, -lost / 256, ALPHA).lower > -0.05
    assert passed <= runs * ALPHA + 3 * (runs * ALPHA * (1 - ALPHA)) ** 0.5
