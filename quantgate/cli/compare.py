"""`quantgate compare`: several precision formats against one baseline."""

from __future__ import annotations

import difflib
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from quantgate.cli.outputs import OUTPUT_NAMES, with_outputs
from quantgate.cli.policy import PolicyName
from quantgate.evals.errors import UsageError
from quantgate.reports.files.options import Outputs


def register(app: typer.Typer) -> None:
    app.command(name="compare")(with_outputs(compare))


def compare(
    context: typer.Context,
    baseline: Annotated[Path, typer.Argument(help="The baseline's run directory.")],
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="The formats' run directories.")],
    margin: Annotated[
        list[str] | None,
        typer.Option(help="Largest loss that still passes: 0.02, or gsm8k=0.01; repeatable. Default 0.02."),
    ] = None,
    policy: PolicyName = None,
    alpha: Annotated[
        float | None, typer.Option(help="One-sided error rate over all formats together. Default 0.05.")
    ] = None,
    cost: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="What a format costs, in any unit, by label or folder name; for every format or none. "
            "Sorts by cost and marks the cheapest that passes.",
        ),
    ] = None,
    cost_unit: Annotated[str, typer.Option(help="What the costs are: GB, dollars per million tokens, tokens/s.")] = "",
    more_is_better: Annotated[
        bool, typer.Option("--more-is-better", help="A higher --cost is the better one, as with tokens per second.")
    ] = False,
    *,
    outputs: Outputs,
) -> None:
    """Compare several formats with one baseline, in bounds that hold for all of them together.

    Exits 0 when every format passes, else by the worst: 4 any invalid, 1 any regressed, 3 any inconclusive.
    """
    from quantgate.cli.command_line import command_line
    from quantgate.evals.decision.compare import compare as decide_all
    from quantgate.evals.pairing.pairing import Run, pair_runs
    from quantgate.evals.runs.record import now
    from quantgate.evals.settings.policy import load_policy
    from quantgate.evals.versions import software_versions
    from quantgate.reports.files.write import check_outputs, write_reports
    from quantgate.reports.terminal.compare import print_comparison
    from quantgate.reports.terminal.console import output_console

    check_outputs(outputs)
    if (cost_unit or more_is_better) and not cost:
        raise UsageError(f"{'--cost-unit' if cost_unit else '--more-is-better'} is given without any --cost")
    asked = load_policy(policy, margin or [], alpha)
    reference, candidates = Run.load(baseline), [Run.load(run) for run in runs]
    folders = _folders(baseline, runs)
    labels = [run.record.label for run in candidates]
    names = _names(labels, folders)
    costs = _costs(cost or [], names, labels, folders)
    pairs = [pair_runs(reference, run) for run in candidates]
    asked.check_tasks(list(dict.fromkeys(task.task for pair in pairs for task in pair.tasks)))
    together = list(zip(names, map(str, runs), pairs, strict=True))
    comparison = replace(
        decide_all(together, asked, costs, more_is_better=more_is_better),
        cost_unit=cost_unit,
        command=command_line(context, OUTPUT_NAMES),
        created=now(),
        software=software_versions(),
    )
    print_comparison(output_console(), comparison)
    write_reports(comparison, outputs)
    raise typer.Exit(comparison.verdict.exit_code)


def _folders(baseline: Path, runs: list[Path]) -> list[str]:
    """The runs' folder names. Raises UsageError for a folder given twice: a run against itself would always pass."""
    seen = {baseline.resolve(): "the baseline"}
    for run in runs:
        if before := seen.get(run.resolve()):
            raise UsageError(f"{run} is given twice: it is {before} already")
        seen[run.resolve()] = "one of the formats"
    return [run.resolve().name for run in runs]


def _names(labels: list[str], folders: list[str]) -> list[str]:
    """What each run is called: its label; with its folder where others share the label; with a number if need be."""
    shared = Counter(labels)
    names = [f"{a} ({b})" if shared[a] > 1 else a for a, b in zip(labels, folders, strict=True)]
    repeated = Counter(names)
    return [f"{name} #{i + 1}" if repeated[name] > 1 else name for i, name in enumerate(names)]


def _costs(given: list[str], names: list[str], labels: list[str], folders: list[str]) -> dict[str, float]:
    """`--cost NAME=VALUE` by the runs' names. Raises UsageError for a name, value or number of them that cannot be."""
    costs: dict[str, float] = {}
    for text in given:
        called, separator, value = text.rpartition("=")
        if not separator or not called:
            raise UsageError(f"--cost {text}: write NAME=VALUE, such as mxfp4=0.6")
        name = _called(called, names, labels, folders)
        if name in costs:
            raise UsageError(f"--cost {text}: the cost of {name} is given twice")
        costs[name] = _cost(value, text)
    missing = [name for name in names if name not in costs]
    if costs and missing:
        raise UsageError(f"--cost: {', '.join(missing)} has none; give a cost for every format, or for none")
    return costs


def _called(called: str, names: list[str], labels: list[str], folders: list[str]) -> str:
    for kind in (names, labels, folders):
        found = [name for name, key in zip(names, kind, strict=True) if key == called]
        if len(found) == 1:
            return found[0]
    known = list(dict.fromkeys([*names, *folders]))
    if called in labels or called in folders:
        raise UsageError(f"--cost {called}: several formats are called so; they are told apart as {', '.join(names)}")
    near = difflib.get_close_matches(called, known, n=1, cutoff=0.4)
    hint = f"; did you mean {near[0]}?" if near else "."
    raise UsageError(f"--cost {called}: no format is called so{hint} The formats are {', '.join(names)}")


def _cost(value: str, text: str) -> float:
    try:
        cost = float(value)
    except ValueError:
        cost = math.nan
    if not 0 <= cost < math.inf:
        raise UsageError(f"--cost {text}: a cost is a number of 0 or more")
    return cost
