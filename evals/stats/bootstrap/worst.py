"""The worst false pass that a bootstrap was measured to have in a setting: by enumeration where that can be done."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import lru_cache

import numpy as np

from quantgate.evals.stats.bayesian.unseen_item import bayesian_lower_bound
from quantgate.evals.stats.bootstrap.bounds import lower_bound
from quantgate.evals.stats.bootstrap.outcomes import pass_set
from quantgate.evals.stats.bootstrap.setting import Bootstrap, Setting, WorstFalsePass
from quantgate.evals.stats.checks import FloatArray
from quantgate.evals.stats.strata import Stratum

# Simulated comparisons: of each candidate for the worst, and afresh of the one that it is; fewer where they are dear.
_SCREENED, _RUNS, _ANSWERS = 100, 2000, 20_000_000
# More answers than this are not simulated where the enumeration speaks.
_MOST_ANSWERS = 100_000
# Resamples of a simulated comparison, where resamples are drawn at all.
_RESAMPLES = 999
_SEED = 20_261_113
# Shares of flips at which outcomes are enumerated, before the neighbourhood of the worst.
_GRID = 80
_TIE = 1e-9
# The share of unsteady units, and the mean solve rate with them.
_UNSTEADY = 0.2
_STEADY_MEAN = 1 - _UNSTEADY * 0.2


class Damage(StrEnum):
    """How a simulated candidate is worse by the margin.

    `SURE`: units are always right, and a few break. `TURNOVER`: so, and as many more break as others come right.
    `HALF`: units are always right, and twice as many as would break are right half of the time.
    `BROKEN`: solve rates are Beta distributed about .8 or .95, and a few units break. `WORSE`: every unit a little.
    `UNSTEADY`: one unit in five has such a rate, about .8, and the others are always right; a few of all break, or
    twice as many lose half of their rate. So the real pair of builds is that `benchmarks/calibration_real.py` measures.
    """

    SURE = "sure"
    TURNOVER = "turnover"
    HALF = "half"
    BROKEN_80 = "broken, .80"
    BROKEN_95 = "broken, .95"
    WORSE_80 = "worse, .80"
    WORSE_95 = "worse, .95"
    UNSTEADY_BROKEN = "unsteady, broken"
    UNSTEADY_HALF = "unsteady, half"

    @property
    def rates(self) -> tuple[float, float]:
        """The Beta distribution of solve rates."""
        return (4.0, 1.0) if self.value.endswith("80") else (19.0, 1.0)


def worst_measured(setting: Setting) -> WorstFalsePass:
    """Measure a setting: the worst of what is enumerated and what is simulated; seconds, and always the same.

    Units that are always answered alike, each lost, won or neither, are enumerated over all outcomes and shares of
    flips: with repeats, too, nothing keeps items from being so. Where the answers to an item vary, where there are
    strata or units of unlike sizes, comparisons are simulated as `Damage` says: in strata with the loss in all of them
    or in the smallest, in clusters with a loss that is the same in all or grows with their size. 100 comparisons of
    each kind tell the worst, 2,000 fresh ones its rate. Of more answers than so many comparisons can have in seconds
    the enumeration alone speaks, where there is one.
    """
    found = []
    n = len(setting.pools[0].sizes)
    if setting.alike:
        rate, _ = worst_discordance(setting.method, n, setting.margin, setting.alpha)
        found.append(WorstFalsePass(rate, 0.0, "units that are always answered alike, every outcome enumerated"))
    if setting.repeats > 1 or not setting.alike:
        found.append(_simulated(setting))
    worst = max(found, key=lambda one: one.rate)
    return WorstFalsePass(worst.rate, worst.error, "; ".join(one.how for one in found if one.how))


def worst_discordance(method: Bootstrap, n: int, margin: float, alpha: float) -> tuple[float, float]:
    """The largest false-pass rate of single 0/1 answers over the shares of items that flip, and the share it is at."""
    outcomes = pass_set(method, n, margin, alpha)

    def rates(grid: FloatArray) -> list[float]:
        return [outcomes.probability(margin, float(psi)) for psi in grid]

    grid = margin + np.concatenate([[0.0], np.geomspace(1e-6, outcomes.highest - margin, _GRID)])
    best = int(np.argmax(rates(grid)))
    fine = np.append(np.linspace(grid[max(best - 1, 0)], grid[min(best + 1, _GRID)], 41), grid[best])
    near = rates(fine)
    return max(near), float(fine[int(np.argmax(near))])


def _simulated(setting: Setting) -> WorstFalsePass:
    kinds = [
        (damage, losses)
        for damage in Damage
        for losses in _placements(setting)
        # What is always answered alike was enumerated where units are.
        if not (setting.alike and damage in (Damage.SURE, Damage.TURNOVER)) and _possible(damage, losses)
    ]
    if not kinds:
        return WorstFalsePass(0.0, 0.0, "")
    answers = sum(len(pool.sizes) for pool in setting.pools) * setting.repeats
    if setting.alike and answers > _MOST_ANSWERS:
        return WorstFalsePass(0.0, 0.0, "")
    runs = int(min(max(_ANSWERS // answers, 100), _RUNS))
    screened = min(_SCREENED, runs // 5)
    rng = np.random.default_rng(_SEED)
    rates = [_passed(setting, damage, losses, rng, screened) for damage, losses in kinds]
    worst = kinds[int(np.argmax(rates))]
    found = _rate(_passed(setting, *worst, rng, runs), runs)
    how = f"{len(kinds)} kinds of damage simulated, the worst of them {runs:,} times"
    return WorstFalsePass(found.rate, found.error, how)


def _placements(setting: Setting) -> list[list[FloatArray]]:
    """Where the loss is: for each placement each stratum's losses by unit, whose mean over items is the margin."""
    sizes = [np.array(pool.sizes, dtype=np.float64) for pool in setting.pools]
    even = [np.full(len(own), setting.margin) for own in sizes]
    found = [even]
    if len(sizes) > 1:
        smallest = min(range(len(sizes)), key=lambda place: len(sizes[place]))
        loss = setting.margin / setting.pools[smallest].weight
        found.append([np.full(len(own), loss if place == smallest else 0.0) for place, own in enumerate(sizes)])
    if any(own[0] != own[-1] for own in sizes):
        found.append([setting.margin * own * own.sum() / (own**2).sum() for own in sizes])
    return found


