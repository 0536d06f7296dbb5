"""`quantgate plan`: how many items and repeats a margin needs, before anything is spent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantgate.cli.panels import grouped
from quantgate.cli.policy import SuiteName
from quantgate.evals.settings.requirements import Target

if TYPE_CHECKING:
    from quantgate.evals.planning.types import Plan


_RUNS = ("baseline", "candidate")
_COPY = "`quantgate tasks --suites NAME --yaml > mine.yaml` makes one with yours"
_NOT_WITH_SUITE = (*_RUNS, "noise", "task", "items", "margin", "recovery", "policy", "alpha", "target")


def register(app: typer.Typer) -> None:
    app.command(name="plan")(grouped("plan", plan))


def plan(
    context: typer.Context,
    baseline: Annotated[Path | None, typer.Argument(help="A pilot's baseline run directory.")] = None,
    candidate: Annotated[Path | None, typer.Argument(help="A pilot's candidate run directory.")] = None,
    noise: Annotated[
        Path | None, typer.Option(help="A second run of the pilot's baseline: which flips are noise of re-runs.")
    ] = None,
    task: Annotated[str | None, typer.Option(help="A task, as `quantgate tasks` lists; or one of the pilot.")] = None,
    items: Annotated[int | None, typer.Option(help="The task's number of items.")] = None,
    margin: Annotated[
        list[float] | None, typer.Option(help="Largest loss that would pass: 0.02; repeatable. Default: a table.")
    ] = None,
    recovery: Annotated[
        list[float] | None,
        typer.Option(
            help="Share of the baseline's accuracy that must be recovered, planned like a margin; repeatable."
        ),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE",
            help="Plan each task at the margin of a policy, and its suite, the mean over several tasks, at its own.",
        ),
    ] = None,
    suite: SuiteName = None,
    power: Annotated[float, typer.Option(help="Probability that an equal build passes all required tasks.")] = 0.8,
    alpha: Annotated[float | None, typer.Option(help="One-sided error rate of each bound. Default 0.05.")] = None,
    accuracy: Annotated[float | None, typer.Option(help="Guessed accuracy of both builds, such as 0.95.")] = None,
    discordance: Annotated[
        float | None, typer.Option(help="Guessed share of items on which the builds differ, such as 0.05.")
    ] = None,
    within_variance: Annotated[
        float | None, typer.Option(help="Guessed part of the discordance that is noise of re-runs.")
    ] = None,
    repeats: Annotated[int, typer.Option(help="The most answers to each item.")] = 64,
    baseline_repeats: Annotated[
        int | None,
        typer.Option(
            help="Answers of the baseline to each item, paid once for all formats: plans those of a candidate."
        ),
    ] = None,
    target: Annotated[
        Target | None,
        typer.Option(help="What the verdict is to hold for: questions like these, or the benchmark's very questions."),
    ] = None,
    tasks: Annotated[
        int | None, typer.Option(help="Number of required tasks, which must all pass. Default: those planned.")
    ] = None,
    true_loss: Annotated[
        float, typer.Option(help="A loss that a build may really have and is still to pass: 0.005 is half a point.")
    ] = 0.0,
    tokens_per_answer: Annotated[float | None, typer.Option(help="Completion tokens of an answer.")] = None,
    throughput: Annotated[float | None, typer.Option(help="The server's tokens per second, for the hours.")] = None,
    sequential: Annotated[
        bool, typer.Option(help="Say besides what it takes where `quantgate check` stops as soon as it is certain.")
    ] = False,
    json: Annotated[Path | None, typer.Option(help="Write the plan as JSON.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the plan as one HTML file.")] = None,
) -> None:
    """Say how many items, repeats, requests and tokens a margin needs, from a guess or from two runs of a pilot."""
    from quantgate.cli.installed import installed_tasks, known_tasks
    from quantgate.cli.notice import note
    from quantgate.cli.suites import read_suite
    from quantgate.cli.telling import tell
    from quantgate.evals.errors import UsageError
    from quantgate.evals.files import write_output
    from quantgate.evals.foreign.opening import run_directory
    from quantgate.evals.pairing.pairing import Run
    from quantgate.evals.planning.assumptions import assume, planned_by_flips
    from quantgate.evals.planning.by_policy import aims, tasks_of, without_logprobs
    from quantgate.evals.planning.fresh import with_fresh
    from quantgate.evals.planning.options import check_aim
    from quantgate.evals.planning.pilot import pilots
    from quantgate.evals.planning.plan import make_plan
    from quantgate.evals.planning.sequential import looked_at
    from quantgate.evals.planning.types import MARGINS, Aim, Guess, plans_json
    from quantgate.evals.settings.margin import Margin
    from quantgate.evals.settings.policy import load_policy
    from quantgate.evals.settings.remarks import of_alpha, of_margin
    from quantgate.evals.text import one_line
    from quantgate.reports.files.options import Outputs
    from quantgate.reports.files.write import check_outputs
    from quantgate.reports.terminal.console import output_console, progress_console
    from quantgate.reports.terminal.plan import print_plans

    outputs = Outputs(json=json, html=html)
    check_outputs(outputs)
    known = installed_tasks().tasks
    if (margin or recovery) and policy is not None:
        raise UsageError(
            f"--{'margin' if margin else 'recovery'} and --policy: the policy has the margins, so give one of the two"
        )
    if suite is not None and (given := next((name for name in _NOT_WITH_SUITE if context.params[name]), None)):
        beside = given.upper() if given in _RUNS else f"--{given}"
        raise UsageError(f"--suite and {beside}: a suite has its own; {_COPY}")
    aim = check_aim(
        Aim(
            tuple(margin or (() if recovery else MARGINS)),
            power,
            0.05 if alpha is None else alpha,
            1 if tasks is None else tasks,
            repeats,
            throughput,
            true_loss,
            target or Target.QUESTIONS,
            baseline_repeats,
            tuple(recovery or ()),
        )
    )
    read = None if suite is None else read_suite(suite, "--suite", installed_tasks(), known_tasks())
    asked = None if policy is None else load_policy(policy, alpha=alpha, target=target)
    if read is not None:
        asked = read.policy
    wanted_margins = [Margin(points=each) for each in margin or ()] + [Margin(recovery=each) for each in recovery or ()]
    note([*(said for each in wanted_margins for said in of_margin(each)), *of_alpha(aim.alpha)])
    if asked is not None:
        asked, left = without_logprobs(asked, known)
        note(f"{name} is left out of the plan: it is decided by agreement and divergence" for name in left)
    named = tasks_of(asked, task)
    guess = Guess(accuracy, discordance, within_variance, tokens_per_answer)
    if baseline is not None and candidate is not None:
        runs = [Run.load(run_directory(each, tell), each) for each in (baseline, candidate)]
        again = None if noise is None else Run.load(run_directory(noise, tell), noise)
        assumed = pilots(runs[0], runs[1], task, items, guess, known, again, asked)
    elif baseline is not None or noise is not None:
        raise UsageError(f"{baseline or noise}: a pilot is two run directories, BASELINE and CANDIDATE")
    elif read is not None:
        assumed = read.assumed(guess)
    else:
        assumed = [assume(name, items, guess, planned_by_flips(known.get(name or ""))) for name in named]
    plans = []
    with progress_console().status("") as status:
        told = {} if read is None else read.as_asked()
        for one, wanted in aims(assumed, aim, tasks, asked):
            one = replace(one, notes=(*told.get(None if one.parts else one.task, ()), *one.notes))
            status.update(f"planning {one_line(one.task, 40)}")
            made = with_fresh(make_plan(one, wanted), guess, known, piloted=baseline is not None)
            plans.append(looked_at(made) if sequential else made)
    if json is not None:
        write_output(json, plans_json(plans), "--json")
    print_plans(output_console(), plans)
    if html is not None:
        write_output(html, _page(context, plans), "--html")
    if written := outputs.files():
        tell(f"written: {', '.join(map(str, written.values()))}")


def _page(context: typer.Context, plans: Sequence[Plan]) -> str:
    from quantgate.cli.command_line import command_line
    from quantgate.evals.runs.record import now
    from quantgate.evals.versions import software_versions
    from quantgate.reports.html.plan import plan_html

    command = command_line(context, ("json", "html"))
    return plan_html(plans, command=command, created=now(), software=software_versions())
