"""`quantgate regrade`: grades the answers of a run again, without asking the model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from quantgate.evals.contract.task import Task
    from quantgate.evals.runs.record import TaskRecord
    from quantgate.evals.runs.regrading import TaskChange

_SHOWN = 5


def register(app: typer.Typer) -> None:
    app.command(name="regrade")(regrade)


def regrade(
    run: Annotated[Path, typer.Argument(help="The run directory.")],
    task: Annotated[list[str] | None, typer.Option(help="Only this task of the run; repeatable.")] = None,
    metric: Annotated[
        list[str] | None, typer.Option(help="TASK=METRIC: the metric that becomes the score; repeatable.")
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(help="TASK=FILE or TASK.SPLIT=FILE: where local data lie now; default: where they lay."),
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="A bundle of `quantgate data fetch`; default: the run's own.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(help="NAME=VALUE: an option of a task's own, as the run was given it; repeatable."),
    ] = None,
) -> None:
    """Grade the stored answers of a run again, without asking the model: all of them or, when stopped, none.

    Exits 0 when every answer has a grade, 5 when some are still ungraded.
    """
    from _thread import interrupt_main

    from quantgate.cli.telling import tell
    from quantgate.evals.storage.address import address_of
    from quantgate.evals.storage.writing import written

    def graded(folder: Path, shown: str) -> int:
        return _regrade(folder, shown, task or [], metric or [], data or [], data_dir, option or [])

    if address_of(run) is None:
        raise typer.Exit(graded(run, str(run)))
    with written(run, tell, interrupt_main, is_there=True) as place:
        code = graded(place.folder, place.shown)
    raise typer.Exit(code)


def _regrade(
    run: Path,
    shown: str,
    task: list[str],
    metric: list[str],
    data: list[str],
    data_dir: Path | None,
    option: list[str],
) -> int:
    """Grade the answers in a folder again, which is `shown` as the user named it, and return the exit code."""
    from rich.text import Text

    from quantgate.cli.installed import given_options, installed_tasks
    from quantgate.cli.waiting import told_while_waiting
    from quantgate.evals.errors import Unfinished, UsageError
    from quantgate.evals.foreign.opening import foreign_format
    from quantgate.evals.runs.directory import RunDirectory
    from quantgate.evals.runs.own import check_own
    from quantgate.evals.runs.regrading import regrade as grade_again
    from quantgate.evals.settings.run import parse_assignments
    from quantgate.evals.text import one_line
    from quantgate.reports.terminal.console import output_console, progress_console
    from quantgate.reports.terminal.progress import steps
    from quantgate.tasks.needs import check_needs
    from quantgate.tasks.options import own_options

    if (found := foreign_format(run)) is not None:
        raise UsageError(
            f"{run} holds another tool's answers ({found.name}), and nothing is graded again: use that tool"
        )
    record = RunDirectory(run).record()
    check_own(record, run, "is graded again: grade with that tool, and import what it gives")
    known = [each.name for each in record.tasks]
    metrics, files = parse_assignments("--metric", metric), parse_assignments("--data", data)
    pairs = parse_assignments("--option", option)
    wanted = list(dict.fromkeys(task or known))
    for named, given in (("--task", wanted), ("--metric", metrics)):
        for name in given:
            if name not in known:
                raise UsageError(f"{named} {name}: {run} holds no such task; it holds {', '.join(known)}")
    registry, console = installed_tasks(), progress_console()
    infos = {name: registry.find(name) for name in wanted}
    for name in [name for name, info in infos.items() if info.orchestrated]:
        why = (
            f"{name}: its conversations are graded by its own workers while they are asked, not by their text; the "
            "same `quantgate run` evaluates stored conversations that have no grade yet"
        )
        del infos[name]
        if task or not infos:
            raise UsageError(why)
        console.print(Text(f"note: {why}"), soft_wrap=True)
    check_needs(infos.values())
    own = own_options(list(infos.values()), given_options(pairs, {}, pairs, None), registry.tasks.values())
    tasks: dict[str, Task] = {}
    for name in infos:
        held = next(each for each in record.tasks if each.name == name)
        with told_while_waiting(console, name, "building the prompts"):
            tasks[name] = _loaded(held, metrics.get(name), files, data_dir, own[name])
    try:
        with steps(console) as step:
            result = grade_again(run, tasks, step("grading the stored answers again"))
    except KeyboardInterrupt:
        console.print(Text(f"stopped: {shown} is as it was before"), soft_wrap=True)
        return Unfinished.exit_code
    private = any((each := record.task(name)) is not None and each.asked_by_authors for name in tasks)
    if (heard := result.heard.told(private=private)) is not None:
        console.print(Text(f"note: {heard}"), soft_wrap=True)
    if result.damage.lines:
        console.print(Text(f"note: {one_line(result.damage.told, 300)}"), soft_wrap=True)
    out = output_console()
    for change in result.tasks:
        for line in _lines(change):
            out.print(Text(line), soft_wrap=True)
    if result.ungraded:
        out.print(Text(f"incomplete: {result.ungraded:,} answers in {shown} are ungraded"), soft_wrap=True)
        return Unfinished.exit_code
    out.print(Text(f"done: {shown}"), soft_wrap=True)
    return 0


def _loaded(
    held: TaskRecord, metric: str | None, given: dict[str, str], data_dir: Path | None, own: dict[str, object]
) -> Task:
    """The task on the data that it was asked of, with the metric that it had unless another is wanted."""
    from quantgate.evals.contract.task import TaskOptions
    from quantgate.evals.settings.run import files_of
    from quantgate.tasks.bundle import local_data
    from quantgate.tasks.registry import find_task, load_task

    files = files_of(held.name, {name: Path(file) for name, file in given.items()})
    if not files and data_dir is None:
        files = {split: Path(file) for split, file in held.data.items()}
        data_dir = Path(held.data_dir) if held.data_dir is not None else None
    local = local_data(held.name, files, data_dir)
    # The whole task holds every item that was asked, whichever of them were chosen; what is made is made anew.
    made = held.items if find_task(held.name).fresh is not None else None
    options = TaskOptions(made, local.files, metric or held.metric, own, held.sampling.get("seed"), local.origin)
    return load_task(held.name, options)


def _lines(change: TaskChange) -> Iterator[str]:
    from quantgate.evals.text import one_line

    moved = sum(change.scores.values())
    name = one_line(change.task, 60)
    yield f"{name}: {change.graded:,} answers graded again, {moved:,} with another score"
    for difference in change.differences:
        yield f"  {one_line(difference, 200)}"
    for (before, after), count in change.scores.items():
        yield f"  {count:,} from {before} to {after}"
    if change.unlike:
        yield f"  {change.unlike:,} with the same score and another result, metric or reason"
    if change.ungraded:
        yield f"  {change.ungraded:,} ungraded:"
    for reason, count in list(change.reasons.items())[:_SHOWN]:
        yield f"    {count:,} {one_line(reason, 200)}"
