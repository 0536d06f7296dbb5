"""`quantgate gate`: decides whether a candidate run passes against a baseline run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantgate.cli.notice import note, notice
from quantgate.cli.outputs import OUTPUT_NAMES, with_outputs
from quantgate.cli.panels import grouped
from quantgate.cli.policy import PolicyName
from quantgate.cli.telling import annotate, tell
from quantgate.evals.settings.requirements import Target
from quantgate.reports.files.options import Outputs

if TYPE_CHECKING:
    from quantgate.evals.runs.record import TaskRecord


def register(app: typer.Typer) -> None:
    app.command(name="gate")(grouped("gate", with_outputs(gate)))


def gate(
    context: typer.Context,
    baseline: Annotated[Path, typer.Argument(help="The baseline's run directory, or files of another tool.")],
    candidate: Annotated[Path, typer.Argument(help="The candidate's run directory, or files of another tool.")],
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
    alpha: Annotated[float | None, typer.Option(help="One-sided error rate of each bound. Default 0.05.")] = None,
    noise: Annotated[
        Path | None, typer.Option(help="A second run of the baseline: tells how many flips serving alone causes.")
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
            help="Which look at this pair this is. By default looks at growing data are counted, and later ones have "
            "next to nothing of alpha; 1 declares a fresh start.",
        ),
    ] = None,
    include_text: Annotated[
        bool, typer.Option("--include-text", help="Put what the builds answered on flipped items into the outputs.")
    ] = False,
    *,
    outputs: Outputs,
) -> None:
    """Decide whether the candidate is equivalent to the baseline within the margin.

    Exits 0 pass, 1 regressed, 3 inconclusive, 4 invalid (not comparable, or answers are missing).
    """
    from quantgate.cli.command_line import command_line
    from quantgate.cli.delivering import deliver
    from quantgate.evals.decision.figures import check_noise_run
    from quantgate.evals.decision.gate import decide
    from quantgate.evals.decision.looking import Looked, decide_with_looks
    from quantgate.evals.errors import UsageError
    from quantgate.evals.foreign.opening import run_directory
    from quantgate.evals.pairing.pairing import Run, pair_runs
    from quantgate.evals.runs.record import now
    from quantgate.evals.settings.policy import load_policy
    from quantgate.evals.settings.remarks import of_policy
    from quantgate.evals.settings.run import parse_assignments
    from quantgate.evals.storage.address import shown
    from quantgate.evals.versions import software_versions
    from quantgate.reports.files.write import check_outputs
    from quantgate.reports.terminal.console import output_console
    from quantgate.reports.terminal.verdict import print_verdict

    check_outputs(outputs)
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
    if noise is not None and noise.resolve() in (baseline.resolve(), candidate.resolve()):
        raise UsageError(f"--noise {noise}: name a second run of the baseline, not one of the two that are compared")
    metrics = asked.metrics(task.name for task in reference.record.tasks)
    folder = run_directory(candidate, tell)
    pairs = pair_runs(reference, Run.load(folder, candidate), metrics, common=common)
    asked.check_tasks([task.task for task in pairs.tasks])
    again = None
    if noise is not None:
        again = pair_runs(reference, Run.load(run_directory(noise, tell), noise), metrics)
        check_noise_run(again, model_changed=asked.model_changed)
    if include_text:
        warn_of_texts([record for task in pairs.tasks if (record := reference.record.task(task.task)) is not None])
    verdict = decide_with_looks(
        {"": Looked(pairs, folder)},
        asked,
        lambda seen: decide(pairs, asked, again, texts=include_text, looks=seen[""]),
        lambda decided: {"": decided.tasks},
        looks,
        notice,
    )
    verdict = replace(
        verdict,
        command=command_line(context, OUTPUT_NAMES),
        created=now(),
        software=software_versions(),
        folders={"baseline": shown(baseline), "candidate": shown(candidate)},
    )
    print_verdict(output_console(), verdict)
    annotate(verdict)
    deliver(verdict, outputs)
    raise typer.Exit(verdict.verdict.exit_code)


def warn_of_texts(tasks: Sequence[TaskRecord]) -> None:
    """Say on standard error what the authors of a benchmark ask of those who publish texts."""
    for task in tasks:
        if (asked := task.asked_by_authors) is not None:
            notice(f"answers to {task.name} quote its questions, so treat what --include-text writes alike. {asked}")
