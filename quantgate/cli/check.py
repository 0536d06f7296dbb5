"""`quantgate check`: both builds, all tasks, one verdict; asked no further than the verdict needs."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantgate.cli.cluster_options import RayAddress, RayExecutor, RayWorkers
from quantgate.cli.coming import print_coming, say_what_is_coming
from quantgate.cli.manner import LogLevel, Manner
from quantgate.cli.outputs import TRACKERS, Mlflow, Wandb, outputs_of
from quantgate.cli.panels import grouped
from quantgate.cli.policy import SuiteName
from quantgate.cli.telling import annotate
from quantgate.reports.files.options import Outputs

if TYPE_CHECKING:
    from collections.abc import Collection

    from quantgate.evals.decision.comparison import Comparison
    from quantgate.evals.decision.types import Verdict
    from quantgate.evals.release.ready import Ready
    from quantgate.evals.release.types import Ended
    from quantgate.evals.settings.policy import Policy
    from quantgate.evals.settings.release import Budget, Release

_NOT_COMPLETE = 5
_CERTAIN = (0, 1)
"""Exit codes of verdicts that no further answer can change."""
_SPENT = ("time", "requests")
"""Why a check ended whose budget was used up; values of `evals.release.types.Reason`."""


class Stopping(StrEnum):
    """Whether a task ends as soon as its verdict is certain."""

    EARLY = "early"
    NEVER = "never"


def register(app: typer.Typer) -> None:
    app.command(name="check")(grouped("check", check))


def check(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="RELEASE", help="A release.yaml, as `quantgate init` writes one.")],
    suite: SuiteName = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be asked, with each task's first prompt; ask nothing.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="The folder of everything that is written, over the file's.")] = None,
    stop: Annotated[
        Stopping | None, typer.Option(help="End each task as soon as its verdict is certain, or ask all of it.")
    ] = None,
    looks: Annotated[int | None, typer.Option(help="How often the answers are looked at on the way, at most.")] = None,
    limit: Annotated[int | None, typer.Option(help="Only N items of each task, drawn alike for every build.")] = None,
    concurrency: Annotated[
        str | None, typer.Option(help="Requests in flight of each build: a number; default auto, found by itself.")
    ] = None,
    executor: RayExecutor = None,
    ray_address: RayAddress = None,
    ray_workers: RayWorkers = None,
    max_time: Annotated[
        str | None, typer.Option(help="How long this call asks at most, as 4h or 1h30m; the next one goes on.")
    ] = None,
    max_requests: Annotated[
        int | None, typer.Option(min=1, help="The most requests of all builds and tasks together.")
    ] = None,
    shard: Annotated[str | None, typer.Option(hidden=True)] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the verdict alone.")] = False,
    no_progress: Annotated[
        bool, typer.Option("--no-progress", help="Show no live screen, and no lines under way.")
    ] = False,
    log_level: Annotated[
        LogLevel, typer.Option(help="Tell of faults (info), or of every request (debug), on standard error.")
    ] = LogLevel.WARNING,
    mlflow: Mlflow = None,
    wandb: Wandb = None,
) -> None:
    """Ask a baseline and its candidates the same questions side by side, and decide as soon as that is certain.

    The same command goes on after any stop, and answers from disk when all is there. Exits 0 pass, 1 regressed, 3
    inconclusive, 4 invalid, 5 when it is not complete or an endpoint is not fit to be asked.
    """
    from quantgate.cli.signals import hold_steering

    hold_steering()

    from quantgate.cli.command_line import command_line
    from quantgate.cli.installed import known_tasks
    from quantgate.evals.errors import UsageError
    from quantgate.evals.settings.release import load_release
    from quantgate.evals.settings.release.names import NO_SHARDS

    if shard is not None:
        raise UsageError(f"--shard {shard}: {NO_SHARDS}")
    manner = Manner(quiet=quiet, progress=not (quiet or no_progress), log_level=log_level)
    overrides: dict[str, object] = {"suite": suite, "out": out, "stop": stop and stop.value, "looks": looks}
    overrides |= {"limit": limit, "concurrency": concurrency}
    overrides |= {"executor": executor, "ray_address": ray_address, "ray_workers": ray_workers}
    try:
        release = load_release(file, overrides, known_tasks())
        release = replace(release, budget=_budget(release.budget, max_time, max_requests))
        ready = _made_ready(release, manner)
        trackers = Outputs(mlflow=mlflow, wandb=wandb)
        code = (
            print_coming(ready, manner) if dry_run else _check(ready, manner, command_line(context, TRACKERS), trackers)
        )
    except KeyboardInterrupt:
        manner.tell("stopped; nothing that has arrived is lost, and the same command goes on")
        code = _NOT_COMPLETE
    raise typer.Exit(code)


def _budget(said: Budget, max_time: str | None, max_requests: int | None) -> Budget:
    """The budget of the file with that of the command line, which wins. Raises UsageError."""
    from quantgate.evals.errors import UsageError
    from quantgate.evals.settings.durations import read_duration

    if max_time is not None:
        try:
            said = replace(said, max_time_s=read_duration(max_time))
        except ValueError as error:
            raise UsageError(f"--max-time {max_time}: {error}") from None
    return said if max_requests is None else replace(said, max_requests=max_requests)


def _made_ready(release: Release, manner: Manner) -> Ready:
    """The release with its tasks loaded, after everything was looked at that needs no endpoint.

    Raises
    ------
    UsageError, DataError
        For a place that cannot be written, a key that is not set, a task that lacks something or has no data.
    """
    from quantgate.cli.installed import installed_tasks
    from quantgate.cli.loading import ready_release
    from quantgate.evals.errors import UsageError
    from quantgate.evals.files import check_writable
    from quantgate.evals.settings.remarks import of_asking, of_policy
    from quantgate.reports.files.write import check_outputs

    if not release.asked:
        raise UsageError(f"{release.file}: all builds are finished runs: `quantgate gate` decides about those")
    check_writable(release.out)
    check_outputs(outputs_of(release))
    remarks = list(of_policy(release.policy))
    for build in release.asked:
        for name in release.tasks:
            config = release.run_config(build.label, name)
            config.check_keys()
            remarks += of_asking(config)
    manner.note(list(dict.fromkeys(remarks)))
    return ready_release(release, installed_tasks(), manner.console)


def _check(ready: Ready, manner: Manner, command: str, trackers: Outputs) -> int:
    """Ask what the verdict still needs, decide, and return the exit code."""
    if (first := ready.first) is not None and (stopped := _asked_first(first, manner, command, trackers)) is not None:
        return stopped
    ended = _ask(ready, manner)
    if ended is None:
        return _NOT_COMPLETE
    policy = ready.release.policy
    decision = _dated(_decided(ready, policy), ready.release, command)
    code = _conclude(ready.release, decision, manner, trackers)
    if ended.reason in _SPENT:
        manner.tell(_spent(ended, ready.release))
    if code not in _CERTAIN and _is_short(ended, decision):
        lacking = sum(ended.left.values())
        manner.tell(f"not complete: up to {lacking:,} answers are missing after faults; the same command asks for them")
        return _NOT_COMPLETE
    return code


def _asked_first(ready: Ready, manner: Manner, command: str, trackers: Outputs) -> int | None:
    """Ask the release's first task alone; the exit code where it stops the release, `None` where that goes on."""
    from quantgate.evals.decision.first_look import first_look, policy_of_first
    from quantgate.evals.release.paired import paired_release

    if _ask(ready, manner) is None:
        return _NOT_COMPLETE
    release, (task,) = ready.release, ready.tasks
    policy = policy_of_first(release.policy, task)
    folders = {label: release.path_of(label) for label in ready.candidates}
    seen = first_look(paired_release(release.path_of(release.baseline.label), folders, [task], policy), task)
    for label, said in seen.seen.items():
        if not manner.quiet:
            manner.tell(f"{task}, asked first: {label}: {seen.broken.get(label, said)}")
    if not seen.stops:
        return None
    decision = _dated(_decided(ready, policy), ready.release, command)
    code = _conclude(release, decision, manner, trackers)
    if left := [name for name in release.tasks if name != task]:
        otherwise = "without `first`" if release.suite is None else "with `first: null`"
        manner.tell(
            f"stopped before {', '.join(left)}, which would show no more of a broken build. All that was asked is in "
            f"{release.out}; {otherwise} in {release.file.name} the same command goes on"
        )
    return code


