"""False passes, power and requests on the noise of a real pair of builds, method by method.

    python benchmarks/calibration_real.py PAIR.npz                  the tables: about ten minutes of one core
    python benchmarks/calibration_real.py PAIR.npz --chart FILE     the chart of the documentation as well (svg, png)

PAIR.npz holds a model's grades, 0 or 1, in two precisions: `sampled/NAME`, shape (items, repeats), and `greedy/NAME`,
shape (items,), for the baseline bf16 and the candidate fp8, and `greedy/NAME/batchSIZE` for the same answers given in
batches of another size. A release is n items drawn with replacement, and k answers of either build to each, drawn by
the item's own solve rates: so the true difference is known.

A false pass needs a true loss of exactly the margin. It is had in two ways: the margin is set to the loss that the pair
truly has; or the pair is tilted to lose a round margin, each item being drawn in proportion to exp(-c x its change in
solve rate), with the c that does it: the items stay as they were measured, and those that lost are met more often.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy.optimize import brentq

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from quantgate.evals.stats.bayesian.unseen_item import bayesian_lower_bound
from quantgate.evals.stats.benchmark.bounds import benchmark_bounds
from quantgate.evals.stats.bootstrap.bounds import lower_bound
from quantgate.evals.stats.bootstrap.setting import Bootstrap
from quantgate.evals.stats.checks import FloatArray
from quantgate.evals.stats.exact.bounds import exact_lower_bound
from quantgate.evals.stats.strata import split_strata

ALPHA = 0.05
ITEMS = (50, 100, 198, 400, 800, 1319)
REPEATS = (1, 4, 16)
MARGINS = (0.01, 0.02)
RESAMPLES = 999
BASELINE, CANDIDATE = "bf16", "fp8"
# Okabe and Ito's colours, which colour-blind readers tell apart; the lines differ in mark as well.
STYLES = {
    "auto": ("auto: the bounds that hold", "#0072B2", "s"),
    "percentile": ("percentile bootstrap", "#D55E00", "o"),
    "bca": ("BCa bootstrap", "#CC79A7", "^"),
    "studentised": ("studentised bootstrap", "#009E73", "v"),
}


@dataclass(frozen=True)
class Population:
    """Items that releases are drawn from: both builds' solve rates, and how often each item is met."""

    name: str
    baseline: FloatArray
    candidate: FloatArray
    shares: FloatArray

    @property
    def loss(self) -> float:
        """The true loss."""
        return float(self.shares @ (self.baseline - self.candidate))

    def tilted(self, loss: float) -> Population:
        """The same items, met so that exactly `loss` is lost."""
        change = self.candidate - self.baseline

        def met(c: float) -> FloatArray:
            weights = self.shares * np.exp(-c * change)
            return np.asarray(weights / weights.sum())

        c = brentq(lambda c: float(met(c) @ change) + loss, -200, 200)
        return Population(f"{self.name}, tilted to lose {100 * loss:g}", self.baseline, self.candidate, met(c))

    def release(self, rng: np.random.Generator, n: int, repeats: int) -> FloatArray:
        """Differences of the item means of one release, shape (n,)."""
        items = rng.choice(len(self.shares), n, p=self.shares)
        right = [rng.binomial(repeats, rates[items]) for rates in (self.candidate, self.baseline)]
        return np.asarray((right[0] - right[1]) / repeats)


def auto(differences: FloatArray, repeats: int) -> float:
    """The bound that decides by default."""
    if repeats == 1:
        return _exact(int((differences < 0).sum()), int((differences > 0).sum()), len(differences))
    return bayesian_lower_bound(differences, alpha=ALPHA)


@cache
def _exact(losses: int, gains: int, n: int) -> float:
    return exact_lower_bound(losses, gains, n, ALPHA)


def bootstrap(method: Bootstrap) -> Callable[[FloatArray, int], float]:
    """The bound of a bootstrap, and of the one that stands in where there is none."""

    def bound(differences: FloatArray, repeats: int) -> float:
        found = lower_bound(split_strata(differences, None, None), method, ALPHA, RESAMPLES)
        return auto(differences, repeats) if found is None else found

    return bound


METHODS: Mapping[str, Callable[[FloatArray, int], float]] = {
    "auto": auto,
    **{method.value: bootstrap(method) for method in Bootstrap},
}
"""Lower bounds of item differences at so many repeats; another row is one more entry."""


def passing(population: Population, n: int, repeats: int, runs: int) -> dict[str, FloatArray]:
    """Each method's lower bounds of `runs` releases, shape (runs,); all methods see the same ones."""
    rng = np.random.default_rng([n, repeats])
    releases = [population.release(rng, n, repeats) for _ in range(runs)]
    return {name: np.array([bound(one, repeats) for one in releases]) for name, bound in METHODS.items()}


Table = dict[tuple[int, int], dict[str, FloatArray]]


