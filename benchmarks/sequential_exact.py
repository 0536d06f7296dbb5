"""Passing early at single 0/1 answers, by enumeration, as Markdown tables: error, power, spending, bounds, time.

    python benchmarks/sequential_exact.py               all of it: about three minutes of one core
    python benchmarks/sequential_exact.py error power   only those: error, power, spending, bounds, time

Tables go to standard output. Exits 1 when a build exactly the margin worse passes more often than it may, or a build
without loss less often or later than is claimed.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from scipy.special import ndtr, ndtri

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from quantgate.evals.stats.calibration import discordance_grid
from quantgate.evals.stats.planning.power import exact_power
from quantgate.evals.stats.sequential.boundary import exact_levels
from quantgate.evals.stats.sequential.crossing import Crossing, crossing, missed
from quantgate.evals.stats.sequential.sizes import look_sizes
from quantgate.evals.stats.sequential.spending import SHAPE, spent

ALPHA = 0.05
FULL = 1319
MARGIN = 0.02
POINTS = 400
Levels = tuple[tuple[int, ...], tuple[float, ...]]
Spending = Callable[[float], float]


def looks(items: int, margin: float) -> Levels:
    """The default looks and their levels."""
    sizes = look_sizes(items)
    return sizes, exact_levels(sizes, [spent(size / items, ALPHA) for size in sizes], margin)


def error() -> bool:
    """A build exactly the margin worse: how often it passes at any look."""
    print("| full size | margin | flips 2% | 4% | 10% | 20% | worst | at flips of |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    holds = True
    for items in (50, 114, 198, 500, FULL):
        for margin in (0.01, 0.02, 0.05):
            design = looks(items, margin)
            at = ["" if psi < margin else percent(crossing(*design, margin, psi, -margin)) for psi in RATES]
            grid = discordance_grid(margin, POINTS)
            rates = [crossing(*design, margin, float(psi), -margin).power for psi in grid]
            worst = int(np.argmax(rates))
            holds &= rates[worst] <= ALPHA + 1e-9
            print(
                f"| {items:,} | {margin:.0%} | {' | '.join(at)} | {rates[worst]:.2%} | {grid[worst]:.0%} |", flush=True
            )
    return holds


RATES = (0.02, 0.04, 0.10, 0.20)


def percent(found: Crossing) -> str:
    return f"{found.power:.2%}"


def power() -> bool:
    """Builds of several truths at the default full size, beside the fixed test."""
    print("| flips | true difference | passes | fixed test | mean items | of all |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    design = looks(FULL, MARGIN)
    for psi in (0.01, 0.03, 0.06, 0.10, 0.20):
        for difference in (0.01, 0.0, -0.01, -0.02, -0.04):
            if abs(difference) <= psi:
                found, fixed = crossing(*design, MARGIN, psi, difference), exact_power(FULL, MARGIN, psi, difference)
                row = f"| {psi:.0%} | {100 * difference + 0.0:g} | {found.power:.1%} | {fixed:.1%} "
                print(row + f"| {found.expected_items:,.0f} | {found.expected_items / FULL:.0%} |", flush=True)
    few, many = crossing(*design, MARGIN, 0.03, 0.0), crossing(*design, MARGIN, 0.06, 0.0)
    return (
        few.power >= 0.97
        and few.expected_items <= 0.50 * FULL
        and many.power >= exact_power(FULL, MARGIN, 0.06) - 0.02
        and many.expected_items <= 0.72 * FULL
    )


def of_type(fraction: float) -> float:
    """Lan and DeMets' spending like O'Brien and Fleming's boundary, one-sided."""
    return float(2 * ndtr(ndtri(ALPHA / 2) / math.sqrt(fraction)))


def pocock_type(fraction: float) -> float:
    """Lan and DeMets' spending like Pocock's boundary."""
    return ALPHA * math.log1p((math.e - 1) * fraction)


def family(shape: float) -> Spending:
    return lambda fraction: spent(fraction, ALPHA, shape)


