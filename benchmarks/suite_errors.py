"""The worst false pass of the mean over a suite's tasks, by enumeration of all losses in tasks of unlike size.

    python benchmarks/suite_errors.py

Two or three tasks, each of single 0/1 answers: in a task either some items are lost and the others alike, or almost all
are won and some are not. The bound is computed for every outcome of up to so many losses, and the probability that it
lies above the truth is summed over a grid of true rates in every task. Ten minutes.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from scipy.stats import binom

from quantgate.evals.stats.bayesian.stratified import StratifiedMean
from quantgate.evals.stats.strata import Stratum

ALPHA = 0.05
DRAWS = 20_000
SETTINGS: tuple[tuple[tuple[int, ...], tuple[float, ...]], ...] = (
    ((20, 20), (1, 1)),
    ((10, 14), (5, 7)),
    ((60, 90), (1, 1)),
    ((20, 198), (1, 1)),
    ((20, 198), (10, 1)),
    ((20, 198), (1, 10)),
    ((198, 1319), (1, 1)),
    ((198, 278), (2, 1)),
    ((5, 8, 20), (1, 1, 1)),
    ((20, 30, 40), (2, 3, 4)),
    ((20, 198, 1319), (1, 1, 1)),
    ((20, 198, 1319), (1, 1, 10)),
    ((20, 198, 1319), (10, 1, 1)),
)


def worst(sizes: Sequence[int], weights: Sequence[float], best: Sequence[float]) -> tuple[float, tuple[float, ...]]:
    """The largest false pass and the rates of losses where it is; `best` is the difference of an item not lost."""
    shares = np.array(weights) / sum(weights)
    most = 16 if len(sizes) == 2 else 9
    shape = [min(most, size) + 1 for size in sizes]
    bounds = np.empty(shape)
    for lost in itertools.product(*map(range, shape)):
        strata = [
            Stratum(float(share), np.array([top - 1.0] * count + [top] * (size - count)), np.ones(size))
            for share, size, top, count in zip(shares, sizes, best, lost, strict=True)
        ]
        bounds[lost] = StratifiedMean(sorted(strata, key=lambda each: each.key), DRAWS).lower_bound(ALPHA)
    found: tuple[float, tuple[float, ...]] = (0.0, ())
    grids = [np.append(0, np.geomspace(0.15 / size, min(0.75 * most / size, 0.98), 26)) for size in sizes]
    for rates in itertools.product(*grids):
        truth = float(shares @ (np.array(best) - rates))
        chance = np.ones(shape)
        for place, (size, rate) in enumerate(zip(sizes, rates, strict=True)):
            along = [-1 if axis == place else 1 for axis in range(len(sizes))]
            chance = chance * binom.pmf(np.arange(shape[place]), size, rate).reshape(along)
        error = float(chance[bounds > truth + 1e-12].sum())
        if error > found[0]:
            found = error, tuple(float(rate) for rate in rates)
    return found


def main() -> None:
    """Print the worst false pass of each setting: losses in all tasks, and won answers in the first or the last."""
    for sizes, weights in SETTINGS:
        for won in (None, 0, len(sizes) - 1):
            best = [float(place == won) for place in range(len(sizes))]
            error, rates = worst(sizes, weights, best)
            where = "losses alone" if won is None else f"the {sizes[won]} almost all won"
            print(
                f"{sizes} weighing {weights}, {where}: {error:.4f} at rates {np.round(rates, 4).tolist()}", flush=True
            )


if __name__ == "__main__":
    main()
