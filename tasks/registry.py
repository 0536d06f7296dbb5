"""The tasks that are installed: found through the entry points of quantgate itself and of any other package."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from quantgate.evals.contract.task import Orchestrated, Task, TaskFamily, TaskInfo, TaskOptions
from quantgate.evals.errors import TaskDeclarationError, UsageError
from quantgate.evals.text import excerpt
from quantgate.tasks.quiet import quietly

GROUP = "quantgate.tasks"
"""The group of entry points; each names an object that is a `TaskInfo` or a `TaskFamily`."""


@dataclass(frozen=True, slots=True)
class Registry:
    """What is installed: tasks and families by name, the package of each, and what could not be imported."""

    tasks: Mapping[str, TaskInfo] = field(default_factory=dict)
    families: Mapping[str, TaskFamily] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def find(self, name: str) -> TaskInfo:
        """The task of that name.

        Raises
        ------
        UsageError
            When there is none, with the nearest name.
        """
        if name in self.tasks:
            return self.tasks[name]
        for prefix, family in self.families.items():
            if name.startswith(prefix) and name != prefix:
                info = family.info(name)
                if not isinstance(info, TaskInfo) or info.name != name:
                    raise TaskDeclarationError(f"{self.packages[prefix]}: {prefix} gives no TaskInfo of {name}")
                return info
        near = difflib.get_close_matches(name, self.tasks, n=1)
        families = [f"and any {prefix[:-1]} task as {prefix}NAME" for prefix in self.families]
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join([*self.tasks, *families])}"
        raise UsageError(f"no task is called {name!r}; {hint}")

    def package_of(self, name: str) -> str:
        """The package that declares a task, or the family that it is of."""
        return self.packages.get(name) or self.packages[name.partition(":")[0] + ":"]


@cache
def installed() -> Registry:
    """The tasks of this environment, read once.

    Raises
    ------
    TaskDeclarationError
        When a package declares what is no task, or two declare one name; names the packages.
    """
    return read_registry(entry_points(group=GROUP))


def read_registry(points: Iterable[EntryPoint]) -> Registry:
    """What entry points declare; those that cannot be imported become warnings. Raises as `installed`."""
    tasks: dict[str, TaskInfo] = {}
    families: dict[str, TaskFamily] = {}
    packages: dict[str, str] = {}
    warnings: list[str] = []
    for point in sorted(points, key=_built_in_first):
        package = _package(point)
        try:
            declared = _checked(point, _imported(point, package), package)
        except _NotImported as failure:
            warnings.append(str(failure))
            continue
        name = declared.name if isinstance(declared, TaskInfo) else declared.prefix
        if name in packages:
            raise TaskDeclarationError(
                f"{packages[name]} and {package} both declare a task {name}: uninstall one, or have it renamed"
            )
        packages[name] = package
        if isinstance(declared, TaskFamily):
            families[name] = declared
        else:
            tasks[name] = declared
    if not tasks:
        raise TaskDeclarationError(
            "quantgate's own tasks are not declared: its installation is broken, install it anew"
        )
    largest_first = sorted(tasks, key=lambda name: (packages[name] != "quantgate", -(tasks[name].items or 0)))
    return Registry({name: tasks[name] for name in largest_first}, families, packages, tuple(warnings))


def find_task(name: str) -> TaskInfo:
    """What the installed task of that name declares. Raises UsageError when there is none, with the nearest name."""
    return installed().find(name)


def load_task(name: str, options: TaskOptions) -> Task:
    """Build a task, and hold it against what it declares.

    Raises
    ------
    UsageError
        When there is no such task, with the nearest name, or an option is none of its.
    DataError
        When its data cannot be had.
    TaskDeclarationError
        When it is not what it declares to be; names the package.
    """
    info = find_task(name)
    data, metric = info.named_splits(options.data), info.chosen_metric(options.metric)
    with quietly():
        task = info.load(replace(options, data=data, metric=metric))
        problem = next(_broken_promises(info, task), None)
    if problem is not None:
        raise TaskDeclarationError(f"{installed().package_of(name)}: the task {name} {problem}")
    return task


class _NotImported(Exception):
    """A package whose task cannot be imported; says so in a sentence."""


def _built_in_first(point: EntryPoint) -> tuple[bool, str]:
    return _package(point) != "quantgate", point.name


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.module


def _imported(point: EntryPoint, package: str) -> object:
    try:
        return point.load()
    except TaskDeclarationError as error:
        raise TaskDeclarationError(f"{package}: {error}") from None
    except (Exception, SystemExit) as error:  # noqa: BLE001
        # Whatever a foreign module does at its import must not take the other tasks along.
        said = excerpt(f"{type(error).__name__}: {error}")
        if isinstance(error, TypeError) and str(error).startswith(("TaskInfo.", "TaskFamily.", "TaskData.")):
            raise TaskDeclarationError(f"{package}: {point.value}: {said}") from None
        raise _NotImported(
            f"the task {point.name} of {package} is left out, as it cannot be imported ({said})"
        ) from None


def _checked(point: EntryPoint, declared: object, package: str) -> TaskInfo | TaskFamily:
    """What is declared, where it is a task or a family by the entry point's name."""
    where = f"{package}: {point.value}"
    name: str
    function: object
    if isinstance(declared, TaskInfo):
        name, function, wanted = declared.name, declared.load, point.name
        expected = "load must take one argument, the TaskOptions"
    elif isinstance(declared, TaskFamily):
        name, function, wanted = declared.prefix, declared.info, f"{point.name}:"
        expected = "info must take one argument, the name of a task"
    else:
        kind = declared.__name__ if isinstance(declared, type) else f"a {type(declared).__name__}"
        raise TaskDeclarationError(f"{where} is {kind}, not a TaskInfo or TaskFamily")
    if not _takes(function, 1):
        raise TaskDeclarationError(f"{where}: {expected}")
    if name != wanted or ":" in point.name:
        raise TaskDeclarationError(f"{where} is called {name!r}, where its entry point says {wanted!r}")
    return declared


def _takes(function: object, count: int) -> bool:
    """Whether a function can be called with so many arguments."""
    try:
        inspect.signature(function).bind(*range(count))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return True


def _broken_promises(info: TaskInfo, task: Task) -> Iterator[str]:
    """In which way a loaded task is not what it declares."""
    missing = object()
    for name, count in (("items", 0), ("prompt", 2), ("grade", 3)):
        if not _takes(getattr(task, name, None), count):
            yield f"has no method {name} of {count} arguments"
    for name in ("identity", "sampling", "repeats"):
        if inspect.getattr_static(task, name, missing) is missing:
            yield f"has no {name}"
    if isinstance(task, Orchestrated) != info.orchestrated:
        yield (
            "brings an asker, which it does not declare" if not info.orchestrated else "declares an asker and has none"
        )
    if task.identity.name != info.name:
        yield f"calls itself {task.identity.name!r}"
    if info.metrics and task.identity.metric not in info.metrics:
        yield f"scores by {task.identity.metric!r}, which is none of the metrics that it declares"
    for name, declared in (("sampling", info.sampling), ("repeats", info.repeats)):
        if declared is not None and getattr(task, name) != declared:
            yield f"has another {name} than it declares: {getattr(task, name)} instead of {declared}"