def measure(population: Population, settings: list[tuple[int, int]], runs: int) -> Table:
    """The bounds of a population at each (items, repeats)."""
    started, found = time.monotonic(), {}
    for done, (n, repeats) in enumerate(settings, 1):
        found[n, repeats] = passing(population, n, repeats, runs)
        minutes = (time.monotonic() - started) / 60
        print(f"{population.name}: {done} of {len(settings)}, {minutes:.1f} minutes", file=sys.stderr, flush=True)
    return found


def rate(bounds: FloatArray, margin: float) -> float:
    """The share of releases that pass a margin."""
    return float((bounds > -margin + 1e-12).mean())


def print_rates(title: str, table: Table, margin: float) -> None:
    """Print the share that passes, a row a setting and a column a method."""
    print(f"\n{title}")
    print(f"| items | repeats | requests | {' | '.join(METHODS)} |\n| ---: | ---: | ---: |{' ---: |' * len(METHODS)}")
    for (n, repeats), bounds in table.items():
        cells = " | ".join(f"{rate(bounds[name], margin):.1%}" for name in METHODS)
        print(f"| {n:,} | {repeats} | {2 * n * repeats:,} | {cells} |", flush=True)


def print_requests(table: Table, margin: float, power: float = 0.8) -> None:
    """Print the requests for so much power, by linear interpolation between the numbers of items that were tried."""
    print(f"\nrequests for {power:.0%} power at {100 * margin:g} points, both builds together (items)")
    print(f"| repeats | {' | '.join(METHODS)} |\n| ---: |{' ---: |' * len(METHODS)}")
    for repeats in REPEATS:
        cells = []
        for name in METHODS:
            rates = [rate(table[n, repeats][name], margin) for n in ITEMS]
            reached = next((place for place, found in enumerate(rates) if found >= power), None)
            if reached is None:
                cells.append(f"more than {2 * ITEMS[-1] * repeats:,}")
            elif reached == 0:
                cells.append(f"at most {2 * ITEMS[0] * repeats:,} ({ITEMS[0]})")
            else:
                low, high = rates[reached - 1], rates[reached]
                step = (power - low) / (high - low) * (ITEMS[reached] - ITEMS[reached - 1])
                n = round(ITEMS[reached - 1] + step)
                cells.append(f"{2 * n * repeats:,} ({n:,})")
        print(f"| {repeats} | {' | '.join(cells)} |")


