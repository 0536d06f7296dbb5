"""False passes of the Bayesian bootstrap plus one: a build exactly the margin worse passes 5% of the time at most."""

import itertools
import math

import numpy as np
import pytest
from scipy.stats import binom

from quantgate.evals.stats import bayesian_lower_bound, bayesian_pvalue

pytestmark = pytest.mark.slow

ALPHA = 0.05
BAR = 0.055
SIZES = {"airline": 50, "retail": 114, "telecom": 114}
TAU2 = np.repeat(list(SIZES), list(SIZES.values())).tolist()


def broken_items(rng, n, repeats, loss, rates=(4, 1)):
    """Differences of item means. Latent solve rates are Beta(rates); a few items collapse to 0, the rest are as before.

    The share that collapses makes the true mean difference, over items that might have been asked, exactly -loss.
    """
    solve = rng.beta(*rates, n)
    broken = rng.random(n) < loss * sum(rates) / rates[0]
    return (rng.binomial(repeats, np.where(broken, 0.0, solve)) - rng.binomial(repeats, solve)) / repeats


def all_items_worse(rng, n, repeats, loss, rates=(4, 1)):
    """Every solve rate falls by the same factor, so that the mean difference is -loss."""
    solve = rng.beta(*rates, n)
    factor = 1 - loss * sum(rates) / rates[0]
    return (rng.binomial(repeats, solve * factor) - rng.binomial(repeats, solve)) / repeats


def sure_items(rng, n, repeats, loss):
    """A baseline that is always right, and a candidate that is always right but for the items that collapse."""
    return broken_items(rng, n, repeats, loss, rates=(1e9, 1e-6))


def false_pass_rate(model, n, repeats, margin, runs):
    rng = np.random.default_rng([n, repeats, round(1000 * margin)])
    return np.mean([bayesian_pvalue(model(rng, n, repeats, margin), -margin) < ALPHA for _ in range(runs)])


def within(rate, runs):
    """Up to three standard errors of the simulation above the bar."""
    return rate <= BAR + 3 * math.sqrt(BAR * (1 - BAR) / runs)


@pytest.mark.parametrize("model", [broken_items, all_items_worse, sure_items])
@pytest.mark.parametrize("repeats", [1, 4, 16])
@pytest.mark.parametrize(("n", "margin"), [(50, 0.05), (50, 0.1), (198, 0.02), (198, 0.05)])
def test_repeats_do_not_let_a_worse_build_pass(model, n, repeats, margin):
    runs = 600
    assert within(false_pass_rate(model, n, repeats, margin, runs), runs)


def test_some_worse_builds_do_pass_or_the_rates_would_say_nothing():
    assert false_pass_rate(broken_items, 198, 1, 0.05, 1000) > 0.02


@pytest.mark.parametrize("n", [20, 50, 198])
@pytest.mark.parametrize("margin", [0.01, 0.02, 0.03, 0.05, 0.1, 0.2])
def test_losses_alone_pass_at_most_alpha_by_enumeration(n, margin):
    rate = 0.0
    for losses in range(n + 1):
        if bayesian_lower_bound([-1.0] * losses + [0.0] * (n - losses)) <= -margin:
            break
        rate += binom.pmf(losses, n, margin)
    assert rate <= ALPHA


def stratified(rng, model, losses):
    return np.concatenate([model(rng, n, 4, losses[name]) for name, n in SIZES.items()])


@pytest.mark.parametrize("margin", [0.02, 0.03, 0.05])
@pytest.mark.parametrize("model", [broken_items, all_items_worse])
@pytest.mark.parametrize(
    "losses", [(1, 1, 1), (3, 0, 0), (0, 3, 0)], ids=["everywhere", "in the smallest", "in a large one"]
)
def test_macro_averages_do_not_let_a_worse_build_pass(model, losses, margin):
    runs = 300
    rng = np.random.default_rng([*losses, round(1000 * margin)])
    share = dict(zip(SIZES, (margin * loss for loss in losses), strict=True))
    passes = [
        bayesian_pvalue(stratified(rng, model, share), -margin, strata=TAU2, draws=2000) < ALPHA for _ in range(runs)
    ]
    assert within(np.mean(passes), runs)


