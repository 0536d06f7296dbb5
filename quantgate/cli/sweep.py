"""`quantgate sweep`: many candidates against one baseline, each served for as long as it is asked."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantgate.cli.manner import LogLevel, Manner
from quantgate.cli.outputs import outputs_of
from quantgate.cli.panels import grouped
from quantgate.cli.telling import annotate
from quantgate.reports.files.options import Outputs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from quantgate.evals.decision.comparison import Comparison
    from quantgate.evals.release.ready import Ready
    from quantgate.evals.release.session import ReleaseSession
    from quantgate.evals.runs.grading import Graders
    from quantgate.evals.settings.fleet import Fleet
    from quantgate.reports.terminal.fleet_screen import FleetScreen

_NOT_COMPLETE = 5


def register(app: typer.Typer) -> None:
    app.command(name="sweep")(grouped("sweep", sweep))


def sweep(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FLEET", help="A fleet.yaml: a release file with many candidates.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be started and asked; start and ask nothing.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="The folder of everything that is written, over the file's.")] = None,
    parallel: Annotated[
        int | None, typer.Option(min=1, help="So many candidates are served and asked at once. Default 1: one GPU.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Only N items of each task, drawn alike for every build.")] = None,
    concurrency: Annotated[
        str | None, typer.Option(help="Requests in flight of each build: a number; default auto, found by itself.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the verdict alone, and what failed.")] = False,
    no_progress: Annotated[
        bool, typer.Option("--no-progress", help="Show no live screen, and no lines under way.")
    ] = False,
    log_level: Annotated[
        LogLevel, typer.Option(help="Tell of faults (info), or of every request (debug), on standard error.")
    ] = LogLevel.WARNING,
) -> None:
    """Ask many candidates against one baseline, each served as long as it is asked, and compare them as they come.

    The same command goes on after any stop. Exits 5 when a build is not complete, else as `compare`: 0 pass, 1
    regressed, 3 inconclusive, 4 invalid.
    """
    from quantgate.cli.signals import hold_steering

    hold_steering()

    from quantgate.cli.command_line import command_line
    from quantgate.cli.installed import known_tasks
    from quantgate.evals.settings.fleet import load_fleet

    manner = Manner(quiet=quiet, progress=not (quiet or no_progress), log_level=log_level)
    overrides = {"out": out, "limit": limit, "concurrency": concurrency, "parallel": parallel}
    try:
        fleet = load_fleet(file, overrides, known_tasks())
        ready = _made_ready(fleet, manner)
        code = _dry_run(fleet, ready) if dry_run else _sweep(fleet, ready, manner, command_line(context, ()))
    except KeyboardInterrupt:
        manner.tell("stopped; nothing that has arrived is lost, and the same command goes on")
        code = _NOT_COMPLETE
    raise typer.Exit(code)


def _made_ready(fleet: Fleet, manner: Manner) -> Ready:
    """The fleet's release with its tasks loaded, after everything was looked at that needs no endpoint."""
    from quantgate.cli.installed import installed_tasks
    from quantgate.cli.loading import ready_release
    from quantgate.evals.errors import UsageError
    from quantgate.evals.files import check_writable
    from quantgate.evals.settings.remarks import of_asking, of_policy
    from quantgate.reports.files.write import check_outputs

    release = fleet.release
    if not release.asked:
        raise UsageError(f"{release.file}: all builds are finished runs: `quantgate compare` decides about those")
    check_writable(release.out)
    check_outputs(outputs_of(release, compared=True))
    remarks = list(of_policy(release.policy))
    for build in release.asked:
        for name in release.tasks:
            config = release.run_config(build.label, name)
            config.check_keys()
            remarks += of_asking(config)
    manner.note(list(dict.fromkeys(remarks)))
    return ready_release(release, installed_tasks(), manner.console)


def _dry_run(fleet: Fleet, ready: Ready) -> int:
    """Print what would be started and asked."""
    from quantgate.evals.fleet.lots import lots_of
    from quantgate.reports.terminal.console import output_console
    from quantgate.reports.terminal.dry_run import print_dry_run
    from quantgate.reports.terminal.fleet_screen import print_servers
    from quantgate.reports.terminal.forecast import print_forecast

    console, release = output_console(), fleet.release
    title = f"{release.name}: {', '.join(ready.candidates)} against {release.baseline.label}"
    print_forecast(console, title, ready.forecasts({}))
    print_servers(console, lots_of(fleet))
    print_dry_run(console, ready.first_requests())
    return 0


