"""The Bayesian bootstrap plus one: reference numbers, closed forms, order, symmetry, strata."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize
from scipy.stats import beta

from quantgate.evals.stats import bayesian_lower_bound, bayesian_pvalue, bayesian_upper_bound
from quantgate.evals.stats.bayesian.dirichlet_mean import quantile

few = settings(deadline=None, max_examples=40)
score_differences = st.integers(1, 12).flatmap(
    lambda k: st.lists(st.integers(-k, k).map(lambda steps: steps / k), min_size=1, max_size=60)
)


def differences(losses, gains, n):
    return np.concatenate([-np.ones(losses), np.ones(gains), np.zeros(n - losses - gains)])


@pytest.mark.parametrize(
    ("losses", "gains", "n", "expected"),
    # The project's reference numbers: quantiles of Beta(losses + 1, n - losses).
    [
        (0, 0, 20, -0.139108),
        (0, 0, 198, -0.015016),
        (0, 0, 1319, -0.002269),
        (2, 0, 200, -0.031143),
        (6, 0, 114, -0.101233),
    ],
)
def test_reference_values(losses, gains, n, expected):
    assert bayesian_lower_bound(differences(losses, gains, n)) == pytest.approx(expected, abs=6e-7)


@pytest.mark.parametrize(("losses", "gains", "n", "expected"), [(6, 2, 198, -0.05095), (36, 23, 1319, -0.02032)])
def test_reference_values_that_were_simulated(losses, gains, n, expected):
    assert bayesian_lower_bound(differences(losses, gains, n)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.3])
@pytest.mark.parametrize("n", [1, 2, 20, 198, 5000])
def test_equal_answers_give_the_limit_of_clopper_and_pearson(n, alpha):
    assert bayesian_lower_bound(np.zeros(n), alpha=alpha) == pytest.approx(-(1 - alpha ** (1 / n)), rel=1e-12)


def test_equal_differences_other_than_zero_are_scaled_towards_the_worst():
    assert bayesian_lower_bound(np.full(30, 0.25)) == pytest.approx(0.25 - 1.25 * (1 - 0.05 ** (1 / 30)), rel=1e-12)


def test_all_losses_are_the_end_of_the_scale():
    assert bayesian_lower_bound(-np.ones(7)) == -1.0
    assert bayesian_upper_bound(-np.ones(7)) == pytest.approx(1 - 2 * 0.05 ** (1 / 7))


@pytest.mark.slow
@pytest.mark.parametrize(
    "values",
    [
        [-1, 0.3],
        [0.5, 0.6, 0.7],
        [-1, -1, 1, 1],
        differences(6, 2, 198),
        np.linspace(-0.4, 0.9, 33),
        [0.1] * 150 + [-1],
    ],
)
@pytest.mark.parametrize("alpha", [0.001, 0.05, 0.4])
def test_inversion_agrees_with_simulation(values, alpha):
    draws = 100_000
    rng = np.random.default_rng(5)
    items = np.append(values, -1.0)
    means = np.concatenate([rng.dirichlet(np.ones(len(items)), draws // 10) @ items for _ in range(10)])
    bound = bayesian_lower_bound(values, alpha=alpha)
    noise = np.sqrt(alpha * (1 - alpha) / draws)
    assert (means <= bound).mean() == pytest.approx(alpha, abs=4.5 * noise)


def test_inversion_agrees_with_the_beta_quantile_where_a_third_value_has_next_to_no_mass():
    values, masses = np.array([-1.0, 0.0, 1e-9]), np.array([4.0, 60.0, 1.0])
    assert quantile(values, masses, 0.05) == pytest.approx(-beta.ppf(0.95, 4, 61), abs=1e-9)


def test_thousands_of_distinct_values_are_put_on_a_grid_that_moves_the_bound_a_little_outwards(monkeypatch):
    values = np.random.default_rng(1).normal(-0.01, 0.2, 1500).clip(-1, 1)
    exact = bayesian_lower_bound(values)
    monkeypatch.setattr("quantgate.evals.stats.bayesian.unseen_item.MOST_INVERTED", 801)
    assert exact - 1e-6 < bayesian_lower_bound(values) < exact


@pytest.mark.slow
@few
@given(score_differences, st.data())
def test_a_loss_more_never_raises_a_bound(values, data):
    worse = values.copy()
    worse[data.draw(st.integers(0, len(values) - 1))] = -1.0
    rounding = 1e-10
    for bound in (bayesian_lower_bound, bayesian_upper_bound):
        assert bound(worse) <= bound(values) + rounding
    assert bayesian_lower_bound([*values, -1.0]) <= bayesian_lower_bound(values) + rounding


@few
@given(score_differences)
def test_exchanging_the_builds_mirrors_the_bounds_to_the_bit(values):
    mirrored = [-value for value in values]
    assert bayesian_lower_bound(mirrored) == -bayesian_upper_bound(values)
    assert bayesian_upper_bound(mirrored) == -bayesian_lower_bound(values)


@few
@given(score_differences, st.randoms(use_true_random=False))
def test_the_order_of_items_changes_nothing_to_the_bit(values, random):
    shuffled = random.sample(values, len(values))
    assert bayesian_lower_bound(shuffled) == bayesian_lower_bound(values)


@few
@given(score_differences, st.sampled_from([0.001, 0.05, 0.49]))
def test_the_bounds_enclose_the_estimate_and_stay_on_the_scale(values, alpha):
    lower, upper = bayesian_lower_bound(values, alpha=alpha), bayesian_upper_bound(values, alpha=alpha)
    assert -1 <= lower <= np.mean(values) + 1e-12
    assert np.mean(values) - 1e-12 <= upper <= 1


@pytest.mark.slow
@few
@given(score_differences, st.floats(-0.99, 0.99))
def test_p_value_and_bound_take_the_same_decision(values, null_difference):
    p, lower = bayesian_pvalue(values, null_difference), bayesian_lower_bound(values, alpha=0.1)
    assert 0 <= p + 1e-12 <= 1 + 2e-12
    if abs(p - 0.1) > 1e-9:
        assert (p < 0.1) == (lower > null_difference)


@pytest.mark.parametrize("n", [1, 20, 198])
def test_p_value_of_equal_answers_is_the_chance_to_see_no_loss(n):
    assert bayesian_pvalue(np.zeros(n), -0.03) == pytest.approx(0.97**n, abs=1e-12)
    assert bayesian_pvalue(np.zeros(n), 0.0) == 1.0


TAU2 = ["airline"] * 50 + ["retail"] * 114 + ["telecom"] * 114


def four_trials(seed=4):
    rng = np.random.default_rng(seed)
    return (rng.binomial(4, 0.7, 278) - rng.binomial(4, 0.7, 278)) / 4


def test_the_whole_unseen_item_in_the_worst_place_is_the_limit_for_the_smallest_stratum():
    # A build that loses a share q of the airline items alone shows no flip with probability (1 - q)^50.
    bound = bayesian_lower_bound(np.zeros(278), strata=TAU2)
    assert bound == pytest.approx(-(1 - 0.05 ** (1 / 50)) / 3, abs=2e-4)


def test_p_value_and_bound_of_strata_take_the_same_decision():
    values = four_trials()
    lower = bayesian_lower_bound(values, strata=TAU2, draws=20_000)
    assert bayesian_pvalue(values, lower, strata=TAU2, draws=20_000) >= 0.05 - 1e-4
    assert bayesian_pvalue(values, lower - 1e-4, strata=TAU2, draws=20_000) < 0.05


def test_one_stratum_is_no_stratum():
    values = four_trials()
    assert bayesian_lower_bound(values, strata=["all"] * 278) == bayesian_lower_bound(values)


def test_a_stratum_of_weight_zero_takes_no_part():
    values = four_trials()
    weights = {"airline": 0, "retail": 1, "telecom": 0}
    assert bayesian_lower_bound(values, strata=TAU2, weights=weights) == bayesian_lower_bound(values[50:164])


@pytest.mark.slow
def test_weights_are_scaled():
    values = four_trials()
    bounds = [
        bayesian_lower_bound(values, strata=TAU2, weights=dict.fromkeys(("airline", "retail", "telecom"), weight))
        for weight in (1, 20)
    ]
    assert bounds[0] == bounds[1] == bayesian_lower_bound(values, strata=TAU2)


def test_strata_keep_the_mirror_and_do_not_depend_on_the_order_of_items():
    values = four_trials()
    order = np.random.default_rng(2).permutation(278)
    lower = bayesian_lower_bound(values, strata=TAU2)
    assert bayesian_upper_bound(-values, strata=TAU2) == -lower
    assert bayesian_lower_bound(values[order], strata=[TAU2[i] for i in order]) == lower


def test_names_of_strata_do_not_show_in_the_bounds():
    values = four_trials()
    bounds = {
        bayesian_lower_bound(values, strata=np.repeat(names, [50, 114, 114]).tolist(), draws=5000)
        for names in itertools.permutations(["a", "b", "c"])
    }
    assert len(bounds) == 1


def test_among_small_equal_strata_a_loss_hides_best_in_all_of_them():
    """Three strata of 2 items show no flip with probability (1 - m)^6 where each loses m."""
    strata = np.repeat(["a", "b", "c"], 2).tolist()
    assert bayesian_lower_bound(np.zeros(6), strata=strata) == pytest.approx(-(1 - 0.05 ** (1 / 6)), abs=5e-3)
    assert bayesian_lower_bound(np.zeros(57), strata=np.repeat(["a", "b", "c"], 19).tolist()) == pytest.approx(
        -(1 - 0.05 ** (1 / 57)), abs=8e-4
    )


def zero_flip_limit(sizes, weights, alpha=0.05):
    """The largest loss that no flip at all may hide with probability alpha, over every division of it, by a search."""

    def chance(loss):
        def log_chance(free):
            losses = np.append(free, (loss - weights[:-1] @ free) / weights[-1])
            if (losses < 0).any() or (losses >= 1).any():
                return math.inf
            return -float(sizes @ np.log1p(-losses))

        starts = [
            np.array(start)
            for start in itertools.product(*[np.linspace(0, min(loss / w, 0.99), 12) for w in weights[:-1]])
        ]
        best = min(starts, key=log_chance)
        return math.exp(-minimize(log_chance, best, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-9}).fun)

    return brentq(lambda loss: chance(loss) - alpha, 0.01, 0.95, xtol=1e-4)


@pytest.mark.parametrize(
    ("sizes", "weights"),
    [((2, 2), None), ((2, 2, 8), None), ((4, 6), None), ((5, 9, 30), None), ((20, 24), (0.4, 0.6)), ((3, 30), None)],
)
def test_no_flip_shows_no_more_than_the_division_of_a_loss_that_hides_it_best(sizes, weights):
    names = [f"{place}" for place in range(len(sizes))]
    shares = np.array(weights or [1 / len(sizes)] * len(sizes))
    bound = bayesian_lower_bound(
        np.zeros(sum(sizes)), strata=np.repeat(names, sizes).tolist(), weights=dict(zip(names, shares, strict=True))
    )
    limit = zero_flip_limit(np.array(sizes), shares)
    assert bound == pytest.approx(-limit, abs=0.012 * limit + 1e-3)


def test_more_losses_lower_the_bound_of_strata():
    values = four_trials()
    bounds = []
    for losses in range(0, 40, 8):
        values[:losses] = -1.0
        bounds.append(bayesian_lower_bound(values, strata=TAU2, draws=20_000))
    assert bounds == sorted(bounds, reverse=True)


def test_many_distinct_values_in_strata_are_simulated_on_a_grid(monkeypatch):
    values = np.random.default_rng(1).normal(-0.01, 0.2, 278).clip(-1, 1)
    full = bayesian_lower_bound(values, strata=TAU2, draws=20_000)
    monkeypatch.setattr("quantgate.evals.stats.bayesian.stratified._MOST_SIMULATED", 51)
    assert bayesian_lower_bound(values, strata=TAU2, draws=20_000) == pytest.approx(full, abs=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"alpha": 0.0}, "alpha must lie"),
        ({"alpha": float("nan")}, "alpha must lie"),
        ({"strata": ["a", "b"], "draws": 10}, "draws must be at least 1000"),
        ({"strata": ["a"]}, "strata names 1 items"),
        ({"clusters": ["a"]}, "clusters names 1 items"),
    ],
)
def test_refuses_what_it_cannot_bound(arguments, message):
    with pytest.raises(ValueError, match=message):
        bayesian_lower_bound([0.0, 0.5], **arguments)


def test_p_value_refuses_a_null_that_is_no_difference():
    with pytest.raises(ValueError, match="null_difference must lie"):
        bayesian_pvalue([0.0, 0.5], -1.0)


def test_items_of_clusters_of_one_size_are_as_many_units_as_clusters():
    rng = np.random.default_rng(4)
    means = rng.integers(-2, 3, 40) / 2
    parts = np.stack([means, means, means], axis=1) + np.array([0.2, -0.2, 0.0]) * (np.abs(means) < 0.8)[:, None]
    clusters = np.repeat([f"passage {place}" for place in range(40)], 3).tolist()
    assert bayesian_lower_bound(parts.ravel(), clusters=clusters) == pytest.approx(bayesian_lower_bound(means))


def test_clusters_of_one_item_each_change_nothing():
    values = four_trials()
    names = [str(place) for place in range(278)]
    assert bayesian_lower_bound(values, clusters=names) == bayesian_lower_bound(values)
    assert bayesian_lower_bound(values, strata=TAU2, clusters=names) == bayesian_lower_bound(values, strata=TAU2)


def test_clusters_of_unlike_sizes_agree_with_simulation():
    rng, draws = np.random.default_rng(7), 100_000
    sizes = rng.integers(1, 6, 30)
    means = rng.choice([-1.0, 0.0, 0.5, 1.0], 30, p=[0.2, 0.5, 0.2, 0.1])
    values, clusters = np.repeat(means, sizes), np.repeat(np.arange(30), sizes).astype(str).tolist()
    gammas = rng.standard_exponential((draws, 31))
    all_sizes, all_means = np.append(sizes, sizes.max()), np.append(means, -1.0)
    drawn = gammas @ (all_sizes * all_means) / (gammas @ all_sizes)
    bound = bayesian_lower_bound(values, clusters=clusters)
    assert (drawn <= bound).mean() == pytest.approx(0.05, abs=4.5 * np.sqrt(0.05 * 0.95 / draws))
    order = rng.permutation(len(values))
    assert bayesian_lower_bound(values[order], clusters=[clusters[i] for i in order]) == bound


def test_clusters_widen_the_bounds_of_strata():
    values = four_trials()
    clusters = [str(place // 2) for place in range(278)]
    alone = bayesian_lower_bound(values, strata=TAU2)
    assert bayesian_lower_bound(values, strata=TAU2, clusters=clusters) < alone - 0.002


def test_p_value_and_bound_of_clusters_in_small_strata_take_the_same_decision():
    values = np.array([0.0] * 20 + [-1.0, 0.5, 0.0, 0.0])
    strata, clusters = np.repeat(["a", "b", "c"], 8).tolist(), [str(place // 2) for place in range(24)]
    options = {"strata": strata, "clusters": clusters, "draws": 20_000}
    lower = bayesian_lower_bound(values, **options)
    assert bayesian_pvalue(values, lower + 1e-6, **options) >= 0.05 - 1e-4
    assert bayesian_pvalue(values, lower - 1e-4, **options) < 0.05