def pass_rate_of_losses_in_the_smallest_stratum(margin):
    rate = 0.0
    for losses in range(51):
        values = np.zeros(278)
        values[:losses] = -1.0
        if bayesian_lower_bound(values, strata=TAU2, draws=20_000) <= -margin:
            break
        rate += binom.pmf(losses, 50, 3 * margin)
    return rate


@pytest.mark.parametrize("margin", [0.0131, 0.015, 0.02, 0.0262, 0.03, 0.05, 0.08])
def test_the_whole_unseen_item_in_the_worst_place_holds_for_losses_in_the_smallest_stratum(margin):
    assert pass_rate_of_losses_in_the_smallest_stratum(margin) <= ALPHA


def losses_in_strata(rates, sizes, pass_set):
    return float(np.prod([binom.pmf(pass_set[:, h], size, rates[h]) for h, size in enumerate(sizes)], axis=0).sum())


@pytest.mark.parametrize(
    ("sizes", "margin"),
    [
        ((2, 2, 2), 0.26),
        ((2, 2, 2), 0.5),
        ((3, 3, 3), 0.4),
        ((2, 2, 8), 0.3),
        ((2, 5), 0.4),
        ((4, 4, 4, 4), 0.15),
        ((10, 10), 0.14),
        ((19, 19, 19), 0.05),
        ((19, 19, 19), 0.08),
    ],
)
def test_losses_in_small_strata_pass_at_most_alpha_by_enumeration(sizes, margin):
    """Every outcome of lost items, decided by the bound; every division of the loss on a grid."""
    names, count = np.repeat([str(h) for h in range(len(sizes))], sizes).tolist(), len(sizes)
    decided = {}
    for losses in itertools.product(*[range(size + 1) for size in sizes]):
        if sum(b / size for b, size in zip(losses, sizes, strict=True)) >= margin * count:
            continue
        alike = tuple(sorted(zip(sizes, losses, strict=True)))
        if alike not in decided:
            parts = [[-1.0] * b + [0.0] * (size - b) for size, b in zip(sizes, losses, strict=True)]
            decided[alike] = bayesian_pvalue(np.concatenate(parts), -margin, strata=names, draws=20_000) < ALPHA
    passing = [
        losses
        for losses in itertools.product(*[range(size + 1) for size in sizes])
        if decided.get(tuple(sorted(zip(sizes, losses, strict=True))))
    ]
    steps = 12
    worst = 0.0
    for cut in itertools.product(range(steps + 1), repeat=count - 1):
        rates = margin * count * np.array([*cut, steps - sum(cut)]) / steps
        if passing and (rates >= 0).all() and (rates <= 1).all():
            worst = max(worst, losses_in_strata(rates, sizes, np.array(passing)))
    assert worst <= ALPHA


@pytest.mark.parametrize(("size", "broken"), [(3, 0.05), (5, 0.05), (5, 0.1)])
def test_items_that_are_alike_are_one_unit(size, broken):
    """Clusters that are lost whole: as single items they would pass far too often."""
    runs, clusters = 1500, 66
    rng = np.random.default_rng(size)
    names = np.repeat([str(place) for place in range(clusters)], size).tolist()
    passed = {True: 0, False: 0}
    for _ in range(runs):
        values = np.repeat(-(rng.random(clusters) < broken).astype(float), size)
        passed[True] += bayesian_pvalue(values, -broken, clusters=names) < ALPHA
        passed[False] += bayesian_pvalue(values, -broken) < ALPHA
    assert within(passed[True] / runs, runs)
    assert passed[False] / runs > 0.1
