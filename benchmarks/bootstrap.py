"""Our bootstrap and bounds beside `scipy.stats.bootstrap` on the same differences at equal draws; prints ratios.

Ours computes the distribution of a resampled mean by one convolution; "as many draws" then draws from it as many means
as scipy does by resampling items, which is the same law.
"""

from __future__ import annotations

import sys
import timeit
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.stats import bootstrap

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from quantgate.evals.stats import bayesian_lower_bound, bootstrap_interval, paired_bounds

DRAWS = 100_000
TAU2 = ["airline"] * 50 + ["retail"] * 114 + ["telecom"] * 114
BAR = 20


def data() -> dict[str, tuple[npt.NDArray[np.float64], int]]:
    """Differences per item, and answers per item."""
    rng = np.random.default_rng(1)
    rates = rng.beta(4, 1, 198)
    gpqa = (rng.binomial(16, rates) - rng.binomial(16, rates)) / 16
    gsm8k = np.concatenate([-np.ones(36), np.ones(23), np.zeros(1260)])
    return {"198 items, 16 repeats": (gpqa, 16), "1319 items, 0/1": (gsm8k, 1)}


def milliseconds(call: Callable[[], object], calls: int) -> float:
    """Best of several calls."""
    return 1000 * min(timeit.repeat(call, number=1, repeat=calls))


def main() -> None:
    print(f"{DRAWS:,} draws; milliseconds; in brackets how many times faster than scipy (the bar is {BAR})")
    for name, (values, repeats) in data().items():
        print(f"\n{name}: {len(np.unique(values))} distinct differences")
        for method in ("percentile", "basic", "bca"):
            theirs = milliseconds(
                # Batches fit the cache: without them scipy takes longer, and 1 GB.
                lambda v=values, m=method: bootstrap(
                    (v,), np.mean, n_resamples=DRAWS, batch=2000, method=m, rng=np.random.default_rng(1)
                ),
                3,
            )
            drawn = milliseconds(lambda v=values, m=method: bootstrap_interval(v, method=m, draws=DRAWS), 15)
            limit = milliseconds(lambda v=values, m=method: bootstrap_interval(v, method=m), 15)
            print(
                f"  {method:<11} scipy {theirs:8.1f}   ours, as many draws {drawn:6.2f} ({theirs / drawn:.0f}x)"
                f"   ours, all resamples {limit:6.2f} ({theirs / limit:.0f}x)"
            )
        bounds = milliseconds(lambda v=values, r=repeats: paired_bounds(v, repeats=r), 15)
        chosen = paired_bounds(values, repeats=repeats).method
        print(f"  both bounds that decide ({chosen}): {bounds:.2f}")
    rng = np.random.default_rng(2)
    values = (rng.binomial(4, 0.8, len(TAU2)) - rng.binomial(4, 0.8, len(TAU2))) / 4
    one = milliseconds(lambda: bayesian_lower_bound(values, strata=TAU2, draws=DRAWS), 5)
    both = milliseconds(lambda: paired_bounds(values, strata=TAU2, repeats=4), 5)
    print(f"\n278 items in 3 strata, 4 repeats: {DRAWS:,} draws {one:.1f}; both bounds at the default draws {both:.1f}")


if __name__ == "__main__":
    main()
