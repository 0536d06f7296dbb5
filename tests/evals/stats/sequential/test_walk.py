"""A walk from look to look: the probabilities of paths, at its own rates and at others close by."""

import numpy as np
import pytest

from quantgate.evals.stats.sequential.walk import Walk
from tests.evals.stats.sequential.trinomial_paths import step

NOBODY = -1


def everyone(items):
    return np.arange(items + 1)


@pytest.mark.parametrize("rates", [(0.05, 0.02), (0.3, 0.3), (0.55, 0.44), (0.02, 0.9), (0.5, 0.5), (0.1, 0.0)])
def test_without_a_pass_all_probability_is_still_there(rates):
    walk = Walk(rates, np.array([rates]))
    for items in (40, 90, 100):
        walk.advance(items)
        assert walk.passing(everyone(items)) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("rates", [(0.2, 0.1), (0.5, 0.4), (0.6, 0.4)])
def test_a_path_that_has_passed_is_gone(rates):
    """Two looks at 6 and 9 items, followed by hand: nobody with at most 1 loss among any flips goes on."""
    walk = Walk(rates, np.array([rates]))
    first, more = step(6, *rates), step(3, *rates)
    walk.advance(6)
    assert walk.pass_over(np.full(7, 1)) == pytest.approx(first[:2].sum())
    walk.advance(9)
    first[:2] = 0
    stays = sum(first[lost, gained] * more[: 4 - lost].sum() for lost in range(2, 4) for gained in range(7 - lost))
    assert walk.passing(np.full(10, 3)) == pytest.approx(stays)
    assert walk.passed == pytest.approx(step(6, *rates)[:2].sum())


def test_rates_close_by_are_served_by_the_same_walk():
    others = np.array([[0.09, 0.05], [0.10, 0.06], [0.12, 0.05]])
    together = Walk((0.1, 0.05), others)
    alone = [Walk(tuple(rates), np.array([rates])) for rates in others]
    for items, most in ((50, 3), (120, 7), (200, 14)):
        for walk in (together, *alone):
            walk.advance(items)
            walk.pass_over(np.full(items + 1, most))
    assert together.passed == pytest.approx([walk.passed[0] for walk in alone], abs=1e-9)


def test_at_its_own_ends_a_rate_may_be_nothing():
    """Where all flips are losses, and where everything flips."""
    edges = np.array([[0.1, 0.0], [0.11, 0.01]])
    walk = Walk((0.11, 0.01), edges)
    walk.advance(60)
    walk.advance(90)
    assert walk.passing(everyone(90)) == pytest.approx(1, abs=1e-9)
    all_flip = Walk((0.52, 0.47), np.array([[0.53, 0.47], [0.52, 0.47]]))
    all_flip.advance(60)
    all_flip.advance(90)
    assert all_flip.passing(everyone(90)) == pytest.approx(1, abs=1e-9)
    assert all_flip.passing(np.full(91, NOBODY)) == pytest.approx(0)