def _sweep(fleet: Fleet, ready: Ready, manner: Manner, command: str) -> int:
    """Ask what is missing of each build, compare what is complete, and return the exit code."""
    from quantgate.evals.files import write_output
    from quantgate.evals.fleet.course import Course
    from quantgate.evals.fleet.lots import lots_of
    from quantgate.evals.fleet.ports import Ports, used_ports
    from quantgate.evals.runs.asking import run_until_stopped
    from quantgate.evals.runs.grader_processes import GraderProcesses
    from quantgate.evals.settings.fleet import COPY, SERVERS
    from quantgate.reports.terminal.fleet_screen import FleetScreen

    release = fleet.release
    # A fleet file that lies there itself stays as its author wrote it.
    if (copy := release.out / COPY).resolve() != release.file.resolve():
        write_output(copy, fleet.copy, "--out")
    labels = [build.label for build in (release.baseline, *release.candidates)]
    screen = FleetScreen(manner.console, labels)
    # Before any server is started and the client is loaded: the graders load what they grade with meanwhile.
    with GraderProcesses(list(ready.tasks.values())) as graders:
        builds = _Builds(fleet, ready, screen, graders, command)
        builds.check_going_on()
        course = Course(
            builds,
            parallel=fleet.parallel,
            ports=Ports(used_ports(release.path_of(label) for label in labels)),
            logs=release.out / SERVERS,
            progress=screen,
        )
        baseline, *candidates = lots_of(fleet)

        async def asking() -> None:
            with builds.steered():
                await course.run(baseline, candidates)

        try:
            with manner.logged(), screen.shown() if manner.progress else nullcontext():
                run_until_stopped(asking)
        except KeyboardInterrupt:
            manner.tell(
                f"stopped: {screen.tally()}; all that arrived is in {release.out}, and the same command goes on"
            )
            return _NOT_COMPLETE
    manner.note(builds.notes)
    failures = {label: failure.reason for label, failure in course.failures.items()}
    if not builds.complete:
        manner.tell(f"nothing can be compared yet ({screen.tally()}): the same command goes on")
        return _NOT_COMPLETE
    comparison = builds.decide(failures)
    _conclude(fleet, comparison, manner)
    if failures:
        manner.tell(f"not complete: {', '.join(failures)}; the same command goes on with what is missing")
        return _NOT_COMPLETE
    return comparison.verdict.exit_code