def _dated(decision: Verdict | Comparison, release: Release, command: str) -> Verdict | Comparison:
    """The decision with when, how and by which suite it came about."""
    from quantgate.evals.runs.record import now
    from quantgate.evals.versions import software_versions

    known = software_versions()
    return replace(decision, command=command, created=now(), software=known, asked_suite=release.suite)


def _is_short(ended: Ended, decision: Verdict | Comparison) -> bool:
    """Whether answers are missing that were asked for in vain, and that a verdict still rests on."""
    from quantgate.evals.decision.types import Decided, Verdict
    from quantgate.evals.release.types import Reason

    states = [state for tasks in ended.states.values() for state in tasks.values()]
    builds = [decision] if isinstance(decision, Verdict) else decision.formats
    means = [build.suite.mean for build in builds if build.suite is not None]
    lacks_mean = any(isinstance(mean, Decided) and mean.looks is not None and mean.looks.awaits for mean in means)
    is_open = lacks_mean or not all(state.settled for state in states) if states else True
    return ended.reason is Reason.COMPLETE and is_open and sum(ended.left.values()) > 0


def _decided(ready: Ready, policy: Policy) -> Verdict | Comparison:
    """The decision on the answers that are on disk: of one candidate as `gate`, of several as `compare`."""
    from quantgate.cli.notice import notice
    from quantgate.evals.decision.compare import compare
    from quantgate.evals.decision.gate import decide
    from quantgate.evals.decision.looking import Looked, decide_with_looks
    from quantgate.evals.release.paired import paired_release

    release = ready.release
    folders = {label: release.path_of(label) for label in ready.candidates}
    baseline = str(release.path_of(release.baseline.label))
    pairs = paired_release(Path(baseline), folders, list(ready.tasks), policy)
    looked = {label: Looked(each, folders[label]) for label, each in pairs.items()}
    if len(pairs) == 1:
        ((label, one),) = pairs.items()
        verdict = decide_with_looks(
            looked,
            policy,
            lambda seen: decide(one, policy, looks=seen[label]),
            lambda decided: {label: decided.tasks},
            tell=notice,
        )
        return replace(verdict, folders={"baseline": baseline, "candidate": str(folders[label])})
    together = [(label, str(folders[label]), each) for label, each in pairs.items()]
    comparison = decide_with_looks(
        looked,
        policy,
        lambda seen: compare(together, policy, looks=seen),
        lambda decided: {build.name: build.tasks for build in decided.formats},
        tell=notice,
    )
    return replace(comparison, baseline_folder=baseline)


