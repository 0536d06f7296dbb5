"""Times the exact p-value and both exact bounds at several numbers of items; prints milliseconds."""

from __future__ import annotations

import sys
import timeit
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from quantgate.evals.stats import exact_lower_bound, exact_upper_bound, noninferiority_pvalue

OUTCOMES = [(2, 0, 200), (6, 2, 200), (36, 23, 1319), (100, 90, 1319), (270, 230, 10_000), (2500, 2400, 10_000)]


def milliseconds(call: Callable[[], object]) -> float:
    """Best of several calls, after one that fills the caches."""
    call()
    return 1000 * min(timeit.repeat(call, number=1, repeat=15))


def main() -> None:
    print(f"{'losses':>7} {'gains':>6} {'n':>6} {'p-value ms':>11} {'both bounds ms':>15}")
    for losses, gains, n in OUTCOMES:
        pvalue = milliseconds(lambda o=(losses, gains, n): noninferiority_pvalue(*o, margin=0.02))
        bounds = milliseconds(lambda o=(losses, gains, n): (exact_lower_bound(*o), exact_upper_bound(*o)))
        print(f"{losses:>7} {gains:>6} {n:>6} {pvalue:>11.2f} {bounds:>15.1f}")


if __name__ == "__main__":
    main()
