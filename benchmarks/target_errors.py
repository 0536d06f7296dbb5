"""How often `target: benchmark` is wrong about these very items, whatever their solve rates; prints the worst settings.

    python benchmarks/target_errors.py [SECONDS]

Items that are all sure, all open, half and half, broken, or lose here what they gain there; 1 to 64 answers of either
build to 5 to 198 items; both bounds. Each setting is simulated 2,000 times: of a true .05 one in a thousand shows .065.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from quantgate.evals.stats.benchmark.bounds import benchmark_pvalue

Rates = npt.NDArray[np.float64]

RUNS = 2000
ITEMS = (5, 11, 20, 50, 198)
REPEATS = ((1, 1), (2, 2), (4, 4), (16, 16), (64, 64), (4, 1), (16, 4), (8, 3), (5, 4), (2, 8))
LOSSES = (0.01, 0.02, 0.05, 0.1, 0.2)
MOST_ANSWERS = 4000
SHOWN = 20


def populations(items: int, loss: float) -> Iterator[tuple[str, Rates, Rates]]:
    """Solve rates under both builds, item by item, whose means differ by the loss, or nearly."""
    broken, one = round(loss * items), np.ones(items)
    if broken:
        for share in (0.0, 0.5, 1.0):
            baseline, candidate = one.copy(), one.copy()
            open_ones = slice(broken, broken + round(share * (items - broken)))
            baseline[open_ones] = candidate[open_ones] = 0.5
            candidate[:broken] = 0
            yield f"broken, {share:.0%} of the rest open", baseline, candidate
        lost = min(broken + max(1, items // 10), items // 2)
        if lost > broken:
            baseline, candidate = one.copy(), one.copy()
            candidate[:lost] = baseline[lost:] = 0
            candidate[lost:] = (lost - broken) / (items - lost)
            yield "sure losses, rare gains", baseline, candidate
    yield "rare losses", one, one - loss
    for rate in (0.5, 0.9, 0.2):
        if rate >= loss:
            yield f"all {rate:g}", rate * one, (rate - loss) * one
    half = np.where(np.arange(items) % 2 == 0, 0.5, 1.0)
    yield "half open", half, half - loss


def misses(baseline: Rates, candidate: Rates, repeats: tuple[int, int], rng: np.random.Generator) -> float:
    """The share of runs in which a bound at .05 excludes the truth, of the bound that does so more often."""
    truth = float((candidate - baseline).mean())
    wrong = np.zeros(2)
    for _ in range(RUNS):
        ours, theirs = (
            (rng.random((len(rates), count)) < rates[:, None]).astype(float)
            for rates, count in zip((baseline, candidate), repeats, strict=True)
        )
        wrong += benchmark_pvalue(ours, theirs, truth) < 0.05, benchmark_pvalue(theirs, ours, -truth) < 0.05
    return float(wrong.max()) / RUNS


def main() -> None:
    """Simulate settings in a random order until the time is over."""
    until = time.monotonic() + float(sys.argv[1] if len(sys.argv) > 1 else 600)
    rng = np.random.default_rng(1)
    every = [
        (items, repeats, loss)
        for items in ITEMS
        for repeats in REPEATS
        for loss in LOSSES
        if items * max(repeats) <= MOST_ANSWERS
    ]
    settings = [every[place] for place in rng.permutation(len(every))]
    found: list[tuple[float, str]] = []
    for items, repeats, loss in settings:
        for name, baseline, candidate in populations(items, loss):
            if time.monotonic() > until:
                break
            told = f"{items} items x {repeats[0]}/{repeats[1]}, loss {loss:g}: {name}"
            found.append((misses(baseline, candidate, repeats, rng), told))
    print(f"{len(found)} settings; the worst:")
    for share, told in sorted(found, reverse=True)[:SHOWN]:
        print(f"{share:.4f}  {told}")


if __name__ == "__main__":
    main()
