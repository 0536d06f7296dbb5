"""The policy of a release: what `policy` says, and over it the keys that stand at the top or under a task."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from quantgate.evals.errors import UsageError
from quantgate.evals.settings.explaining import place_of, shown, wrong_value
from quantgate.evals.settings.policy import RULES, Policy, TaskPolicy
from quantgate.evals.settings.release.said import Said, at, path_in
from quantgate.evals.settings.release.tasks import place_of_task
from quantgate.evals.settings.run import read_yaml
from quantgate.evals.settings.shipped import policy_file, policy_names
from quantgate.evals.settings.suite import nearest


@dataclass(frozen=True, slots=True)
class Beneath:
    """What a suite says must hold, of all tasks and of each: it counts where the release says nothing."""

    top: Mapping[str, Said]
    tasks: Mapping[str, Mapping[str, Said]]


def rules_of(
    said: Mapping[str, Said], baseline: Mapping[str, Any], tasks: Mapping[str, Mapping[str, Any]], file: Path
) -> tuple[dict[str, Said], dict[str, dict[str, Said]]]:
    """The keys of a policy at the top and under each task; what the baseline should score may stand under it, too."""
    top = {name: said[name] for name in (*RULES, "suite") if name in said}
    if "first" in said and isinstance(said["first"].value, str | None):
        top["first"] = said["first"]
    of_tasks = {
        task: {name: Said(own[name], at(file, place_of_task(task), name)) for name in RULES if name in own}
        for task, own in tasks.items()
    }
    if "expected" in baseline:
        top["expected"] = Said(baseline["expected"], at(file, "baseline", "expected"))
    if "expected" in top and isinstance(each := top["expected"].value, Mapping):
        where = top.pop("expected").where
        for task, score in each.items():
            if task not in of_tasks:
                raise UsageError(f"{where}.{task}: no such task is asked{nearest(str(task), list(of_tasks))}")
            of_tasks[task].setdefault("expected", Said(score, f"{where}.{task}"))
    return top, of_tasks


def policy_of(
    file: Path,
    chosen: Said | None,
    top: Mapping[str, Said],
    tasks: Mapping[str, Mapping[str, Said]],
    changed: Collection[str] = (),
    beneath: Beneath | None = None,
) -> tuple[Policy, dict[str, Any]]:
    """The policy, and the same as it is written; the keys of `top` and `tasks` win over what `policy` says.

    Parameters
    ----------
    file
        The release file.
    chosen
        What stands under `policy`: a name, a file or the keys themselves.
    top, tasks
        The keys that stand at the top, a suite among them, and under each task of the release.
    changed
        The tasks of which a build's `model_changed` says that answers of several models are known and meant.
    beneath
        What a suite says, over which all of that wins.

    Raises
    ------
    UsageError
        Naming file and key; also for a key that is said at one and the same level twice, and a task that is not asked.
    """
    source, written = (None, {}) if chosen is None else _written(file, chosen)
    inline = chosen is not None and source is None
    origin = _Origin(f"{source}: " if source is not None else f"{file}: policy.")
    merged = dict(written)
    for name, said in top.items():
        _check_once(said, inline and name in written, f"policy.{name}")
        merged[name], origin.said[name,] = said.value, said.where
    theirs = merged.get("tasks", {})
    if isinstance(theirs, Mapping):
        merged["tasks"] = of_tasks = {
            name: dict(each) if isinstance(each, Mapping) else each for name, each in theirs.items()
        }
        for task, rules in tasks.items():
            of_task = of_tasks.setdefault(task, {}) if rules or task in changed else {}
            if not isinstance(of_task, dict):
                continue
            if task in changed:
                of_task.setdefault("model_changed", True)
            for name, said in rules.items():
                _check_once(said, inline and name in of_task, f"policy.tasks.{task}.{name}")
                of_task[name], origin.said["tasks", task, name] = said.value, said.where
    if beneath is not None:
        _put_beneath(merged, beneath, origin)
    try:
        policy = Policy.model_validate(merged)
    except ValidationError as error:
        raise UsageError(origin.explain(error)) from None
    _check_tasks(policy, list(tasks), origin, every=inline)
    if policy.first is not None and policy.first not in tasks:
        raise UsageError(f"{origin.where(('first',))}: no such task is asked{nearest(policy.first, list(tasks))}")
    return policy, merged


def _written(file: Path, chosen: Said) -> tuple[Path | Traversable | None, dict[str, Any]]:
    """What `policy` says, with the file that it comes from if it is not written here."""
    if isinstance(chosen.value, Mapping):
        for name in chosen.value:
            if not isinstance(name, str):
                raise UsageError(f"{chosen.where}: {shown(name)} is no key of a policy")
        return None, dict(chosen.value)
    if not isinstance(chosen.value, str | Path) or not str(chosen.value):
        raise UsageError(f"{chosen.where}: write a policy's name ({', '.join(policy_names())}), its file, or its keys")
    if chosen.value in policy_names():
        source = policy_file(chosen.value, chosen.where)
    else:
        path = chosen.value if isinstance(chosen.value, Path) else path_in(file.parent, chosen.value, chosen.where)
        source = policy_file(path if path.exists() else str(path), chosen.where)
    return source, read_yaml(source)


def _put_beneath(merged: dict[str, Any], beneath: Beneath, origin: _Origin) -> None:
    """Add what a suite says to a policy as it is written, where that says nothing: of the task, or of all tasks.

    A margin for all tasks is none of log-probabilities', whose own stays.
    """
    for_all = frozenset(merged)
    for name, said in beneath.top.items():
        if name not in for_all:
            merged[name], origin.said[name,] = said.value, said.where
    of_tasks = merged.setdefault("tasks", {})
    for task, rules in beneath.tasks.items() if isinstance(of_tasks, dict) else ():
        of_task = of_tasks.setdefault(task, {}) if rules else {}
        for name, said in rules.items() if isinstance(of_task, dict) else ():
            own_units = isinstance(said.value, Mapping) and not said.value.keys().isdisjoint(("kl", "top1"))
            if name not in of_task and (name not in for_all or own_units):
                of_task[name], origin.said["tasks", task, name] = said.value, said.where


def _check_once(said: Said, twice: bool, other: str) -> None:
    if twice:
        raise UsageError(f"{said.where} is said twice, there and as {other}: leave one of them out")


def _check_tasks(policy: Policy, asked: Sequence[str], origin: _Origin, *, every: bool) -> None:
    """Raise UsageError for a task that a policy speaks of and the release does not ask.

    In a policy of its own file, which may be for several releases, advisory tasks may be absent.
    """
    for name in policy.tasks if every else ():
        if name not in asked:
            raise UsageError(f"{origin.where(('tasks', name))}: no such task is asked{nearest(name, asked)}")
    try:
        policy.check_tasks(asked)
    except UsageError as error:
        raise UsageError(f"{origin.place}{error}") from None


class _Origin:
    """Where each key of a policy was said: those of `said` as it has them, all others at `place`."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.said: dict[tuple[str, ...], str] = {}

    def where(self, path: tuple[str, ...]) -> str:
        for length in range(len(path), 0, -1):
            if path[:length] in self.said:
                return ".".join([self.said[path[:length]], *path[length:]])
        return self.place + ".".join(path)

    def explain(self, error: ValidationError) -> str:
        """A validation error as one line."""
        first = error.errors()[0]
        path = tuple(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        if not path:
            return f"{self.place.removesuffix('.').removesuffix(': ')}: {said}"
        if first["type"] == "extra_forbidden":
            known = (Policy if len(path) == 1 else TaskPolicy).model_fields
            near = difflib.get_close_matches(path[-1], known, n=1)
            return f"{self.where(path)} is not known" + (f"; did you mean {near[0]}?" if near else "")
        if first["type"] == "value_error" and isinstance(first["input"], Mapping):
            return f"{self.where(path)}: {said}"
        return wrong_value(first, place_of(first), self.where(path))