def _ask(ready: Ready, manner: Manner) -> Ended | None:
    """Ask what the verdicts still need; `None` where that is not complete, and why has been told.

    Raises
    ------
    QuantgateError
        Where an endpoint is gone, or for whatever else a user can cause.
    """
    from quantgate.cli.executing import executing
    from quantgate.evals.decision.sequential.live import Live
    from quantgate.evals.release.asking import ask_release
    from quantgate.evals.release.preparing import prepare_release
    from quantgate.evals.settings.release import Order
    from quantgate.reports.terminal.release_counts import TaskOnScreen
    from quantgate.reports.terminal.release_screen import ReleaseScreen

    release = ready.release
    live = Live(
        release.policy,
        list(ready.tasks),
        release.path_of(release.baseline.label),
        {label: release.path_of(label) for label in ready.candidates},
        ready.unweighed,
    )
    configs = [release.run_config(build.label, name) for build in release.asked for name in ready.tasks]
    side_by_side = len(release.asked) if release.order is Order.INTERLEAVED else 1
    with executing(configs, ready.tasks, ready.own, side_by_side) as (graders, elsewhere):
        session = prepare_release(
            ready.builds,
            ready.tasks,
            ready.infos,
            designs=ready.designs,
            follow=None if ready.designs is None else live.follow,
            required=ready.required,
            whole=ready.whole,
            order=release.order,
        )
        manner.note(session.notices)
        if session.to_ask and not _are_fit(ready, session.to_ask, manner):
            return None
        if not session.to_ask and not manner.quiet and len(ready.tasks) == len(release.tasks):
            manner.tell(f"nothing is left to ask: the verdict is in the answers in {release.out}")
        tasks = [
            TaskOnScreen(one.task, one.margin, one.requests, one.requests - one.left) for one in ready.forecasts({})
        ]
        screen = ReleaseScreen(manner.console, release.baseline.label, ready.candidates, tasks)
        try:
            with manner.logged(), screen.shown() if manner.progress and session.to_ask else nullcontext():
                ended = ask_release(
                    session, budget=release.budget, progress=screen, graders=graders, elsewhere=elsewhere
                )
        except KeyboardInterrupt:
            manner.tell(
                f"stopped: {screen.tally()}; all that arrived is in {release.out}, and the same command goes on"
            )
            return None
    manner.note(ended.notes)
    if ended.reason in _SPENT and ready.designs is None:
        manner.tell(_spent(ended, release))
        return None
    return ended


