"""The tasks that a verb asks: found, what they need looked for, their prompts built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from quantgate.evals.contract.task import Task, TaskInfo
    from quantgate.evals.errors import DataError, UsageError
    from quantgate.evals.release.ready import Ready
    from quantgate.evals.settings.release import Release
    from quantgate.evals.settings.run import RunConfig
    from quantgate.tasks.registry import Registry


def found_tasks(registry: Registry, names: Iterable[str]) -> dict[str, TaskInfo]:
    """What the tasks declare. Raises UsageError for an unknown one, or where this machine lacks what one needs."""
    from quantgate.tasks.needs import check_needs

    infos = {name: registry.find(name) for name in names}
    check_needs(infos.values())
    return infos


def loaded_task(name: str, config: RunConfig, own: Mapping[str, Any], console: Console) -> Task:
    """The task with the data and options of the configuration; `own` are those that it declares itself.

    Says so where fewer items are there than were asked for.
    """
    from rich.text import Text

    from quantgate.cli.waiting import told_while_waiting
    from quantgate.tasks.loading import configured_task

    given_as, most = ("--limit", config.limit) if config.first is None else ("--first", config.first)
    with told_while_waiting(console, name, "building the prompts"):
        task = configured_task(name, config, own)
        held = len(task.items())
    if most is not None and held < most:
        notice = f"note: {given_as} {most:,}: {name} has {held:,} items, and all {held:,} are asked"
        console.print(Text(notice), soft_wrap=True)
    return task


def ready_release(release: Release, registry: Registry, console: Console) -> Ready:
    """A release with its tasks loaded and its looks planned; at least one build of it is asked.

    Raises
    ------
    UsageError, DataError
        For a task that lacks something or has no data.
    """
    from dataclasses import replace

    from quantgate.evals.contract.fidelity import ANSWERS, TOKEN_LOGPROBS
    from quantgate.evals.errors import DataError, UsageError
    from quantgate.evals.release.designs import designs_of
    from quantgate.evals.release.ready import Ready
    from quantgate.evals.settings.release import Stop
    from quantgate.tasks.needs import check_needs
    from quantgate.tasks.options import GivenOption, own_options

    infos = {name: registry.find(name) for name in release.tasks}
    tasks: dict[str, Task] = {}
    options: dict[str, dict[str, Any]] = {}
    obstacles: dict[str, UsageError | DataError] = {}
    # What a task is loaded with is the same for all builds; the file is refused where it is not.
    label = release.asked[0].label
    for name, info in infos.items():
        given = [GivenOption(said.name, said.value, said.where) for said in release.given_options(label, name)]
        try:
            check_needs([info])
            options |= own_options([info], given, registry.tasks.values())
            tasks[name] = loaded_task(name, release.run_config(label, name), options[name], console)
        except UsageError as error:
            obstacles[name] = error
        except DataError as error:
            # Whoever loads a task speaks of the options of `run`.
            by_key = f"; in {release.file} under data or data_dir" if "--data" in str(error) else ""
            obstacles[name] = DataError(f"{error}{by_key}")
    _refuse_for(obstacles, infos)
    of_logprobs = [name for name, task in tasks.items() if task.identity.settings.get(ANSWERS) == TOKEN_LOGPROBS]
    policy = release.policy.with_fidelity(of_logprobs, others=len(of_logprobs) < len(tasks))
    release = replace(release, policy=policy)
    designs = None
    if release.stop is Stop.EARLY:
        configs = {name: release.run_config(label, name) for name in tasks}
        with console.status("planning the looks"):
            designs = designs_of(
                tasks,
                configs,
                release.policy,
                candidates=len(release.candidates),
                looks=release.looks,
                futility=release.futility,
            )
    # Where no task is looked at on the way, all is asked and decided once.
    return Ready(release, tasks, infos, designs or None, options)


def _refuse_for(obstacles: Mapping[str, UsageError | DataError], infos: Mapping[str, TaskInfo]) -> None:
    """Raise what keeps tasks from being asked: a line for each of several, so that all is put right at once."""
    from quantgate.evals.errors import Obstacles
    from quantgate.evals.text import unbroken
    from quantgate.tasks.needs import command, needs_of

    if len(obstacles) == 1:
        raise next(iter(obstacles.values()))
    if not obstacles:
        return
    lines = []
    for name, error in obstacles.items():
        said = unbroken(str(error))
        lines.append(said if said.startswith(name) else f"{name}: {said}")
    lacking = {name: [need for need in needs_of(infos[name]) if not need.there] for name in obstacles}
    if sum(map(bool, lacking.values())) > 1:
        lines.append(f"to install all of it: {command([need for needs in lacking.values() for need in needs])}")
    raise Obstacles(f"{len(obstacles)} of {len(infos)} tasks cannot be asked yet, and nothing was asked:", lines)


def check_task_names(config: RunConfig) -> None:
    """Raise UsageError for data or a metric of a task that is not run."""
    from quantgate.evals.errors import UsageError

    for option, names in (("--data", config.data), ("--metric", config.metric)):
        for name in names:
            if not any(name == task or (option == "--data" and name.startswith(f"{task}.")) for task in config.task):
                raise UsageError(f"{option} {name}=...: no --task {name} is run")
