"""How often a build exactly the margin worse passes: by enumeration for single answers, simulated for repeats."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from quantgate.evals.stats.bayesian.dirichlet_mean import distribution
from quantgate.evals.stats.bayesian.unseen_item import bayesian_pvalue
from quantgate.evals.stats.bootstrap.bounds import lower_bound
from quantgate.evals.stats.bootstrap.outcomes import pass_set
from quantgate.evals.stats.bootstrap.setting import Bootstrap
from quantgate.evals.stats.checks import FloatArray, check_alpha
from quantgate.evals.stats.describe.resampled_mean import exact_distribution
from quantgate.evals.stats.exact.trinomial import RejectionSet, tail_probability
from quantgate.evals.stats.planning.power import exact_power
from quantgate.evals.stats.planning.repeats import MOST_REPEATS
from quantgate.evals.stats.strata import split_strata

# The pass set of more items takes minutes to enumerate.
MOST_ENUMERATED = 3000
# A share of items as large as margin / (mean solve rate) has to break, so the margin must stay below that mean.
LARGEST_SIMULATED_MARGIN = 0.5
# Of a simulated comparison, where resamples are drawn.
_RESAMPLES = 999
# n * margin may come out of floating point this far above a whole number.
_WHOLE = 1e-9


class Method(StrEnum):
    """What decides: `EXACT` for single 0/1 answers, `BAYESIAN` for repeats; and bootstraps, where a policy says so.

    `NAIVE` is the percentile bootstrap.
    """

    EXACT = "exact"
    BAYESIAN = "bayesian"
    NAIVE = "naive"
    BCA = "bca"
    STUDENTISED = "studentised"

    @property
    def bootstrap(self) -> Bootstrap | None:
        """The bootstrap that it is."""
        return {
            Method.NAIVE: Bootstrap.PERCENTILE,
            Method.BCA: Bootstrap.BCA,
            Method.STUDENTISED: Bootstrap.STUDENTISED,
        }.get(self)


REPEATED = (Method.BAYESIAN, Method.NAIVE, Method.BCA, Method.STUDENTISED)
"""The methods that know repeats."""


class Model(StrEnum):
    """How the candidate is worse by the margin.

    `BROKEN`: solve rates are Beta distributed, and a few items collapse to 0. `WORSE`: the same rates, and every item
    is worse by the same factor. `SURE`: all items are always right, and a few collapse: the hardest for a method that
    learns the spread from the data, since there may be none to be seen.
    """

    BROKEN = "broken"
    WORSE = "worse"
    SURE = "sure"


@dataclass(frozen=True, slots=True)
class WorstCase:
    """The largest false-pass rate over the discordance rates psi, and the psi it is at; both proportions."""

    rate: float
    discordance: float


@dataclass(frozen=True, slots=True)
class SimulatedRate:
    """The share of simulated comparisons that passed, out of `runs`."""

    rate: float
    runs: int

    @property
    def error(self) -> float:
        """Standard error of the share."""
        return math.sqrt(self.rate * (1 - self.rate) / self.runs)

    def exceeds(self, alpha: float) -> bool:
        """Whether the share is higher than alpha by more than three of the standard errors that alpha would have."""
        return self.rate > alpha + 3 * math.sqrt(alpha * (1 - alpha) / self.runs)


def discordance_grid(margin: float, size: int = 200) -> FloatArray:
    """Discordance rates psi from `margin` to 1, shape (size,), ascending: half of them even, half closing in on margin.

    At psi = margin all flips are losses; the rates that matter at small n lie close above it.
    """
    close = margin + np.geomspace(1e-9, 1 - margin, size - size // 2)
    both = np.sort(np.concatenate([np.linspace(margin, 1, size // 2), close]))
    return np.asarray(np.clip(both, margin, 1.0), dtype=np.float64)


def false_pass_rates(method: Method, n: int, margin: float, discordance: FloatArray, alpha: float = 0.05) -> FloatArray:
    """Probability that a build exactly `margin` worse passes, single 0/1 answers, by summing over all outcomes.

    Parameters
    ----------
    method
        "exact" (the test that decides), "bayesian" (the plus-one bound, as if it decided here), or a bootstrap with
        infinitely many resamples: "naive" (percentile), "bca" or "studentised".
    n
        Items, from 1 to `MOST_ENUMERATED`.
    margin
        Largest tolerated loss, in (0, 1); it is also the true loss.
    discordance
        Psi, shape (k,), each in [margin, 1].
    alpha
        One-sided error probability, in [0.001, 0.5).

    Returns
    -------
    FloatArray
        Probabilities, shape (k,), right to about 1e-10.

    Raises
    ------
    ValueError
        An argument out of its range.
    """
    _check(n, margin, alpha)
    if method is Method.EXACT:
        return np.array([exact_power(n, margin, float(psi), -margin, alpha) for psi in discordance])
    if method in (Method.BCA, Method.STUDENTISED):
        outcomes = pass_set(Bootstrap(method.value), n, margin, alpha)
        return np.array([outcomes.probability(margin, float(psi)) for psi in discordance])
    rejection = RejectionSet(0, np.array(_most_losses(method, n, margin, alpha), dtype=np.int64))
    return np.minimum(tail_probability(rejection, n, discordance, -margin), 1.0)


def worst_false_pass(method: Method, n: int, margin: float, alpha: float = 0.05, size: int = 200) -> WorstCase:
    """The largest of `false_pass_rates` over a grid of `size` discordance rates, refined around its best point.

    Raises
    ------
    ValueError
        As `false_pass_rates`.
    """
    _check(n, margin, alpha)
    grid = discordance_grid(margin, size)
    best = int(np.argmax(false_pass_rates(method, n, margin, grid, alpha)))
    fine = np.linspace(grid[max(best - 1, 0)], grid[min(best + 1, size - 1)], 41)
    fine = np.append(fine, grid[best])
    rates = false_pass_rates(method, n, margin, fine, alpha)
    return WorstCase(float(rates.max()), float(fine[np.argmax(rates)]))


def calibrate_single(n: int, margin: float, alpha: float = 0.05) -> dict[Method, WorstCase]:
    """The worst case of every method for single 0/1 answers.

    Raises
    ------
    ValueError
        As `false_pass_rates`.
    """
    return {method: worst_false_pass(method, n, margin, alpha) for method in Method}


def calibrate_repeats(
    model: Model, n: int, repeats: int, margin: float, alpha: float = 0.05, runs: int = 2000, seed: int = 0
) -> dict[Method, SimulatedRate]:
    """The methods that know repeats, on the same simulated data.

    Raises
    ------
    ValueError
        As `simulated_false_pass`.
    """
    return {
        method: simulated_false_pass(method, model, n, repeats, margin, alpha=alpha, runs=runs, seed=seed)
        for method in REPEATED
    }


def naive_lower_bound(differences: npt.ArrayLike, alpha: float = 0.05) -> float:
    """Lower bound of the percentile bootstrap: the alpha quantile of the resampled mean. Not to decide by.

    Parameters
    ----------
    differences
        Shape (n,), per item, repeats averaged.
    alpha
        One-sided error probability.
    """
    values = np.asarray(differences, dtype=np.float64)
    if values.min() == values.max():
        return float(values[0])
    return exact_distribution(values).lower_quantile(alpha)


def simulated_differences(
    model: Model, rng: np.random.Generator, n: int, repeats: int, margin: float, rates: tuple[float, float] = (4.0, 1.0)
) -> FloatArray:
    """Differences of item means, shape (n,), of a candidate whose mean over all possible items is `margin` lower.

    Parameters
    ----------
    model
        How it is worse; see `Model`.
    rng
        Source of randomness.
    n, repeats
        Items, and independent answers of either build to each.
    margin
        The true loss.
    rates
        Parameters of the Beta distribution of solve rates; its mean must be at least `margin`.
    """
    solve = np.ones(n) if model is Model.SURE else rng.beta(*rates, n)
    share = margin if model is Model.SURE else margin * sum(rates) / rates[0]
    if not 0 <= share <= 1:
        raise ValueError(f"a loss of {margin} is more than the mean solve rate of Beta{rates}")
    kept = 1 - share if model is Model.WORSE else (rng.random(n) >= share).astype(np.float64)
    return np.asarray((rng.binomial(repeats, solve * kept) - rng.binomial(repeats, solve)) / repeats)


def simulated_false_pass(
    method: Method,
    model: Model,
    n: int,
    repeats: int,
    margin: float,
    *,
    alpha: float = 0.05,
    runs: int = 2000,
    seed: int = 0,
    rates: tuple[float, float] = (4.0, 1.0),
) -> SimulatedRate:
    """Share of simulated comparisons that a build exactly `margin` worse passes; equal seeds give equal data.

    Parameters
    ----------
    method
        Any but "exact".
    model, n, repeats, rates
        See `simulated_differences`.
    margin
        In (0, 0.5].
    alpha
        One-sided error probability.
    runs
        Comparisons, at least 1.
    seed
        Of the random generator; the methods see the same data at the same seed.

    Raises
    ------
    ValueError
        An argument out of its range.
    """
    _check(n, margin, alpha)
    if method is Method.EXACT:
        raise ValueError("the exact test is for single answers: false_pass_rates enumerates it")
    if not 1 <= repeats <= MOST_REPEATS:
        raise ValueError(f"repeats must be from 1 to {MOST_REPEATS}, got {repeats}")
    if margin > LARGEST_SIMULATED_MARGIN:
        raise ValueError(f"a simulated margin must be at most {LARGEST_SIMULATED_MARGIN}, got {margin}")
    if runs < 1:
        raise ValueError(f"runs must be at least 1, got {runs}")
    rng = np.random.default_rng(seed)
    samples = (simulated_differences(model, rng, n, repeats, margin, rates) for _ in range(runs))
    return SimulatedRate(sum(_passes(method, sample, margin, alpha) for sample in samples) / runs, runs)


def _passes(method: Method, differences: FloatArray, margin: float, alpha: float) -> bool:
    if method is Method.NAIVE:
        return naive_lower_bound(differences, alpha) > -margin
    if (bootstrap := method.bootstrap) is not None:
        bound = lower_bound(split_strata(differences, None, None), bootstrap, alpha, _RESAMPLES)
        if bound is not None:
            return bound > -margin
    return bayesian_pvalue(differences, -margin) < alpha


@lru_cache(maxsize=256)
def _most_losses(method: Method, n: int, margin: float, alpha: float) -> tuple[int, ...]:
    """Per number of gains, 0 to n, the largest number of losses that passes; -1 where none does.

    Both methods pass an outcome with a gain more or a loss fewer whenever they pass the outcome itself (the resampled
    or weighted mean is stochastically larger), so the edge never falls and one walk along it finds all of it.
    """
    test = _naive_test(n, margin, alpha) if method is Method.NAIVE else _bayesian_test(n, margin, alpha)
    return tuple(_edge(test, n))


def _edge(passes: Callable[[int, int], bool], n: int) -> Iterator[int]:
    losses = -1
    for gains in range(n + 1):
        while losses < n - gains and passes(losses + 1, gains):
            losses += 1
        yield min(losses, n - gains)


def _naive_test(n: int, margin: float, alpha: float) -> Callable[[int, int], bool]:
    """Passes where P(resampled mean <= -margin) < alpha: the law of a resample is trinomial at the observed rates."""
    above = np.arange(n + 1) + math.ceil(n * margin - _WHOLE) - 1
    better = RejectionSet(0, np.minimum(above, n - np.arange(n + 1)))

    def passes(losses: int, gains: int) -> bool:
        psi, difference = (losses + gains) / n, (gains - losses) / n
        return float(tail_probability(better, n, np.array([psi]), difference)[0]) > 1 - alpha

    return passes


def _bayesian_test(n: int, margin: float, alpha: float) -> Callable[[int, int], bool]:
    """Passes where P(weighted mean of the items and one more loss <= -margin) < alpha, weights Dirichlet(1, ..., 1)."""

    def passes(losses: int, gains: int) -> bool:
        counts = {-1.0: losses + 1, 0.0: n - losses - gains, 1.0: gains}
        held = {value: count for value, count in counts.items() if count}
        return distribution(np.array(list(held)), np.array(list(held.values()), dtype=np.float64), -margin) < alpha

    return passes


def _check(n: int, margin: float, alpha: float) -> None:
    if not 1 <= n <= MOST_ENUMERATED:
        raise ValueError(f"items must be from 1 to {MOST_ENUMERATED}, got {n}")
    if not 0 < margin < 1:
        raise ValueError(f"margin must lie between 0 and 1 (0.02 means two points), got {margin}")
    check_alpha(alpha)