def _spent(ended: Ended, release: Release) -> str:
    """That a budget is used up, and how it goes on."""
    goes_on = "the same command goes on"
    told = {
        "time": f"budget.max_time is used up, and {goes_on}",
        "requests": f"budget.max_requests is used up, and with a larger one {goes_on}",
    }
    return f"not all was asked: {told[ended.reason]}; all that arrived is in {release.out}"


def _are_fit(ready: Ready, to_ask: Collection[str], manner: Manner) -> bool:
    """Look at the endpoints, tell what is not good, and what is about to be asked if all of them are fit."""
    from quantgate.evals.files import write_output
    from quantgate.evals.release.fitness import look_at, named
    from quantgate.evals.settings.release import COPY
    from quantgate.reports.terminal.doctor import print_observation

    with manner.console.status("looking at the endpoints") if manner.progress else nullcontext():
        found = look_at(
            *(ready.builds, to_ask, ready.tasks, ready.infos),
            same_build=ready.same_build,
            prompts_unlike=ready.prompts_unlike,
            order=ready.release.order,
        )
    is_fit = all(examined.is_fit for examined in found.values())
    if not manner.quiet or not is_fit:
        for label, examined in found.items():
            for seen in named(label, examined, every=manner.verbose):
                print_observation(manner.console, seen)
    if not is_fit:
        manner.tell("nothing was asked: put right what is marked ✗, and give the same command again")
        return False
    if not manner.quiet:
        say_what_is_coming(ready, {label: examined.answers for label, examined in found.items()}, manner.console)
    # A release file that lies there itself stays as its author wrote it.
    if (copy := ready.release.out / COPY).resolve() != ready.release.file.resolve():
        write_output(copy, ready.release.without_secrets(), "--out")
    return True


def _conclude(release: Release, decision: Verdict | Comparison, manner: Manner, trackers: Outputs) -> int:
    """Print the decision, write its reports, say where they are, send its summary, and return the exit code."""
    from rich.text import Text

    from quantgate.cli.delivering import deliver
    from quantgate.evals.decision.types import Verdict
    from quantgate.evals.settings.release import COPY
    from quantgate.reports.files.write import write_reports
    from quantgate.reports.terminal.compare import print_comparison
    from quantgate.reports.terminal.console import output_console
    from quantgate.reports.terminal.verdict import print_verdict

    console, outputs = output_console(), outputs_of(release)
    if isinstance(decision, Verdict):
        print_verdict(console, decision)
    else:
        print_comparison(console, decision)
    annotate(decision)
    write_reports(decision, outputs)
    if not manner.quiet:
        named = ", ".join([*(file.name for file in outputs.files().values()), COPY])
        console.print(Text(f"in {release.out}: {named}, and every answer"), soft_wrap=True)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        write_reports(decision, Outputs(markdown=Path(summary)))
    deliver(decision, trackers)
    return decision.verdict.exit_code
