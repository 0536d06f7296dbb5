"""Recovery's bounds held against two others: how often each passes a build that just misses it, and an equal one.

    python benchmarks/recovery.py error   the worst false pass and false regression, single answers, by enumeration
    python benchmarks/recovery.py power   an equal build's passes, single answers, by simulation
    python benchmarks/recovery.py repeats the same errors with repeats, strata and clusters, by simulation

The others: the Bayesian bootstrap on candidate - r baseline, and a test of the difference at the margin (1 - r) times
the lower Clopper-Pearson limit of the baseline's accuracy, which takes alpha / 50 of alpha.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache

import numpy as np
from scipy.special import betaincinv
from scipy.stats import multinomial

from quantgate.evals.stats.exact.noninferiority import noninferiority_pvalue
from quantgate.evals.stats.ratio.bayesian import bayesian_ratio_bound
from quantgate.evals.stats.ratio.bounds import Scores, ratio_bounds
from quantgate.evals.stats.ratio.exact import ratio_lower_bound, ratio_pvalue
from quantgate.evals.stats.ratio.planning import ratio_power

ALPHA = 0.05
Passes = Callable[[int, int, int, int, float], bool]
"""Losses, gains, items right in both, items in neither, recovery -> whether it is shown."""


@cache
def conditional(losses: int, gains: int, both: int, _: int, recovery: float) -> bool:
    known = losses + gains + both
    return both + losses > 0 and ratio_lower_bound(losses, gains, known, ALPHA) > recovery


def exact(losses: int, gains: int, both: int, neither: int, recovery: float) -> bool:
    return conditional(losses, gains, both, 0, recovery)


@cache
def gaffke(losses: int, gains: int, both: int, neither: int, recovery: float) -> bool:
    if both + losses == 0:
        return False
    cells = np.repeat([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0]], [losses, gains, both, neither], axis=0)
    return bayesian_ratio_bound(cells[:, 0], cells[:, 1], ALPHA) > recovery


@cache
def clopper(losses: int, gains: int, both: int, neither: int, recovery: float) -> bool:
    n, right = losses + gains + both + neither, both + losses
    spent = ALPHA / 50
    if right == 0:
        return False
    margin = (1 - recovery) * float(betaincinv(right, n - right + 1, spent))
    return noninferiority_pvalue(losses, gains, n, margin) < ALPHA - spent


METHODS: dict[str, Passes] = {"exact": exact, "Gaffke": gaffke, "Clopper-Pearson": clopper}


def error() -> None:
    """Of n items, at every baseline and discordance of a grid where candidate = r x baseline: the share that passes."""
    for n, recovery in ((10, 0.8), (12, 0.9), (16, 0.95), (30, 0.7), (30, 0.9)):
        outcomes = [
            (b, c, both, n - b - c - both)
            for b in range(n + 1)
            for c in range(n + 1 - b)
            for both in range(n + 1 - b - c)
        ]
        told = {name: np.array([passes(*one, recovery) for one in outcomes]) for name, passes in METHODS.items()}
        fell = np.array([one[1] + one[2] < one[0] + one[2] and _fell(*one, recovery) for one in outcomes])
        counts = np.array(outcomes)
        worst = dict.fromkeys([*METHODS, "regressed"], 0.0)
        for accuracy in (0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 1.0):
            lost = (1 - recovery) * accuracy
            for gain in np.linspace(0, min(1 - accuracy, recovery * accuracy), 15):
                cells = np.array([lost + gain, gain, accuracy - lost - gain, 1 - accuracy - gain])
                if cells.min() < -1e-12:
                    continue
                chance = multinomial.pmf(counts, n, np.clip(cells, 0, 1) / np.clip(cells, 0, 1).sum())
                for name, passed in told.items():
                    worst[name] = max(worst[name], float(chance @ passed))
                worst["regressed"] = max(worst["regressed"], float(chance @ fell))
        print(n, recovery, {name: round(rate, 4) for name, rate in worst.items()}, flush=True)


@cache
def _fell(losses: int, gains: int, both: int, neither: int, recovery: float) -> bool:
    known = losses + gains + both
    return ratio_pvalue(gains, losses, known, 1 / recovery) < ALPHA if known else False


def power() -> None:
    rng = np.random.default_rng(13)
    runs = 1000
    for n in (30, 198, 1319):
        for recovery in (0.95, 0.98, 0.99):
            for accuracy in (0.1, 0.3, 0.6, 0.9, 0.97):
                flips = 0.1 * min(accuracy, 1 - accuracy)
                cells = [flips / 2, flips / 2, accuracy - flips / 2, 1 - accuracy - flips / 2]
                drawn = rng.multinomial(n, cells, runs)
                rates = {
                    name: sum(passes(*map(int, one), recovery) for one in drawn) / runs
                    for name, passes in METHODS.items()
                }
                rates["planned"] = ratio_power(n, recovery, accuracy, flips)
                if max(rates.values()) > 0.005:
                    print(n, recovery, accuracy, {name: round(rate, 3) for name, rate in rates.items()}, flush=True)


def repeats() -> None:
    """Builds with k answers to each item; the candidate has r times the baseline's accuracy, in several ways."""
    runs = 1000
    for n, k, recovery, accuracy in ((30, 4, 0.9, 0.3), (30, 4, 0.95, 1.0), (198, 2, 0.97, 0.85), (100, 8, 0.9, 0.1)):
        for kind in ("broken items", "all a little", "gains against losses"):
            for shape in ("items", "strata", "threes"):
                rng = np.random.default_rng([n, k, round(1000 * recovery), len(kind), len(shape)])
                wrong = 0
                for _ in range(runs if shape != "strata" else 150):
                    wrong += _draw(rng, n, k, recovery, accuracy, kind, shape)
                rate = wrong / (runs if shape != "strata" else 150)
                print(n, k, recovery, accuracy, kind, shape, rate, flush=True)


def _draw(rng: np.random.Generator, n: int, k: int, recovery: float, accuracy: float, kind: str, shape: str) -> bool:
    units = n // 3 if shape == "threes" else n
    right = (rng.random(units) < accuracy).astype(float)
    if kind == "all a little":
        first, second = right * 1.0, right * recovery
    elif kind == "broken items":
        first, second = right, right * (rng.random(units) < recovery)
    else:
        swap = 0.3 * accuracy
        lost = rng.random(units) < (1 - recovery + 0.3)
        first = right
        gained = (1 - right) * (rng.random(units) < swap / max(1 - accuracy, 1e-9)) if accuracy < 1 else 0 * right
        second = right * ~lost + gained
        if accuracy == 1:
            second = right * (rng.random(units) < recovery)
    times = 3 if shape == "threes" else 1
    first, second = np.repeat(first, times), np.repeat(second, times)
    baseline, candidate = rng.binomial(k, first) / k, rng.binomial(k, second) / k
    if not baseline.any():
        return False
    extra: dict[str, list[str]] = {}
    if shape == "strata":
        extra["strata"] = [str(place * 3 // n) for place in range(n)]
    if shape == "threes":
        extra["clusters"] = [str(place // 3) for place in range(len(first))]
    found = ratio_bounds(Scores(baseline, candidate), alpha=ALPHA, **extra)
    return found.lower > recovery


if __name__ == "__main__":
    {"error": error, "power": power, "repeats": repeats}[sys.argv[1]]()
