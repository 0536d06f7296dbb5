"""False passes at nightly size, as a table: how often a build exactly the margin worse would pass, method by method.

    python benchmarks/calibration_nightly.py                    all of it: about ten minutes of one core
    python benchmarks/calibration_nightly.py --chart FILE       only the chart of the documentation (svg, png or pdf)

The table goes to standard output, progress and the time left to standard error. Exits 1 when a method that decides
passes such a build more often than it may.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from quantgate.evals.stats.calibration import Method, Model, simulated_false_pass, worst_false_pass

ALPHA = 0.05
BAR = 0.055
MARGINS = (0.01, 0.02, 0.03, 0.05)
SIZES = (20, 30, 50, 75, 114, 150, 198, 300, 400, 541, 817, 1000, 1319)
REPEATS = (2, 4, 8, 16)
RATES = {"easy": (4.0, 1.0), "hard": (2.0, 3.0), "divided": (0.5, 0.5)}
# Okabe and Ito's colours, which colour-blind readers tell apart; the lines differ in dash and mark as well.
STYLES = {
    Method.NAIVE: ("naive percentile bootstrap", "#D55E00", "-", "o"),
    Method.EXACT: ("exact test (decides, one answer each)", "#0072B2", "-", "s"),
    Method.BAYESIAN: ("Bayesian bootstrap plus one (decides, repeats)", "#009E73", "--", "^"),
}
CHART_SIZES = (20, 27, 36, 50, 70, 90, 114, 150, 198, 260, 330, 400, 550, 750, 1000, 1319)
CHART_MARGINS = (0.01, 0.02, 0.05)


def single_answers(points: int) -> bool:
    """Print the worst case over psi for each n and margin; whether both methods that decide hold."""
    print(f"one answer per item, by enumeration, worst of {points} discordance rates and a refinement")
    print(f"{'n':>5} {'margin':>6}" + "".join(f" {method.value:>9} {'at psi':>7}" for method in Method))
    holds = True
    done, started = 0, time.monotonic()
    for n in SIZES:
        for margin in MARGINS:
            worst = {method: worst_false_pass(method, n, margin, ALPHA, points) for method in Method}
            cells = "".join(f" {found.rate:>9.4f} {found.discordance:>7.4f}" for found in worst.values())
            print(f"{n:>5} {margin:>6.2f}{cells}", flush=True)
            holds &= max(worst[Method.EXACT].rate, worst[Method.BAYESIAN].rate) <= ALPHA + 1e-9
            done += 1
            _tell("one answer", done, len(SIZES) * len(MARGINS), started)
    return holds


def repeated_answers(runs: int) -> bool:
    """Print simulated rates for repeats; whether the bound that decides holds within three standard errors."""
    print(f"\nrepeats, {runs:,} simulated comparisons each")
    print(f"{'n':>5} {'k':>3} {'margin':>6} {'items':>8} {'model':>7} {'bayesian':>9} {'naive':>9}")
    holds = True
    settings = [(n, k, margin) for n in (50, 198, 400) for k in REPEATS for margin in (0.02, 0.05)]
    started = time.monotonic()
    for done, (n, repeats, margin) in enumerate(settings, 1):
        holds &= all([_print_models(n, repeats, margin, items, runs) for items in RATES])
        _tell("repeats", done, len(settings), started)
    return holds


def _tell(part: str, done: int, total: int, started: float) -> None:
    """Progress of one part, with the time left if what is to come takes as long as what was done."""
    minutes = (time.monotonic() - started) / 60
    left = minutes / done * (total - done)
    print(f"{part}: {done} of {total}, {minutes:.1f} minutes, about {left:.1f} left", file=sys.stderr, flush=True)


def _print_models(n: int, repeats: int, margin: float, items: str, runs: int) -> bool:
    holds = True
    # Items that are always right are so in every population: once is enough.
    for model in Model if items == "easy" else (Model.BROKEN, Model.WORSE):
        found, naive = (
            simulated_false_pass(method, model, n, repeats, margin, runs=runs, seed=n + repeats, rates=RATES[items])
            for method in (Method.BAYESIAN, Method.NAIVE)
        )
        print(
            f"{n:>5} {repeats:>3} {margin:>6.2f} {items:>8} {model.value:>7} {found.rate:>9.4f} {naive.rate:>9.4f}",
            flush=True,
        )
        holds &= not found.exceeds(BAR)
    return holds


def draw_chart(file: Path) -> None:
    """Draw false-pass by method over n, one panel a margin. Needs matplotlib: pip install "quantgate[plots]"."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import NullLocator, PercentFormatter

    # Equal figures make equal files.
    mpl.rcParams["svg.hashsalt"] = "quantgate"
    figure, panels = pyplot.subplots(1, len(CHART_MARGINS), figsize=(11, 4.3), sharey=True, layout="constrained")
    for panel, margin in zip(panels, CHART_MARGINS, strict=True):
        for method, (name, colour, dash, mark) in STYLES.items():
            rates = [worst_false_pass(method, n, margin, ALPHA).rate for n in CHART_SIZES]
            panel.plot(CHART_SIZES, rates, dash, color=colour, marker=mark, markersize=4, label=name)
        panel.axhline(ALPHA, color="#444444", linewidth=1, linestyle=":", label="promised: 5%")
        panel.set_title(f"margin {100 * margin:g} point{'s' if margin != 0.01 else ''}", fontsize=11)
        panel.set_xscale("log")
        panel.set_xticks([20, 50, 114, 198, 400, 1319], labels=["20", "50", "114", "198", "400", "1319"], fontsize=8)
        panel.xaxis.set_minor_locator(NullLocator())
        panel.set_xlabel("items")
        panel.grid(alpha=0.25)
    panels[0].set_ylim(0, 0.9)
    panels[0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    panels[0].set_ylabel("passes a build that is\nexactly the margin worse")
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=9, frameon=False
    )
    metadata = {"Date": None} if file.suffix == ".svg" else None
    figure.savefig(file, dpi=110, metadata=metadata)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chart", type=Path, help="only draw the chart, into this file")
    parser.add_argument("--points", type=int, default=2000, help="discordance rates (default 2000)")
    parser.add_argument("--runs", type=int, default=4000, help="simulated comparisons of each kind (default 4000)")
    arguments = parser.parse_args()
    if arguments.chart is not None:
        draw_chart(arguments.chart)
        return 0
    holds = [single_answers(arguments.points), repeated_answers(arguments.runs)]
    print(f"\nThe gate {'holds' if all(holds) else 'does NOT hold'} at alpha {ALPHA:g}.")
    return 0 if all(holds) else 1


if __name__ == "__main__":
    sys.exit(main())