def spending() -> bool:
    """No loss, margin 2 points, full size 1,319: what the spending and the first look make of it."""
    print("| spending | looks from | flips 3%: passes | mean items | flips 6%: passes | mean items | last level |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    functions: dict[str, Spending] = {"O'Brien-Fleming type": of_type}
    functions |= {f"Hwang-Shih-DeCani {shape:g}": family(shape) for shape in (-4, -3, -2.5, -2, -1.5, -1, 0, 1)}
    functions |= {"Pocock type": pocock_type}
    rows = [(name, function, look_sizes(FULL)) for name, function in functions.items()]
    shares = {f"{first:.0%}": look_sizes(FULL, first=first) for first in (0.15, 0.2, 0.25, 0.35, 0.4)}
    rows += [(f"Hwang-Shih-DeCani {SHAPE:g}, {share}", family(SHAPE), sizes) for share, sizes in shares.items()]
    even = tuple(math.ceil(FULL * part / 8) for part in range(1, 9))
    rows += [(f"Hwang-Shih-DeCani {SHAPE:g}, even steps", family(SHAPE), even)]
    for count in (4, 12, 16):
        rows += [(f"Hwang-Shih-DeCani {SHAPE:g}, {count} looks", family(SHAPE), look_sizes(FULL, count))]
    fixed = [exact_power(FULL, MARGIN, psi) for psi in (0.03, 0.06)]
    print(f"| fixed test | 100% | {fixed[0]:.1%} | 1,319 (100%) | {fixed[1]:.1%} | 1,319 (100%) | 0.0500 |")
    for name, function, sizes in rows:
        levels = exact_levels(sizes, [function(size / FULL) for size in sizes], MARGIN)
        cells = [cell(crossing(sizes, levels, MARGIN, psi, 0.0)) for psi in (0.03, 0.06)]
        print(f"| {name} | {sizes[0] / FULL:.0%} | {' | '.join(cells)} | {levels[-1]:.4f} |", flush=True)
    return True


def cell(found: Crossing) -> str:
    share = found.expected_items / FULL
    return f"{found.power:.1%} | {found.expected_items:,.0f} ({share:.1%})"


def bounds() -> bool:
    """How often a lower bound at the looks' levels is above the truth at any look, worst of a grid of flips."""
    print("| full size | margin | worst of differences from -3 margins to +1 | at a difference of | at flips of |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    holds = True
    for items, margin in ((16, 0.1), (30, 0.05), (50, 0.05), (114, 0.02), (198, 0.02), (198, 0.05), (FULL, 0.02)):
        design = looks(items, margin)
        truths = [(psi, part * margin) for part in PARTS for psi in grid_from(abs(part * margin))]
        rates = [missed(*design, psi, difference) for psi, difference in truths]
        worst = int(np.argmax(rates))
        psi, difference = truths[worst]
        holds &= rates[worst] <= ALPHA + 1e-9
        row = f"| {items:,} | {margin:.0%} | {rates[worst]:.2%} | {100 * difference:+.2f} | {psi:.0%} |"
        print(row, flush=True)
    return holds


PARTS = (-3, -2, -1.5, -1.1, -1, -0.9, -0.5, -0.25, 0.0, 0.25, 0.5, 1)


def grid_from(least: float) -> Sequence[float]:
    rates = np.sin(np.linspace(math.asin(math.sqrt(max(least, 0.002))), math.pi / 2, 24)) ** 2
    return [min(max(float(psi), least), 1.0) for psi in rates]


def timing() -> bool:
    """Seconds of one core for the levels of eight looks."""
    print("| items | margin | seconds |")
    print("| ---: | ---: | ---: |")
    for items, margin in ((198, 0.02), (FULL, 0.02), (5000, 0.01), (14_000, 0.01)):
        start = time.process_time()
        looks(items, margin)
        print(f"| {items:,} | {margin:.0%} | {time.process_time() - start:.1f} |", flush=True)
    return True


TABLES = {"error": error, "power": power, "spending": spending, "bounds": bounds, "time": timing}


def main() -> int:
    wanted = sys.argv[1:] or list(TABLES)
    if unknown := [name for name in wanted if name not in TABLES]:
        print(f"there is no table {unknown[0]}: {', '.join(TABLES)}", file=sys.stderr)
        return 2
    holds = True
    for name in wanted:
        print(f"\n{TABLES[name].__doc__}\n")
        holds &= TABLES[name]()
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
