"""Stopping early, at size: what the bets see, how checks end, and whether looks at repeats and strata keep the error.

    python benchmarks/sequential.py                 all of it: about ten minutes of one core
    python benchmarks/sequential.py bets course     only these tables: bets, course, repeats, strata

Tables go to standard output as Markdown. Exits 1 when something errs more often than it may, or takes longer.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from quantgate.evals.contract.design import Design
from quantgate.evals.designs.futility import levels_of_means
from quantgate.evals.designs.planned import planned_design
from quantgate.evals.designs.procedure import simulated_course
from quantgate.evals.stats.bayesian.stratified import StratifiedMean
from quantgate.evals.stats.bayesian.unseen_item import bayesian_pvalue
from quantgate.evals.stats.calibration import SimulatedRate
from quantgate.evals.stats.checks import FloatArray
from quantgate.evals.stats.planning.power import exact_power
from quantgate.evals.stats.sequential.blocks import Blocks
from quantgate.evals.stats.sequential.regression import regression_pvalue
from quantgate.evals.stats.sequential.shown import regression_shown
from quantgate.evals.stats.strata import Stratum

ALPHA, BAR = 0.05, 0.055
MARGIN, FULL = 0.02, 1319
TAU2 = (50, 114, 114)
# True loss, flips, and the most items that may be asked on average.
WORSE = ((0.03, 0.06, None), (0.04, 0.08, None), (0.06, 0.1, None), (0.08, 0.12, 220), (0.3, 0.4, 40))
# Flips and true difference.
TRUTHS = (
    *((psi, 0.0) for psi in (0.03, 0.06, 0.12)),
    (0.06, -0.01),
    *((psi, -0.02) for psi in (0.02, 0.04, 0.1, 0.2)),
    (0.08, -0.04),
    (0.12, -0.08),
    (0.4, -0.3),
)
Rates = Callable[[np.random.Generator, int, float], tuple[FloatArray, FloatArray]]


def design(items: int, repeats: int, margin: float, *, exact: bool) -> Design:
    return planned_design(items, repeats, margin=margin, alpha=ALPHA, regression_alpha=ALPHA, order="any", exact=exact)


def bets() -> bool:
    """A build exactly the margin worse, and broken ones, by enumeration."""
    print("Regressed by the bets, exactly the margin of 2 points worse, by enumeration:\n")
    print("| items | psi 2% | 4% | 10% | 20% |\n| ---: | ---: | ---: | ---: | ---: |")
    worst = 0.0
    for items in (198, 500, FULL):
        found = [regression_shown(items, MARGIN, psi, -MARGIN).power for psi in (0.02, 0.04, 0.1, 0.2)]
        worst = max(worst, *found)
        print(f"| {items:,} | " + " | ".join(f"{100 * rate:.2f}%" for rate in found) + " |")
    print("\nWorse by more, of 1,319 items, by enumeration:\n")
    print("| worse by | flips | regressed | items asked |\n| ---: | ---: | ---: | ---: |")
    holds = worst <= ALPHA
    for loss, psi, most in (
        (0.03, 0.06, None),
        (0.04, 0.08, None),
        (0.06, 0.1, None),
        (0.08, 0.12, 220),
        (0.3, 0.4, 40),
    ):
        found = regression_shown(FULL, MARGIN, psi, -loss)
        print(f"| {100 * loss:g} points | {psi:.0%} | {100 * found.power:.1f}% | {found.mean_items:.0f} |", flush=True)
        holds &= most is None or (found.mean_items <= most and found.power > 0.999)
    return holds


def course(runs: int) -> bool:
    """The whole procedure on single answers, with and without giving up."""
    planned = design(FULL, 1, MARGIN, exact=True)
    stubborn = replace(planned, futility=0.0)
    print(f"\nChecks of 1,319 items, margin 2 points, {runs:,} simulated of each kind:\n")
    print(
        "| truth | flips | passed | regressed | items | half of them | nine in ten | never giving up: passed | items |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    holds = True
    cases = [
        (0.03, 0.0),
        (0.06, 0.0),
        (0.12, 0.0),
        (0.06, -0.01),
        (0.02, -0.02),
        (0.04, -0.02),
        (0.1, -0.02),
        (0.2, -0.02),
    ]
    for psi, difference in [*cases, (0.08, -0.04), (0.12, -0.08), (0.4, -0.3)]:
        found, other = (simulated_course(one, psi, difference, runs=runs) for one in (planned, stubborn))
        truth = (
            "no difference"
            if not difference
            else f"{-100 * difference:g} point{'s' if difference != -0.01 else ''} worse"
        )
        print(
            f"| {truth} | {psi:.0%} | {found.passed:.1%} | {found.regressed:.1%} | {found.mean:.0f} | "
            f"{found.median:.0f} | {found.most:.0f} | {other.passed:.1%} | {other.mean:.0f} |",
            flush=True,
        )
        if difference <= -MARGIN:
            holds &= not SimulatedRate(found.passed, runs).exceeds(ALPHA)
        if (psi, difference) == (0.03, 0.0):
            holds &= found.passed >= 0.97 and found.mean <= 0.5 * FULL
        if (psi, difference) == (0.06, 0.0):
            holds &= found.passed >= exact_power(FULL, MARGIN, psi) - 0.02 - 0.005 and found.mean <= 0.72 * FULL
    return holds


def beta(accuracy: float, broken: bool) -> Rates:
    """Solve rates spread from 0 to 1; the loss is some broken items, or the same factor for all."""

    def rates(rng: np.random.Generator, items: int, loss: float) -> tuple[FloatArray, FloatArray]:
        first = rng.beta(2 * accuracy, 2 * (1 - accuracy), items)
        kept = (rng.random(items) >= loss / accuracy) if broken else np.full(items, 1 - loss / accuracy)
        return first, first * kept

    return rates


def sure(rng: np.random.Generator, items: int, loss: float) -> tuple[FloatArray, FloatArray]:
    """Items that are always right, of which some break."""
    return np.ones(items), (rng.random(items) >= loss).astype(np.float64)


def noise(rng: np.random.Generator, items: int, loss: float) -> tuple[FloatArray, FloatArray]:
    """Answers that are all chance."""
    return np.full(items, 0.5), np.full(items, 0.5 - loss)


KINDS: dict[str, Rates] = {
    "accuracy .9, all items alike": beta(0.9, broken=False),
    "accuracy .9, broken items": beta(0.9, broken=True),
    "accuracy .7, all items alike": beta(0.7, broken=False),
    "accuracy .7, broken items": beta(0.7, broken=True),
    "sure items, broken ones": sure,
    "all noise": noise,
}


def repeats(runs: int) -> bool:
    """198 items x 16 answers in passes, at the margin and without difference."""
    print(f"\nChecks of repeated answers, {runs:,} simulated of each kind:\n")
    print(
        "| items × answers | margin | items | at the margin: passed | one look | regressed "
        "| no loss: passed | one look | answers |"
    )
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    holds = True
    for items, count, margin in ((198, 16, 0.02), (198, 16, 0.03), (198, 4, 0.03), (50, 16, 0.05)):
        for kind, rates in KINDS.items():
            rng = np.random.default_rng(1)
            at_margin = np.mean([_passes(rng, rates, items, count, margin, margin) for _ in range(runs)], axis=0)
            equal = np.mean([_passes(rng, rates, items, count, margin, 0.0) for _ in range(runs // 4)], axis=0)
            print(
                f"| {items} × {count} | {100 * margin:g} | {kind} | {at_margin[0]:.1%} | {at_margin[1]:.1%} | "
                f"{at_margin[2]:.1%} | {equal[0]:.0%} | {equal[1]:.0%} | {equal[3]:.0%} |",
                flush=True,
            )
            holds &= not any(SimulatedRate(rate, runs).exceeds(BAR) for rate in at_margin[[0, 2]])
    return holds


def _passes(
    rng: np.random.Generator, rates: Rates, items: int, count: int, margin: float, loss: float
) -> tuple[bool, bool, bool, float]:
    """Whether a check passes, would with one look, shows a regression; and the part of the answers that it asks."""
    planned = design(items, count, margin, exact=False)
    first, second = rates(rng, items, loss)
    table = (rng.random((count, items)) < second).astype(float) - (rng.random((count, items)) < first)
    sums = table.cumsum(axis=0)
    found = [bayesian_pvalue(sums[look.repeats - 1] / look.repeats, -margin) for look in planned.looks]
    passing = [
        look.repeats
        for look, pvalue, level in zip(planned.looks, found, levels_of_means(planned), strict=True)
        if pvalue < level
    ]
    means = [sums[passes - 1] / passes for passes in {1, *(look.repeats for look in planned.looks)}]
    worse = regression_pvalue(table[0], means, null=-margin, repeats=count) <= ALPHA
    return bool(passing), found[-1] < ALPHA, worse, (passing[0] if passing else count) / count


def strata(runs: int) -> bool:
    """A macro average over strata, asked once and four times."""
    print(f"\nA macro average over 50, 114 and 114 items at the margin, {runs:,} simulated checks of each kind:\n")
    print("| answers | margin | loss | passed | one look | regressed |\n| ---: | ---: | --- | ---: | ---: | ---: |")
    ranks = np.concatenate([(np.arange(size) + 0.5) / size for size in TAU2])
    names = np.repeat(np.arange(3), TAU2)[np.argsort(ranks, kind="stable")]
    blocks = Blocks.of([str(name) for name in names])
    holds = True
    for count in (1, 4):
        for margin in (0.03, 0.05):
            for where in ("all", "the smallest", "a large one", "accuracy .7"):
                rng = np.random.default_rng(2)
                found = np.mean([_strata(rng, names, blocks, count, margin, where) for _ in range(runs)], axis=0)
                print(
                    f"| {count} | {100 * margin:g} | {where} | {found[0]:.1%} | {found[1]:.1%} | {found[2]:.1%} |",
                    flush=True,
                )
                holds &= not any(SimulatedRate(rate, runs).exceeds(BAR) for rate in found[[0, 2]])
    return holds


def _strata(
    rng: np.random.Generator, names: FloatArray, blocks: Blocks, count: int, margin: float, where: str
) -> tuple[bool, bool, bool]:
    items = len(names)
    planned = design(items, count, margin, exact=False)
    first = rng.beta(1.4, 0.6, items) if where == "accuracy .7" else np.ones(items)
    lost = {
        "all": np.full(items, margin),
        "the smallest": np.where(names == 0, 3 * margin, 0),
        "a large one": np.where(names == 1, 3 * margin, 0),
        "accuracy .7": np.full(items, margin / 0.7),
    }[where]
    second = first * (rng.random(items) >= lost)
    table = (rng.random((count, items)) < second).astype(float) - (rng.random((count, items)) < first)
    sums = table.cumsum(axis=0)
    found = []
    for look in planned.looks:
        values, of = sums[look.repeats - 1, : look.items] / look.repeats, names[: look.items]
        parts = [np.sort(values[of == name]) for name in range(3)]
        found.append(StratifiedMean([Stratum(1 / 3, part, np.ones(len(part))) for part in parts], 2000).pvalue(-margin))
    passed = any(pvalue < level for pvalue, level in zip(found, levels_of_means(planned), strict=True))
    means = [sums[look.repeats - 1] / look.repeats for look in planned.looks if look.items == items]
    worse = regression_pvalue(table[0], means, null=-margin, repeats=count, blocks=blocks) <= ALPHA
    return passed, found[-1] < ALPHA, worse


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", choices=["bets", "course", "repeats", "strata", []], help="default: all")
    parser.add_argument("--runs", type=int, default=2000, help="simulated checks of each kind (default 2000)")
    arguments = parser.parse_args()
    tables: dict[str, Callable[[], bool]] = {
        "bets": bets,
        "course": lambda: course(4 * arguments.runs),
        "repeats": lambda: repeats(arguments.runs),
        "strata": lambda: strata(arguments.runs // 4),
    }
    holds = [tables[name]() for name in arguments.tables or tables]
    print(f"\nAll of it {'holds' if all(holds) else 'does NOT hold'}.")
    return 0 if all(holds) else 1


if __name__ == "__main__":
    sys.exit(main())
