"""The Bayesian bootstrap with one worst-case item more: bounds for repeats, fractional scores and macro averages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy.typing as npt

from quantgate.evals.stats.bayesian.dirichlet_mean import MOST_INVERTED, distribution, quantile
from quantgate.evals.stats.bayesian.stratified import DRAWS, StratifiedMean
from quantgate.evals.stats.checks import check_differences
from quantgate.evals.stats.strata import Stratum, split_strata


def bayesian_lower_bound(
    differences: npt.ArrayLike,
    *,
    alpha: float = 0.05,
    strata: Sequence[str] | None = None,
    weights: Mapping[str, float] | None = None,
    clusters: Sequence[str] | None = None,
    draws: int = DRAWS,
) -> float:
    """One-sided lower confidence bound of the mean difference, at confidence 1 - alpha.

    The items get Dirichlet(1, ..., 1) weights, together with one more item that no one has seen and whose difference is
    the worst there is, -1. The bound is the alpha quantile of the weighted mean. That one item is what keeps equal
    answers from proving everything: n equal answers give 1 - alpha^(1/n), as Clopper and Pearson do.

    Without strata the quantile is computed by inverting the characteristic function
    (`evals.stats.bayesian.dirichlet_mean.quantile`): no random numbers, right to about 1e-11.

    With strata the quantity is the weighted sum of their means, each stratum has weights of its own, and the unseen
    item goes where it makes the bound lowest (`evals.stats.bayesian.stratified.StratifiedMean`). The quantile is
    simulated with `draws` draws of a fixed seed. The draw that is returned lies one standard error of the simulated
    probability below the quantile. At alpha = .05 and 100,000 draws one such error is about .007 posterior standard
    deviations of the difference; the bound is higher than the true quantile with probability 16%, by more than that
    much with 2.3%.

    Items that are alike, such as questions about one text, are no independent ones. Where `clusters` says which, a
    cluster is what gets a weight and what may be unseen; its items share the weight. The unseen cluster is as large as
    the largest that was seen.

    The bound is Gaffke's. That it holds is a conjecture, which enumerations and simulations have not refuted; it is not
    proven.

    Parameters
    ----------
    differences
        Shape (n,), per item, candidate - baseline, repeats already averaged; each in [-1, 1].
    alpha
        Error probability, in (0, 0.5).
    strata
        Shape (n,), the stratum of each item.
    weights
        Weight of each stratum in the macro average, scaled to sum to 1; equal when omitted.
    clusters
        Shape (n,), the cluster of each item; each item is one of its own when omitted.
    draws
        At least 1000; used with strata only.

    Returns
    -------
    float
        The bound, in [-1, 1].

    Raises
    ------
    ValueError
        An argument out of its range; strata of another length than differences; weights for strata that do not occur,
        or missing, negative or not finite.

    References
    ----------
    Rubin 1981 (Bayesian bootstrap); Gaffke 2005 and Learned-Miller and Thomas 2019 (the item more).

    Examples
    --------
    >>> round(bayesian_lower_bound([-1] * 2 + [0] * 198), 6)
    -0.031143
    """
    values = check_differences(differences)
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha must lie between 0 and 0.5, got {alpha}")
    return lower_bound_of(split_strata(values, strata, weights, clusters), alpha, draws)


def lower_bound_of(groups: Sequence[Stratum], alpha: float, draws: int = DRAWS) -> float:
    """`bayesian_lower_bound` of units that are at hand, one stratum or more."""
    if len(groups) > 1:
        return StratifiedMean(groups, draws).lower_bound(alpha)
    distinct, sizes, masses = groups[0].with_unseen(MOST_INVERTED)
    return quantile(distinct, masses, alpha, sizes)


def bayesian_upper_bound(
    differences: npt.ArrayLike,
    *,
    alpha: float = 0.05,
    strata: Sequence[str] | None = None,
    weights: Mapping[str, float] | None = None,
    clusters: Sequence[str] | None = None,
    draws: int = DRAWS,
) -> float:
    """One-sided upper bound: the mirror image, to the bit, of `bayesian_lower_bound` with the builds exchanged."""
    values = check_differences(differences)
    return -bayesian_lower_bound(-values, alpha=alpha, strata=strata, weights=weights, clusters=clusters, draws=draws)


def bayesian_pvalue(
    differences: npt.ArrayLike,
    null_difference: float,
    *,
    strata: Sequence[str] | None = None,
    weights: Mapping[str, float] | None = None,
    clusters: Sequence[str] | None = None,
    draws: int = DRAWS,
) -> float:
    """P-value of "the true difference is at most `null_difference`": the alpha at which the lower bound reaches it.

    So it is below alpha exactly where `bayesian_lower_bound` is above `null_difference` (-m for a margin m), but for
    rounding: of 1e-10 without strata, of one draw with them.

    Parameters
    ----------
    null_difference
        In (-1, 1).
    differences, strata, weights, clusters, draws
        As in `bayesian_lower_bound`.

    Raises
    ------
    ValueError
        As `bayesian_lower_bound`, or null_difference outside (-1, 1).

    Examples
    --------
    >>> round(bayesian_pvalue([0] * 99, -0.03), 6) == round(0.97**99, 6)
    True
    """
    values = check_differences(differences)
    if not -1 < null_difference < 1:
        raise ValueError(f"null_difference must lie between -1 and 1, got {null_difference}")
    return pvalue_of(split_strata(values, strata, weights, clusters), null_difference, draws)


def pvalue_of(groups: Sequence[Stratum], null_difference: float, draws: int = DRAWS) -> float:
    """`bayesian_pvalue` of units that are at hand, one stratum or more."""
    if len(groups) > 1:
        return StratifiedMean(groups, draws).pvalue(null_difference)
    distinct, sizes, masses = groups[0].with_unseen(MOST_INVERTED)
    return distribution(distinct, masses, null_difference, sizes)
