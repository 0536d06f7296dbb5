"""A release file: both builds, all tasks, what must hold, and when to stop.

`load_release` checks every name and value in it, and resolves how each build is asked each task.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quantgate.evals.documents import MOST_SETTINGS
from quantgate.evals.errors import UsageError
from quantgate.evals.files import read_text
from quantgate.evals.settings.explaining import option_of
from quantgate.evals.settings.release.asking import check_alike, how_asked
from quantgate.evals.settings.release.builds import check_folders, sides_of, written_builds
from quantgate.evals.settings.release.kept import HEADER, written_copy
from quantgate.evals.settings.release.layers import RUN_OPTIONS, check_layer, command_line, layer_of
from quantgate.evals.settings.release.names import PLAN, KnownTasks, check_names
from quantgate.evals.settings.release.parts import COPY, Budget, Build, Given, Order, Report, Stop
from quantgate.evals.settings.release.plan import plan_of
from quantgate.evals.settings.release.rules import policy_of, rules_of
from quantgate.evals.settings.release.said import Level, OwnOption, Said, at
from quantgate.evals.settings.release.suites import changes, folded, layers_of_suite, named_suite, rules_of_suite
from quantgate.evals.settings.release.tasks import place_of_task, tasks_of
from quantgate.evals.settings.release.types import Release
from quantgate.evals.settings.run import read_yaml
from quantgate.evals.settings.shipped import SUITES, policy_names

__all__ = [
    "COPY",
    "Budget",
    "Build",
    "Given",
    "KnownTasks",
    "Order",
    "OwnOption",
    "Release",
    "Report",
    "Stop",
    "load_release",
    "release_of",
]

_ANY_TASK = KnownTasks(lambda _: (), lambda _: ())


def load_release(file: Path, overrides: Mapping[str, Any] | None = None, tasks: KnownTasks = _ANY_TASK) -> Release:
    """Read and resolve a release file.

    Parameters
    ----------
    file
        YAML; its relative paths are those of its folder.
    overrides
        What the command line says, by the names that may stand at the top; `None` says nothing. It wins over the whole
        file, and its relative paths are those of the working directory.
    tasks
        The tasks that there are, so that an unknown one or an option that none takes is refused here.

    Raises
    ------
    UsageError
        In one line, with file, place and the nearest name: for a name that is not known there, a value that is none, a
        key that stands in the file, builds that would not be asked alike.
    """
    release = release_of(read_yaml(file), file, overrides, tasks)
    copy = release.out / COPY
    if copy.exists() and copy.samefile(file) and not read_text(file, MOST_SETTINGS).startswith(HEADER):
        raise UsageError(
            f"{file}: out: a copy of this file without secrets would be written over it, as {COPY} under out: name "
            "another folder"
        )
    return release


def release_of(
    document: Mapping[str, Any], file: Path, overrides: Mapping[str, Any] | None = None, tasks: KnownTasks = _ANY_TASK
) -> Release:
    """Resolve what a release file holds; otherwise as `load_release`."""
    given = _given(overrides or {})
    document, asked_first = _asked_first(document, file)
    document = {**document, **{name: value for name, value in given.items() if name not in (*RUN_OPTIONS, "suite")}}
    chosen, where = given.get("suite", document.get("suite")), at(file, "", "suite")
    suite = named_suite(chosen, file, option_of("suite") if "suite" in given else where)
    written = {} if suite is not None and not document.get("tasks") else tasks_of(document, file)
    if suite is not None:
        # A mapping is the mean of several tasks, which wins over the suite's.
        document = {name: value for name, value in document.items() if name != "suite" or isinstance(value, Mapping)}
        written = {name: written.get(name, {}) for name in (*suite.tasks, *written)}
    own = {task: _own_of(task, tasks, file) for task in written}
    every = tuple(dict.fromkeys(option for options in own.values() for option in options))
    check_names(document, Level.TOP, "", file, every, tasks)
    of_suite = None if suite is None else layers_of_suite(suite, own, tasks)
    builds = written_builds(document, file)
    for place, build in builds.items():
        check_names(build, Level.BUILD, place, file, every, tasks)
    baseline, candidates = sides_of(builds, file)
    sides = (baseline, *candidates)
    layers = {"": layer_of(document, Level.TOP, "", file, every), "--": command_line(given, every)}
    for side in sides:
        layers[side.place] = layer_of(side.written, Level.BUILD, side.place, file, every)
    for task in written:
        check_names(written[task], Level.TASK, place_of_task(task), file, own[task], tasks)
        layers[place_of_task(task)] = layer_of(written[task], Level.TASK, place_of_task(task), file, own[task])
    for layer in layers.values():
        check_layer(layer, list(written))
    said = {
        name: Said(value, option_of(name) if name in given else at(file, "", name)) for name, value in document.items()
    }
    plan = plan_of({name: said[name] for name in PLAN if name in said}, file)
    check_folders(sides, plan.out, file)
    askings = [
        how_asked(
            [
                *(of_suite.of(task) if of_suite else ()),
                *(layers[place] for place in ("", side.place, place_of_task(task), "--")),
            ],
            *(side.build.label, task, {option.name for option in own[task]}, plan.out, at(file, "", side.place)),
        )
        for task in written
        for side in sides
        if side.is_asked
    ]
    check_alike(askings)
    top, of_tasks = rules_of({**said, **asked_first}, baseline.written, written, file)
    changed = {asking.task for asking in askings if asking.config.model_changed}
    policy, rules = policy_of(
        file, said.get("policy"), top, of_tasks, changed, rules_of_suite(suite) if suite else None
    )
    about, named = None, None
    if suite is not None and of_suite is not None:
        asked = {asking.task: (asking.said, asking.own) for asking in askings if asking.label == askings[0].label}
        named, about = suite.chosen, changes(suite, of_suite, asked, policy)
        one = next((side.place for side in sides if side.is_asked), baseline.place)
        for task in suite.tasks:
            farther = [*of_suite.of(task), layers[""], layers[one]]
            layers[place_of_task(task)] = folded(farther, layers[place_of_task(task)], task, own[task])
    return Release(
        file=file,
        name=plan.name or plan.out.name or file.stem,
        baseline=baseline.build,
        candidates=tuple(side.build for side in candidates),
        tasks=tuple(written),
        policy=policy,
        stop=plan.stop,
        order=plan.order,
        looks=plan.looks,
        futility=plan.futility,
        budget=Budget(plan.budget.max_time, plan.budget.max_requests),
        out=plan.out,
        reports=plan.reports,
        suite=about,
        _configs={(asking.label, asking.task): asking.config for asking in askings},
        _given={
            (asking.label, asking.task): tuple(Given(name, own.value, own.where) for name, own in asking.own.items())
            for asking in askings
        },
        _copy=written_copy(plan, {side.place: side.build for side in sides}, layers, list(written), rules, named),
    )


def _asked_first(document: Mapping[str, Any], file: Path) -> tuple[dict[str, Any], dict[str, Said]]:
    """The document, and apart from it which task is asked before all others: a number there is an option of asking.

    `null` is both: as many items as there are, and no task before the others though a suite or a policy names one.
    """
    first = document.get("first")
    if "first" in document and first is None:
        return dict(document), {"first": Said(None, at(file, "", "first"))}
    if not isinstance(first, str) or first.strip().isdecimal():
        return dict(document), {}
    rest = {name: value for name, value in document.items() if name != "first"}
    return rest, {"first": Said(first, at(file, "", "first"))}


def _given(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """What the command line says, its paths made paths, so that they are not taken for those of the file's folder."""
    given = {name: value for name, value in overrides.items() if value is not None}
    if isinstance(chosen := given.get("policy"), str) and chosen not in policy_names():
        given["policy"] = Path(chosen)
    if isinstance(chosen := given.get("suite"), str) and chosen not in SUITES.names() and Path(chosen).exists():
        given["suite"] = Path(chosen)
    if isinstance(out := given.get("out"), str):
        given["out"] = Path(out)
    return given


def _own_of(task: str, tasks: KnownTasks, file: Path) -> tuple[OwnOption, ...]:
    """The options that a task declares itself."""
    try:
        return tuple(tasks.options_of(task))
    except UsageError as error:
        raise UsageError(f"{file}: tasks: {error}") from None
