"""The worst false pass that is measured of a setting, and what it must not fall below."""

import numpy as np
import pytest

from quantgate.evals.stats.bootstrap.setting import Bootstrap, Pool, Setting
from quantgate.evals.stats.bootstrap.worst import worst_measured


def setting(method, *sizes, margin=0.02, repeats=1):
    pools = tuple(Pool(1 / len(sizes), tuple(sorted(own))) for own in sizes)
    return Setting(method, margin, 0.05, repeats, pools)


def test_one_answer_an_item_is_enumerated():
    found = worst_measured(setting(Bootstrap.PERCENTILE, [1] * 198))
    assert (found.rate, found.error) == (pytest.approx(0.0923, abs=1e-4), 0.0)


def test_the_worst_of_repeats_is_no_better_than_that_of_items_answered_alike():
    once, repeated = (worst_measured(setting(Bootstrap.PERCENTILE, [1] * 50, repeats=k)).rate for k in (1, 4))
    assert repeated >= once > 0.36


@pytest.mark.slow
def test_a_loss_in_the_smallest_stratum_is_looked_for():
    found = worst_measured(setting(Bootstrap.PERCENTILE, [1] * 10, [1] * 100, [1] * 100, margin=0.03, repeats=2))
    # None of ten items breaks with probability .91^10, and then nothing is seen of the loss.
    assert found.rate == pytest.approx(0.91**10, abs=0.06)
    assert found.error > 0


@pytest.mark.slow
@pytest.mark.parametrize("method", Bootstrap)
def test_clusters_of_unlike_sizes_are_simulated_the_same_every_time(method):
    unlike = setting(method, [1] * 10 + [5] * 3, margin=0.05)
    first, second = worst_measured(unlike), worst_measured(unlike)
    assert first == second
    assert 0.05 < first.rate < 0.9


def test_the_loss_of_the_simulated_builds_is_the_margin():
    from quantgate.evals.stats.bootstrap import worst

    unlike = setting(Bootstrap.BCA, [1] * 3000 + [3] * 1000, [1] * 4000, margin=0.04, repeats=4)
    rng = np.random.default_rng(0)
    for damage in worst.Damage:
        for losses in worst._placements(unlike):
            (units,) = worst._comparisons(unlike, damage, losses, rng, 1)
            assert sum(one.weight * one.mean for one in units) == pytest.approx(-0.04, abs=0.012)