def print_given_items(sampled: Population, runs: int) -> None:
    """Print what `target: benchmark` does on items that are given: only answers are drawn anew.

    The true loss is that of the items at hand; a miss is a lower bound above it, half the width the mean distance of
    the estimate from its bound.
    """
    print("\ntarget: benchmark, the items given\n| items | repeats | misses | half width | passes 2 points |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    for n, repeats in [(n, repeats) for n in (50, 198) for repeats in (4, 16)] + [(1319, 4)]:
        rng = np.random.default_rng([n, repeats])
        items = rng.choice(len(sampled.shares), n, replace=False)
        rates = [build[items] for build in (sampled.baseline, sampled.candidate)]
        truth = float((rates[1] - rates[0]).mean())
        found = []
        for _ in range(runs):
            answers = [(rng.random((n, repeats)) < rate[:, None]).astype(np.float64) for rate in rates]
            bounds = benchmark_bounds(*answers, alpha=ALPHA)
            found.append((bounds.lower, bounds.estimate - bounds.lower))
        lower, width = np.array(found).T
        cells = (f"{(lower > truth + 1e-12).mean():.1%}", f"{100 * width.mean():.2f}", f"{rate(lower, MARGINS[1]):.1%}")
        print(f"| {n:,} | {repeats} | {' | '.join(cells)} |", flush=True)


def print_greedy(data: Mapping[str, np.ndarray]) -> None:
    """Print the greedy pair and the flips that a batch size alone makes, with every method's bound."""
    print(f"\ngreedy, one answer each\n| pair | items | lost / won | {' | '.join(METHODS)} |")
    print(f"| --- | ---: | ---: |{' ---: |' * len(METHODS)}")
    whole = {name: data[f"greedy/{name}"].astype(np.int64) for name in (BASELINE, CANDIDATE)}
    pairs = [(f"{CANDIDATE} against {BASELINE}", whole[BASELINE], whole[CANDIDATE])]
    for key in sorted(key for key in data if key.startswith("greedy/") and "/batch" in key):
        _, name, batch = key.split("/")
        other = data[key].astype(np.int64)
        pairs.append((f"{name}, {batch.removeprefix('batch')} at a time, against all at once", whole[name], other))
    for said, first, second in pairs:
        change = (second - first[: len(second)]).astype(np.float64)
        cells = " | ".join(f"{100 * bound(change, 1):+.2f}" for bound in METHODS.values())
        print(f"| {said} | {len(change):,} | {(change < 0).sum()} / {(change > 0).sum()} | {cells} |")


def draw_chart(file: Path, sampled: Mapping[float, Table], real: Table, greedy: tuple[float, Table]) -> None:
    """Draw false passes over items, and power over requests. Needs matplotlib: pip install "quantgate[plots]"."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import NullLocator, PercentFormatter

    # Equal figures make equal files.
    mpl.rcParams["svg.hashsalt"] = "quantgate"
    figure, panels = pyplot.subplots(1, 4, figsize=(15, 4.4), layout="constrained")
    loss, once = greedy
    margin = MARGINS[0]
    falls = [
        (f"greedy pair, one answer;\nmargin {100 * loss:.2f} points: its true loss", once, 1, loss),
        (f"sampled, one answer;\ntilted to lose {100 * margin:g} point", sampled[margin], 1, margin),
        (f"sampled, 4 answers;\ntilted to lose {100 * margin:g} point", sampled[margin], 4, margin),
    ]
    for panel, (title, table, repeats, lost) in zip(panels, falls, strict=False):
        for name, (label, colour, mark) in STYLES.items():
            rates = [rate(table[n, repeats][name], lost) for n in ITEMS]
            panel.plot(ITEMS, rates, color=colour, marker=mark, markersize=5, label=label)
        panel.axhline(ALPHA, color="#444444", linewidth=1, linestyle=":", label="promised: 5%")
        panel.set_title(title, fontsize=10)
        panel.set_ylim(0, 0.8 if table is once else 0.32)
    panels[0].set_ylabel("passes a build that is\nexactly the margin worse")
    power = panels[3]
    for name, (_, colour, mark) in STYLES.items():
        for repeats, dash in zip(REPEATS, ("-", "--", ":"), strict=True):
            rates = [rate(real[n, repeats][name], MARGINS[1]) for n in ITEMS]
            power.plot([2 * n * repeats for n in ITEMS], rates, dash, color=colour, marker=mark, markersize=3.5)
    power.set_title(
        f"power at {100 * MARGINS[1]:g} points, the pair as it is\n(1 answer —, 4 - -, 16 ···)", fontsize=10
    )
    power.set_ylim(0, 1)
    for panel in panels:
        panel.set_xscale("log")
        panel.xaxis.set_minor_locator(NullLocator())
        panel.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        panel.set_xlabel("items")
        panel.set_xticks(ITEMS, labels=[str(n) for n in ITEMS], fontsize=8)
        panel.grid(alpha=0.25)
    power.set_xticks([100, 1000, 10_000, 40_000], labels=["100", "1,000", "10,000", "40,000"], fontsize=8)
    power.set_xlabel("requests to both builds")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, fontsize=9, frameon=False)
    figure.savefig(file, dpi=110, metadata={"Date": None} if file.suffix == ".svg" else None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pair", type=Path, help="the grades, an npz file")
    parser.add_argument("--chart", type=Path, help="draw the chart into this file as well")
    parser.add_argument("--runs", type=int, default=1000, help="releases of each kind (default 1000)")
    arguments = parser.parse_args()
    with np.load(arguments.pair) as held:
        data = {name: held[name] for name in held.files}
    rates = [data[f"sampled/{name}"].mean(axis=1) for name in (BASELINE, CANDIDATE)]
    even = np.full(len(rates[0]), 1 / len(rates[0]))
    sampled = Population("sampled", rates[0], rates[1], even)
    greedy = Population("greedy", *(data[f"greedy/{name}"].astype(np.float64) for name in (BASELINE, CANDIDATE)), even)
    settings = [(n, repeats) for repeats in REPEATS for n in ITEMS]
    error = 100 * (ALPHA * (1 - ALPHA) / arguments.runs) ** 0.5
    print(f"{arguments.runs:,} releases of each kind; standard error of 5%: {error:.1f} points")
    print_greedy(data)
    print_given_items(sampled, min(arguments.runs, 400))

    once = measure(greedy, [(n, 1) for n in ITEMS], arguments.runs)
    print_rates(f"false passes, greedy pair; margin {100 * greedy.loss:.2f} points: its true loss", once, greedy.loss)
    real = measure(sampled, settings, arguments.runs)
    lost = sampled.loss
    print_rates(f"false passes, sampled pair; margin {100 * lost:.2f} points: its true loss", real, lost)
    tilted = {margin: measure(sampled.tilted(margin), settings, arguments.runs) for margin in MARGINS}
    for margin, table in tilted.items():
        print_rates(f"false passes, sampled pair tilted to lose the margin of {100 * margin:g} points", table, margin)
    for margin in MARGINS:
        print_rates(f"power, sampled pair as it is (loss {100 * lost:.2f}), margin {100 * margin:g}", real, margin)
    print_requests(real, MARGINS[1])
    worst = max(
        *(rate(bounds["auto"], greedy.loss) for bounds in once.values()),
        *(rate(bounds["auto"], lost) for bounds in real.values()),
        *(rate(bounds["auto"], margin) for margin, table in tilted.items() for bounds in table.values()),
    )
    if arguments.chart is not None:
        draw_chart(arguments.chart, tilted, real, (greedy.loss, once))
    holds = worst <= 0.055 + 3 * error / 100
    print(f"\nThe bounds that decide {'hold' if holds else 'do NOT hold'}: at most {worst:.1%} of false passes.")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
