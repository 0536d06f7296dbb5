"""The Bayesian bootstrap with one worst-case item more: bounds for repeats, fractional scores and macro averages."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from quantgate.evals.stats.bayesian.dirichlet_mean import distribution, quantile
from quantgate.evals.stats.checks import FloatArray, check_differences
from quantgate.evals.stats.strata import Stratum, split_strata

# Draws where strata make a simulation necessary.
DRAWS = 100_000
# Fixed, so that the same data always get the same bounds.
SEED = 20_250_419
# A simulated bound is moved outwards by this many of its standard errors.
CAUTION = 1.0
# Distinct values of one stratum that are simulated, and of all items that are inverted; more are put on a grid.
_MOST_SIMULATED = 401
_MOST_INVERTED = 4001
# Differences closer than this are one value: 1/3 - 2/3 and -1/3 are not the same number in floating point.
_DECIMALS = 12
_BLOCK = 16_384


def bayesian_lower_bound(
    differences: npt.ArrayLike,
    *,
    alpha: float = 0.05,
    strata: Sequence[str] | None = None,
    weights: Mapping[str, float] | None = None,
    draws: int = DRAWS,
) -> float:
    """One-sided lower confidence bound of the mean difference, at confidence 1 - alpha.

    The items get Dirichlet(1, ..., 1) weights, together with one more item that no one has seen and whose difference is
    the worst there is, -1. The bound is the alpha quantile of the weighted mean. That one item is what keeps equal
    answers from proving everything: n equal answers give 1 - alpha^(1/n), as Clopper and Pearson do.

    Without strata the quantile is computed by inverting the characteristic function
    (`evals.stats.bayesian.dirichlet_mean.quantile`): no random numbers, right to about 1e-11.

    With strata the quantity is the weighted sum of their means, and each stratum has weights of its own. The one
    unseen item goes whole into each stratum in turn, and the lowest bound counts: by enumeration at most .050 false
    passes at every margin.

    The quantile is simulated with `draws` draws of a fixed seed, as sums of Gamma(count) variables per distinct value.
    The draw that is returned lies `CAUTION` = 1 standard error of the simulated probability below the quantile. At
    alpha = .05 and 100,000 draws one such error is about .007 posterior standard deviations of the difference; the
    bound is higher than the true quantile with probability 16%, by more than that much with 2.3%.

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
    groups = split_strata(values, strata, weights)
    if len(groups) == 1:
        return quantile(*_with_unseen_item(*_counted(groups[0].values, _MOST_INVERTED)), alpha)
    cautious = alpha * draws - CAUTION * math.sqrt(draws * alpha * (1 - alpha))
    place = max(math.floor(cautious) - 1, 0)
    return min(float(np.partition(means, place)[place]) for means in _simulations(groups, draws))


def bayesian_upper_bound(
    differences: npt.ArrayLike,
    *,
    alpha: float = 0.05,
    strata: Sequence[str] | None = None,
    weights: Mapping[str, float] | None = None,
    draws: int = DRAWS,
) -> float:
    """One-sided upper bound: the mirror image, to the bit, of `bayesian_lower_bound` with the builds exchanged."""
    values = check_differences(differences)
    return -bayesian_lower_bound(-values, alpha=alpha, strata=strata, weights=weights, draws=draws)


def bayesian_pvalue(
    differences: npt.ArrayLike,
    null_difference: float,
    *,
    strata: Sequence[str] | None = None,
    weights: Mapping[str, float] | None = None,
    draws: int = DRAWS,
) -> float:
    """P-value of "the true difference is at most `null_difference`": the alpha at which the lower bound reaches it.

    So it is below alpha exactly where `bayesian_lower_bound` is above `null_difference` (-m for a margin m), but for
    rounding: of 1e-10 without strata, of one draw with them.

    Parameters
    ----------
    null_difference
        In (-1, 1).
    differences, strata, weights, draws
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
    groups = split_strata(values, strata, weights)
    if len(groups) == 1:
        return distribution(*_with_unseen_item(*_counted(groups[0].values, _MOST_INVERTED)), null_difference)
    beyond = max(int((means <= null_difference).sum()) for means in _simulations(groups, draws))
    # The place of the bound among the draws, solved for alpha: Wilson's upper limit.
    share, caution = min((beyond + 1) / draws, 1.0), CAUTION**2 / draws
    root = math.sqrt(caution * (share * (1 - share) + caution / 4))
    return min((share + caution / 2 + root) / (1 + caution), 1.0)


def _counted(values: FloatArray, most: int) -> tuple[FloatArray, FloatArray]:
    """The distinct values and how many items have each; where they are more than `most`, on a grid of that many.

    A value between two points of the grid is shared by both in the proportion that keeps its mean. That spreads the
    weighted mean a little (in the convex order), so bounds move outwards: on the grid that is inverted by no more than
    .00025/sqrt(n) of standard deviation, added in quadrature, would make them.
    """
    distinct, counts = np.unique(np.round(values, _DECIMALS) + 0.0, return_counts=True)
    masses = counts.astype(np.float64)
    if len(distinct) <= most:
        return np.asarray(distinct, dtype=np.float64), masses
    place = (distinct + 1) * ((most - 1) / 2)
    left = np.minimum(np.floor(place).astype(np.intp), most - 2)
    spread: FloatArray = np.bincount(left, masses * (1 - (place - left)), most).astype(np.float64)
    spread += np.bincount(left + 1, masses * (place - left), most)
    used = spread > 0
    return np.linspace(-1.0, 1.0, most)[used], spread[used]


def _with_unseen_item(values: FloatArray, masses: FloatArray) -> tuple[FloatArray, FloatArray]:
    if values[0] == -1.0:
        return values, np.concatenate([[masses[0] + 1.0], masses[1:]])
    return np.concatenate([[-1.0], values]), np.concatenate([[1.0], masses])


def _simulations(groups: tuple[Stratum, ...], draws: int) -> Iterator[FloatArray]:
    """Draws of the macro average for each placement of the unseen item that counts."""
    if draws < 1000:
        raise ValueError(f"draws must be at least 1000, got {draws}")
    return (_simulate(groups, place, draws) for place in range(len(groups)))


def _simulate(groups: tuple[Stratum, ...], place: int, draws: int) -> FloatArray:
    """Draws of the macro average, shape (draws,), where the stratum at `place` has the unseen item."""
    total = np.zeros(draws)
    for position, group in enumerate(groups):
        values, masses = _counted(group.values, _MOST_SIMULATED)
        if position == place:
            values, masses = _with_unseen_item(values, masses)
        generator = np.random.Generator(np.random.PCG64([SEED, position]))
        for first in range(0, draws, _BLOCK):
            size = min(_BLOCK, draws - first)
            weighted, mass = np.zeros(size), np.zeros(size)
            for value, shape in zip(values, masses, strict=True):
                gammas = generator.standard_gamma(shape, size)
                weighted += value * gammas
                mass += gammas
            total[first : first + size] += group.weight * weighted / mass
    return total
