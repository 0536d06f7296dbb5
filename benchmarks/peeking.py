"""What looking again at a pair that has grown errs, with looks counted as `gate` counts them and without, as tables.

    python benchmarks/peeking.py [RUNS]

A build exactly the margin worse is looked at, asked more, and looked at again, until it passes, or until it is called
regressed; the worst over the discordance rates, or over the ways to be worse, is shown of both. Single answers are
enumerated from look to look; of the size that a verdict advises, and of repeats, so many runs are simulated (4,000).
Exits 1 when counted looks err more than 1.02 alpha, by three standard errors where they are simulated.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from scipy.signal import fftconvolve
from scipy.special import gammaln, ndtri, xlog1py, xlogy

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from quantgate.evals.decision.look import LATER, CountedLook, look_at
from quantgate.evals.settings.requirements import SMALLEST_ALPHA
from quantgate.evals.stats.bayesian.unseen_item import bayesian_pvalue
from quantgate.evals.stats.calibration import Model, discordance_grid
from quantgate.evals.stats.checks import FloatArray, IntArray
from quantgate.evals.stats.exact.edges import largest_beside
from quantgate.evals.stats.exact.noninferiority import exact_pvalue
from quantgate.evals.stats.exact.tango import score_statistic
from quantgate.evals.stats.planning.items import items_for_power

ALPHA = 0.05
BAR = ALPHA * (1 + 1 / LATER)
POINTS = 60
SINGLE = (
    (0.02, (200, 400, 800, 1319)),
    (0.02, tuple(round(1319 * part / 10) for part in range(1, 11))),
    (0.02, (200, 1319)),
    (0.02, (400, 1319)),
    (0.01, (400, 800, 1319)),
    (0.05, (100, 3000)),
)
ADVISED = (0.02, 200, 20_000, (0.03, 0.06, 0.1, 0.2))
REPEATED = (0.03, 198, (4, 8, 16, 32))
RATES = {"easy": (4.0, 1.0), "hard": (2.0, 3.0), "divided": (0.5, 0.5)}
# Outcomes further from the mean than this many standard deviations, and twenty, are left out: less than 1e-15 of all.
REACH = 9.0


def levels(looks: int, *, counted: bool) -> list[float]:
    """What each of so many looks is held against."""
    if not counted:
        return [ALPHA] * looks
    return [look_at(CountedLook(number), ALPHA, SMALLEST_ALPHA).alpha for number in range(1, looks + 1)]


def crossing(sizes: Sequence[int], held: Sequence[float], null: float, discordance: float) -> float:
    """The probability that a true difference of `null` is excluded from below at any look, by enumeration.

    `null` is minus the margin for passes; for regressions the builds are exchanged, and it is the margin.
    """
    rates = (discordance - null) / 2, (discordance + null) / 2
    crossed, before = 0.0, 0
    left, first = np.ones((1, 1)), [0, 0]
    for n, level in zip(sizes, held, strict=True):
        step, start = _more(n - before, rates)
        left = np.maximum(fftconvolve(left, step), 0.0)
        first = [low + more for low, more in zip(first, start, strict=True)]
        ends = [_likely(n, rate) for rate in rates]
        cut = [max(low - here, 0) for here, (low, _) in zip(first, ends, strict=True)]
        left = left[cut[0] : ends[0][1] - first[0] + 1, cut[1] : ends[1][1] - first[1] + 1]
        first = [low + more for low, more in zip(first, cut, strict=True)]
        if level:
            most = np.array([_most(good, n, null, level) for good in range(first[1], first[1] + left.shape[1])])
            inside = np.arange(first[0], first[0] + left.shape[0])[:, None] <= most
            crossed += float(left[inside].sum())
            left = np.where(inside, 0.0, left)
        before = n
    return crossed


def _likely(n: int, rate: float) -> tuple[int, int]:
    reach = REACH * math.sqrt(n * rate * (1 - rate)) + 20
    return max(math.floor(n * rate - reach), 0), min(math.ceil(n * rate + reach), n)


def _more(n: int, rates: tuple[float, float]) -> tuple[FloatArray, tuple[int, int]]:
    """The probabilities of so many items against the candidate and for it, and the fewest of each that are in them."""
    (low, high), (least, most) = (_likely(n, rate) for rate in rates)
    bad, good = np.arange(low, high + 1)[:, None], np.arange(least, most + 1)[None, :]
    rest = n - bad - good
    same = np.maximum(rest, 0)
    ways = gammaln(n + 1) - gammaln(bad + 1) - gammaln(good + 1) - gammaln(same + 1)
    logs = ways + xlogy(bad, rates[0]) + xlogy(good, rates[1]) + xlog1py(same, -sum(rates))
    return np.where(rest >= 0, np.exp(logs), 0.0), (low, least)


@cache
def _most(good: int, n: int, null: float, level: float) -> int:
    """The most items against the candidate that exclude `null` beside so many for it, or -1."""
    critical = -float(ndtri(level))
    return largest_beside(
        lambda bad: float(score_statistic(bad, good, n, null)) >= critical,
        lambda bad: exact_pvalue(bad, good, n, null) < level,
        n - good,
    )


def enumerated(margin: float, sizes: Sequence[int]) -> bool:
    """Print the worst of both wrong verdicts; whether counted looks hold."""
    grid = [float(rate) for rate in discordance_grid(margin, POINTS) if margin < rate < 1]

    def worst(null: float, *, counted: bool) -> float:
        return max(crossing(sizes, levels(len(sizes), counted=counted), null, rate) for rate in grid)

    shown = "/".join(map(str, sizes)) if len(sizes) < 6 else f"{len(sizes)} looks to {sizes[-1]:,}"
    return _row(f"{shown} items, margin {100 * margin:g}", worst, margin, 0)


def advised(runs: int) -> bool:
    """The same where the second size is what the verdict on the first advises."""
    margin, first, most, rates = ADVISED

    @cache
    def size(flips: int) -> int | None:
        return items_for_power(margin, max(flips, 1) / first, 0.0, ALPHA, 0.8, most)

    def rate(null: float, discordance: float, *, counted: bool) -> float:
        rng = np.random.default_rng(round(1000 * discordance))
        shares = [(discordance - null) / 2, (discordance + null) / 2, 1 - discordance]
        held, crossed = levels(2, counted=counted), 0
        for _ in range(runs):
            bad, good, _ = (int(count) for count in rng.multinomial(first, shares))
            if bad <= _most(good, first, null, held[0]):
                crossed += 1
                continue
            asked = size(bad + good)
            if asked is not None and asked > first:
                more = rng.multinomial(asked - first, shares)
                crossed += bad + int(more[0]) <= _most(good + int(more[1]), asked, null, held[1])
        return crossed / runs

    def worst(null: float, *, counted: bool) -> float:
        return max(rate(null, discordance, counted=counted) for discordance in rates)

    return _row(f"{first} items, then as many as are advised, margin {100 * margin:g}", worst, margin, runs)


def repeated(runs: int) -> bool:
    """The same of repeats of the same items."""
    margin, items, repeats = REPEATED
    settings = [(model, rates) for model in Model for rates in RATES.values() if model is not Model.SURE]
    pvalues = {
        null: [
            np.array([_pvalues(margin, items, repeats, *setting, seed=seed, null=null) for seed in range(runs)])
            for setting in [*settings, (Model.SURE, RATES["easy"])]
        ]
        for null in (-margin, margin)
    }

    def worst(null: float, *, counted: bool) -> float:
        held = np.array(levels(len(repeats), counted=counted))
        return max(float((found < held).any(axis=1).mean()) for found in pvalues[null])

    shown = "/".join(map(str, repeats))
    return _row(f"{items} items x {shown} repeats, margin {100 * margin:g}", worst, margin, runs)


def _pvalues(
    margin: float,
    items: int,
    repeats: Sequence[int],
    model: Model,
    rates: tuple[float, float],
    *,
    seed: int,
    null: float,
) -> list[float]:
    """Of one pair, asked more and more: at each look the p-value of a wrong verdict."""
    rng = np.random.default_rng([seed, round(100 * rates[0])])
    solve = np.ones(items) if model is Model.SURE else rng.beta(*rates, items)
    share = margin if model is Model.SURE else margin * sum(rates) / rates[0]
    kept: FloatArray | float = 1 - share if model is Model.WORSE else (rng.random(items) >= share).astype(np.float64)
    right: list[IntArray] = [np.zeros(items, dtype=np.int64), np.zeros(items, dtype=np.int64)]
    found, before = [], 0
    for often in repeats:
        right = [
            held + rng.binomial(often - before, rate) for held, rate in zip(right, (solve, solve * kept), strict=True)
        ]
        difference = (right[1] - right[0]) / often * (1 if null < 0 else -1)
        # What lies on the wrong side of the truth excludes nothing.
        found.append(bayesian_pvalue(difference, null) if difference.mean() > null else 1.0)
        before = often
    return found


def _row(name: str, worst: Callable[..., float], margin: float, runs: int) -> bool:
    cells = [worst(null, counted=counted) for counted in (False, True) for null in (-margin, margin)]
    print(f"{name:<52}" + "".join(f" {cell:>9.4f}" for cell in cells), flush=True)
    error = math.sqrt(BAR * (1 - BAR) / runs) if runs else 0.0
    return max(cells[2:]) <= BAR + 3 * error


def main() -> int:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    print(f"{'looked at':<52} {'pass':>9} {'regressed':>9} {'counted:':>9} {'regressed':>9}")
    held = [enumerated(margin, sizes) for margin, sizes in SINGLE]
    held += [advised(runs), repeated(runs)]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