def _possible(damage: Damage, losses: Sequence[FloatArray]) -> bool:
    highest = max(float(own.max()) for own in losses)
    if damage is Damage.SURE:
        return highest <= 1
    if damage is Damage.TURNOVER:
        return 3 * highest <= 1
    if damage is Damage.HALF:
        return 2 * highest <= 1
    if damage in (Damage.UNSTEADY_BROKEN, Damage.UNSTEADY_HALF):
        return 2 * highest <= _STEADY_MEAN
    return highest <= damage.rates[0] / sum(damage.rates)


def _passed(setting: Setting, damage: Damage, losses: Sequence[FloatArray], rng: np.random.Generator, runs: int) -> int:
    return sum(_passes(setting, units) for units in _comparisons(setting, damage, losses, rng, runs))


def _comparisons(
    setting: Setting, damage: Damage, losses: Sequence[FloatArray], rng: np.random.Generator, runs: int
) -> Iterator[list[Stratum]]:
    sizes = [np.array(pool.sizes, dtype=np.float64) for pool in setting.pools]
    for _ in range(runs):
        units = []
        for pool, own, loss in zip(setting.pools, sizes, losses, strict=True):
            values = _differences(damage, loss, setting.repeats, rng)
            order = np.argsort(values, kind="stable")
            units.append(Stratum(pool.weight, values[order], own[order]))
        yield units


def _differences(damage: Damage, loss: FloatArray, repeats: int, rng: np.random.Generator) -> FloatArray:
    """Units' differences; the answers to a unit are independent, given the unit's solve rates."""
    n = len(loss)
    if damage is Damage.SURE:
        return -(rng.random(n) < loss).astype(np.float64)
    if damage is Damage.TURNOVER:
        place = rng.random(n)
        return np.where(place < 2 * loss, -1.0, np.where(place < 3 * loss, 1.0, 0.0))
    if damage is Damage.HALF:
        return -np.where(rng.random(n) < 2 * loss, rng.binomial(repeats, 0.5, n) / repeats, 0.0)
    if damage in (Damage.UNSTEADY_BROKEN, Damage.UNSTEADY_HALF):
        solve = np.where(rng.random(n) < _UNSTEADY, rng.beta(4.0, 1.0, n), 1.0)
        times = 1 if damage is Damage.UNSTEADY_BROKEN else 2
        kept = np.where(rng.random(n) < times * loss / _STEADY_MEAN, 1 - 1 / times, 1.0)
        return np.asarray((rng.binomial(repeats, solve * kept) - rng.binomial(repeats, solve)) / repeats)
    first, second = damage.rates
    solve, share = rng.beta(first, second, n), loss * (first + second) / first
    kept = (rng.random(n) >= share).astype(np.float64) if damage.value.startswith("broken") else 1 - share
    return np.asarray((rng.binomial(repeats, solve * kept) - rng.binomial(repeats, solve)) / repeats)


def _passes(setting: Setting, units: Sequence[Stratum]) -> bool:
    bound = lower_bound(units, setting.method, setting.alpha, _RESAMPLES)
    if bound is None:
        bound = _stand_in(setting) if units[0].values[0] == 0 else -1.0
    return bound > -setting.margin + _TIE


@lru_cache(maxsize=8)
def _stand_in(setting: Setting) -> float:
    """The bound that stands in where no two units differ, and none is lost."""
    items = [
        (str(place), f"{place} {unit}")
        for place, pool in enumerate(setting.pools)
        for unit, size in enumerate(pool.sizes)
        for _ in range(size)
    ]
    strata, clusters = zip(*items, strict=True)
    weights = {str(place): pool.weight for place, pool in enumerate(setting.pools)}
    return bayesian_lower_bound(
        np.zeros(len(items)), alpha=setting.alpha, strata=strata, weights=weights, clusters=clusters
    )


def _rate(passed: int, runs: int) -> WorstFalsePass:
    rate = passed / runs
    return WorstFalsePass(rate, math.sqrt(rate * (1 - rate) / runs), "")
