"""`quantgate compare`: several precision formats against one baseline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from quantgate.cli.outputs import OUTPUT_NAMES, with_outputs
from quantgate.cli.panels import grouped
from quantgate.cli.policy import PolicyName
from quantgate.cli.telling import annotate, tell
from quantgate.evals.errors import UsageError
from quantgate.evals.settings.requirements import PassIf, Target
from quantgate.reports.files.options import Outputs


def register(app: typer.Typer) -> None:
    app.command(name="compare")(grouped("compare", with_outputs(compare)))


def compare(
    context: typer.Context,
    baseline: Annotated[Path, typer.Argument(help="The baseline's run directory, or files of another tool.")],
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="The formats' run directories, or files of another tool.")
    ],
    margin: Annotated[
        list[str] | None,
        typer.Option(help="Largest loss that still passes: 0.02, or gsm8k=0.01; repeatable. Default 0.02."),
    ] = None,
    recovery: Annotated[
        list[str] | None,
        typer.Option(
            help="Share of the baseline's accuracy that must be recovered: 0.99, or aime=0.98; repeatable. "
            "With --margin beside it both must be shown."
        ),
    ] = None,
    policy: PolicyName = None,
    alpha: Annotated[
        float | None, typer.Option(help="One-sided error rate over all formats together. Default 0.05.")
    ] = None,
    target: Annotated[
        Target | None,
        typer.Option(
            help="What the verdict holds for: questions like these, or the benchmark's very questions. Fix it before "
            "the answers are seen. Default questions."
        ),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(help="TASK=METRIC: decide by this metric of the stored answers, as gsm8k=tolerant; repeatable."),
    ] = None,
    same_build: Annotated[
        bool, typer.Option("--same-build", help="One served model on both sides is meant: the noise floor.")
    ] = False,
    model_changed: Annotated[
        bool, typer.Option("--model-changed", help="A run with answers of several models is meant, as of replicas.")
    ] = False,
    prompts_unlike: Annotated[
        bool,
        typer.Option(
            "--prompts-unlike", help="Prompts of other tokens are meant, as of two models with tokenizers of their own."
        ),
    ] = False,
    common: Annotated[
        bool,
        typer.Option(
            "--common",
            help="Compare what both runs have answered, where they were asked unlike items or answers are missing. "
            "What is left out is told, and makes the verdict invalid where it differs by build beyond chance.",
        ),
    ] = False,
    looks: Annotated[
        int | None,
        typer.Option(
            help="Which look at each pair this is. By default looks at growing data are counted, and later ones have "
            "next to nothing of alpha; 1 declares a fresh start.",
        ),
    ] = None,
    cost: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="What a format costs, in any unit, by label or folder name; for every format or none. "
            "Sorts by cost and marks the cheapest that passes. Default: the size of the weights, where every server "
            "tells it.",
        ),
    ] = None,
    cost_unit: Annotated[str, typer.Option(help="What the costs are: GB, dollars per million tokens, tokens/s.")] = "",
    more_is_better: Annotated[
        bool, typer.Option("--more-is-better", help="A higher --cost is the better one, as with tokens per second.")
    ] = False,
    pass_if: Annotated[
        PassIf, typer.Option(help="Exit with 0 when all formats pass, or when any does: a search for one to ship.")
    ] = PassIf.ALL,
    *,
    outputs: Outputs,
) -> None:
    """Compare several formats with one baseline, in bounds that hold for all of them together.

    Exits 0 when every format passes (with --pass-if any: when one does), else by the worst: 4 any invalid, 1 any
    regressed, 3 any inconclusive.
    """
    from quantgate.cli.command_line import command_line
    from quantgate.cli.delivering import deliver
    from quantgate.cli.notice import note, notice
    from quantgate.evals.decision.compare import compare as decide_all
    from quantgate.evals.decision.formats import folder_names, format_costs, format_names
    from quantgate.evals.decision.looking import Looked, decide_with_looks
    from quantgate.evals.foreign.opening import run_directory
    from quantgate.evals.pairing.pairing import Run, pair_runs
    from quantgate.evals.runs.record import now
    from quantgate.evals.settings.policy import load_policy
    from quantgate.evals.settings.remarks import of_policy
    from quantgate.evals.settings.run import parse_assignments
    from quantgate.evals.versions import software_versions
    from quantgate.reports.files.write import check_outputs
    from quantgate.reports.terminal.compare import print_comparison
    from quantgate.reports.terminal.console import output_console

    check_outputs(outputs)
    if (cost_unit or more_is_better) and not cost:
        raise UsageError(f"{'--cost-unit' if cost_unit else '--more-is-better'} is given without any --cost")
    asked = load_policy(
        policy,
        margin or [],
        alpha,
        recoveries=recovery or [],
        same_build=same_build,
        model_changed=model_changed,
        prompts_unlike=prompts_unlike,
        metrics=parse_assignments("--metric", metric or []),
        target=target,
    )
    note(of_policy(asked))
    reference = Run.load(run_directory(baseline, tell), baseline)
    directories = [run_directory(run, tell) for run in runs]
    candidates = [Run.load(directory, run) for directory, run in zip(directories, runs, strict=True)]
    folders = folder_names(baseline, runs)
    labels = [run.record.label for run in candidates]
    names = format_names(labels, folders)
    costs = format_costs([_cost(text) for text in cost or []], names, labels, folders)
    metrics = asked.metrics(task.name for task in reference.record.tasks)
    pairs = [pair_runs(reference, run, metrics, common=common) for run in candidates]
    asked.check_tasks(list(dict.fromkeys(task.task for pair in pairs for task in pair.tasks)))
    together = list(zip(names, map(str, runs), pairs, strict=True))
    comparison = decide_with_looks(
        {name: Looked(pair, folder) for name, pair, folder in zip(names, pairs, directories, strict=True)},
        asked,
        lambda seen: decide_all(together, asked, costs, more_is_better=more_is_better, pass_if=pass_if, looks=seen),
        lambda decided: {build.name: build.tasks for build in decided.formats},
        looks,
        notice,
    )
    comparison = replace(
        comparison,
        cost_unit=cost_unit or comparison.cost_unit,
        command=command_line(context, OUTPUT_NAMES),
        created=now(),
        software=software_versions(),
        baseline_folder=str(baseline),
    )
    print_comparison(output_console(), comparison)
    annotate(comparison)
    deliver(comparison, outputs)
    raise typer.Exit(comparison.verdict.exit_code)


def _cost(text: str) -> tuple[str, float]:
    """`NAME=VALUE`. Raises UsageError for anything else."""
    called, separator, value = text.rpartition("=")
    if not separator or not called:
        raise UsageError(f"--cost {text}: write NAME=VALUE, such as mxfp4=0.6")
    try:
        return called, float(value)
    except ValueError:
        raise UsageError(f"--cost {text}: a cost is a number of 0 or more") from None