class _Builds:
    """What is done with the builds of one fleet (`evals.fleet.course.Builds`)."""

    def __init__(self, fleet: Fleet, ready: Ready, screen: FleetScreen, graders: Graders, command: str) -> None:
        from quantgate.evals.decision.sequential.live import Live
        from quantgate.evals.release.course import Purse
        from quantgate.evals.runs.steering import Steering

        self._fleet, self._ready, self._screen = fleet, ready, screen
        self._release = fleet.release
        self._graders, self._command = graders, command
        self._policy = ready.release.policy
        self._baseline = fleet.release.baseline.label
        self._steering = Steering()
        budget = fleet.release.budget
        held = sum(one.answers for tasks in ready.held.values() for one in tasks.values())
        self._purse = Purse(held, budget.max_requests)
        self._deadline = None if budget.max_time_s is None else time.monotonic() + budget.max_time_s
        self._live = Live(
            self._policy,
            list(ready.tasks),
            fleet.release.path_of(self._baseline),
            {label: fleet.release.path_of(label) for label in ready.candidates},
            ready.unweighed,
        )
        self._deciding = threading.Lock()
        self.complete: list[str] = []
        """The candidates of which all is there that their verdict needs, as they came."""
        self.notes: list[str] = []

    def steered(self) -> AbstractContextManager[None]:
        """Heed the signals that change how many requests are in flight, of all builds."""
        return self._steering.by_signals()

    def check_going_on(self) -> None:
        """Raise ResumeMismatch where a candidate was begun as another one, before any server is started."""
        from quantgate.evals.errors import ResumeMismatch, RunDirectoryError
        from quantgate.evals.runs.directory import RunDirectory

        for build in self._release.candidates:
            if build.run is not None or not RunDirectory(self._release.path_of(build.label)).exists():
                continue
            try:
                self._prepared(build.label, None)
            except ResumeMismatch as mismatch:
                old = self._release.path_of(self._baseline)
                raise ResumeMismatch(
                    f"{mismatch}. Where the list of candidates has changed: looks are fixed for their number; take "
                    f"another out with baseline: {{run: {old}}}, or stop: never from the beginning"
                ) from None
            except RunDirectoryError:
                # Told of that build alone, when its turn comes; as that its baseline is not complete yet.
                continue

    def lacks(self, label: str) -> bool:
        """Whether anything is wanted of a build.

        Raises
        ------
        Unfinished
            Where something is, and the budget is used up.
        QuantgateError
            Where its run directory cannot be gone on with.
        """
        if any(build.run for build in self._release.candidates if build.label == label):
            return False
        if label == self._baseline and self._release.baseline.run:
            return False
        if not self._prepared(label, None).to_ask:
            return False
        self._check_budget()
        return True

    async def ask(self, label: str, base_url: str | None) -> None:
        """Look at a build's endpoint, and ask it what is wanted.

        Raises
        ------
        QuantgateError
            Where the endpoint is not fit to be asked, or not all is there then.
        """
        from quantgate.evals.errors import Unfinished
        from quantgate.evals.release.asking import ask_beside
        from quantgate.evals.release.fitness import looking_at, named
        from quantgate.evals.release.types import Budget, Reason
        from quantgate.evals.runs.observation import Health

        ready = self._ready
        session = await asyncio.to_thread(self._prepared, label, base_url)
        found = await looking_at(
            *(session.builds, session.to_ask, ready.tasks, ready.infos),
            same_build=ready.same_build,
            prompts_unlike=ready.prompts_unlike,
        )
        for seen in (seen for name, one in found.items() for seen in named(name, one, every=False)):
            self._note(f"{seen.subject}: {seen.text}")
        if not all(examined.is_fit for examined in found.values()):
            bad = [seen.text for one in found.values() for seen in one.observations if seen.health is Health.BAD]
            raise Unfinished(f"its endpoint is not fit to be asked: {'; '.join(bad)}")
        for notice in session.notices:
            self._note(notice)
        self._screen.begins(label, session.total[label], session.missing[label])
        ended = await ask_beside(
            session,
            budget=Budget(self._seconds_left()),
            progress=self._screen,
            graders=self._graders,
            steering=self._steering,
            purse=self._purse,
        )
        for notice in ended.notes:
            self._note(notice)
        if ended.reason in (Reason.TIME, Reason.REQUESTS):
            self._check_budget()
        states = [state for tasks in ended.states.values() for state in tasks.values()]
        is_open = not states or not all(state.settled for state in states)
        if ended.reason is not Reason.DECIDED and is_open and (left := ended.left[label]):
            raise Unfinished(f"{left:,} answers are missing after faults: the same command asks for them")

    def arrived(self, label: str) -> None:
        """Decide about all candidates that are complete, and write the reports as far as they go."""
        from quantgate.reports.files.write import write_reports

        with self._deciding:
            self.complete.append(label)
            try:
                comparison = self.decide({})
            except BaseException:
                self.complete.remove(label)
                raise
            self._screen.decided(comparison)
            write_reports(comparison, outputs_of(self._release, compared=True))

    def decide(self, failures: Mapping[str, str]) -> Comparison:
        """The comparison of the candidates that are complete; the others are awaited, and keep their part of alpha."""
        from quantgate.evals.decision.compare import compare
        from quantgate.evals.decision.looking import Looked, decide_with_looks
        from quantgate.evals.release.paired import paired_release
        from quantgate.evals.runs.record import now
        from quantgate.evals.versions import software_versions

        release = self._release
        labels = [build.label for build in release.candidates]
        folders = {label: release.path_of(label) for label in labels if label in self.complete}
        awaited = {label: failures.get(label, "not asked yet") for label in labels if label not in folders}
        baseline = release.path_of(self._baseline)
        pairs = paired_release(baseline, folders, list(self._ready.tasks), self._policy)
        together = [(label, str(folders[label]), each) for label, each in pairs.items()]
        comparison = decide_with_looks(
            {label: Looked(each, folders[label]) for label, each in pairs.items()},
            self._policy,
            lambda seen: compare(together, self._policy, pass_if=self._fleet.pass_if, looks=seen, awaited=awaited),
            lambda decided: {build.name: build.tasks for build in decided.formats},
            tell=self._note,
        )
        return replace(
            comparison,
            baseline_folder=str(baseline),
            asked_suite=release.suite,
            command=self._command,
            created=now(),
            software=software_versions(),
        )

    def _prepared(self, label: str, base_url: str | None) -> ReleaseSession:
        """What a build lacks, before its endpoint is looked at: the baseline by itself, a candidate against it."""
        from quantgate.evals.release.preparing import prepare_release
        from quantgate.evals.release.types import Served, Stored

        ready = self._ready
        own = Served(label, self._fleet.configs(label, base_url))
        if label == self._baseline:
            return prepare_release([own], ready.tasks, ready.infos, look=False)
        return prepare_release(
            [Stored(self._baseline, self._release.path_of(self._baseline)), own],
            ready.tasks,
            ready.infos,
            designs=ready.designs,
            follow=None if ready.designs is None else self._live.follow,
            required=ready.required,
            whole=ready.whole,
            look=False,
        )

    def _check_budget(self) -> None:
        from quantgate.evals.errors import OutOfTime, Unfinished

        if self._seconds_left() == 0:
            raise OutOfTime("budget.max_time is used up")
        if self._purse.is_empty:
            raise Unfinished("budget.max_requests is used up: it is asked with a larger one")

    def _seconds_left(self) -> float | None:
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def _conclude(fleet: Fleet, comparison: Comparison, manner: Manner) -> None:
    """Print the comparison, write its reports, and say where they are."""
    from rich.text import Text

    from quantgate.evals.settings.fleet import COPY
    from quantgate.reports.files.write import write_reports
    from quantgate.reports.terminal.compare import print_comparison
    from quantgate.reports.terminal.console import output_console

    release, console = fleet.release, output_console()
    outputs = outputs_of(release, compared=True)
    print_comparison(console, comparison)
    annotate(comparison)
    write_reports(comparison, outputs)
    if not manner.quiet:
        named = ", ".join([*(file.name for file in outputs.files().values()), COPY])
        console.print(Text(f"in {release.out}: {named}, and every answer"), soft_wrap=True)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        write_reports(comparison, Outputs(markdown=Path(summary)))
