"""A suite: tasks with how they are asked and what they must show, under one name, beneath what a release file says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from quantgate.evals.errors import UsageError
from quantgate.evals.settings.asked_suite import AskedSuite
from quantgate.evals.settings.explaining import shown
from quantgate.evals.settings.policy import Policy
from quantgate.evals.settings.release.asking import how_asked
from quantgate.evals.settings.release.layers import ALIKE, check_layer, for_task, layer_of, resolved
from quantgate.evals.settings.release.names import KnownTasks, check_names
from quantgate.evals.settings.release.rules import Beneath, policy_of, rules_of
from quantgate.evals.settings.release.said import Layer, Level, OwnOption, Said, at, path_in
from quantgate.evals.settings.release.tasks import place_of_task, tasks_of
from quantgate.evals.settings.run import RunConfig, read_yaml
from quantgate.evals.settings.shipped import SUITES
from quantgate.evals.text import one_line

_ABOUT = ("summary", "sources", "not_asked")
_UNTOLD = frozenset({"data", "data_dir"})
"""Where the questions lie is no change of a suite: the run records what they are."""


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite as it is written: `top` holds what it says of all of its tasks, `place` is how messages name its file."""

    about: AskedSuite
    place: Path
    chosen: str | Path
    top: Mapping[str, Any]
    tasks: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class SuiteLayers:
    """What a suite says of how its tasks are asked: of all of them, and of each."""

    top: Layer
    tasks: Mapping[str, Layer]

    def of(self, task: str) -> list[Layer]:
        """From the farthest to the nearest; none of a task that is not the suite's."""
        return [self.top, self.tasks[task]] if task in self.tasks else []


def named_suite(chosen: object, file: Path, where: str) -> Suite | None:
    """The suite that is named, or written in a file: `None` where it is a mapping, the mean of several tasks.

    Raises
    ------
    UsageError
        For what is no name and no file, or a file that is no suite, with its place.
    """
    if not isinstance(chosen, str | Path):
        return None
    if isinstance(chosen, str) and chosen not in SUITES.names():
        path = path_in(file.parent, chosen, where)
        chosen = path if path.exists() else chosen
    source = SUITES.file(chosen, where)
    place = source if isinstance(source, Path) and source == chosen else Path(f"suite {chosen}")
    written = read_yaml(source)
    tasks = tasks_of(written, place)
    top = {name: value for name, value in written.items() if name not in (*_ABOUT, "tasks")}
    return Suite(_about(written, place, source.name if place == source else str(chosen)), place, chosen, top, tasks)


def layers_of_suite(suite: Suite, own: Mapping[str, Sequence[OwnOption]], tasks: KnownTasks) -> SuiteLayers:
    """What the suite says of asking; raises UsageError for a name that may not stand there, or a value that is none."""
    every = tuple(dict.fromkeys(option for name in suite.tasks for option in own[name]))
    told = {name: value for name, value in suite.top.items() if not (name == "first" and _is_task(value))}
    check_names(suite.top, Level.SUITE, "", suite.place, every, tasks)
    top = layer_of(told, Level.SUITE, "", suite.place, every)
    each = {}
    for name, written in suite.tasks.items():
        check_names(written, Level.SUITE_TASK, place_of_task(name), suite.place, own[name], tasks)
        each[name] = layer_of(written, Level.TASK, place_of_task(name), suite.place, own[name])
    for layer in (top, *each.values()):
        check_layer(layer, list(suite.tasks))
    return SuiteLayers(top, each)


def configs_of_suite(suite: Suite, tasks: KnownTasks) -> dict[str, RunConfig]:
    """How each of its tasks is asked, of a build that is not said; raises UsageError as a release file is refused."""
    own = {name: tuple(tasks.options_of(name)) for name in suite.tasks}
    layers = layers_of_suite(suite, own, tasks)
    said = {"base_url": Said("http://127.0.0.1/v1", ""), "model": Said("model", "")}
    build = Layer(Level.BUILD, said, {})
    return {
        name: how_asked(
            [*layers.of(name), build], "build", name, {each.name for each in own[name]}, Path(), str(suite.place)
        ).config
        for name in suite.tasks
    }


def folded(farther: Sequence[Layer], nearest: Layer, task: str, own: Sequence[OwnOption]) -> Layer:
    """What stands under a task, and over it all that a suite has a part in: for a file that is whole without it.

    `farther` are the layers of the suite, the top and a build, `nearest` is the task's.
    """
    layers = [for_task(layer, task) for layer in (*farther, nearest)]
    options, mine = resolved(layers)
    of_suite = {name for layer in layers[:2] for name in layer.options}
    apart = {"data", "data_dir", "metric"} - of_suite
    kept = {name: said for name, said in options.items() if name in ALIKE and name not in apart}
    declared = {option.name for option in own}
    known = {name: said for name, said in mine.items() if name in declared}
    return replace(nearest, options={**nearest.options, **kept}, own={**nearest.own, **known})


def rules_of_suite(suite: Suite) -> Beneath:
    """What its tasks must show, alone and together."""
    said = {name: Said(value, at(suite.place, "", name)) for name, value in suite.top.items()}
    if "first" in said and not _is_task(said["first"].value):
        del said["first"]
    return Beneath(*rules_of(said, {}, suite.tasks, suite.place))


def policy_of_suite(suite: Suite) -> Policy:
    """The suite's own policy. Raises UsageError, naming file and key."""
    return policy_of(suite.place, None, {}, {name: {} for name in suite.tasks}, beneath=rules_of_suite(suite))[0]


def changes(
    suite: Suite,
    layers: SuiteLayers,
    asked: Mapping[str, tuple[Mapping[str, Said], Mapping[str, Said]]],
    policy: Policy,
) -> AskedSuite:
    """The suite with what a release says otherwise; `asked` has of each task the options of a run, and its own."""
    own_policy = policy_of_suite(suite)
    phrases: dict[str, list[str]] = {}
    for task, final in asked.items():
        if task not in suite.tasks:
            phrases.setdefault("is asked besides", []).append(task)
            continue
        suites = resolved([for_task(layer, task) for layer in layers.of(task)])
        told = [name for name in ALIKE if name not in _UNTOLD]
        pairs = [(name, suites[0].get(name), final[0].get(name)) for name in told]
        pairs += [(name, suites[1].get(name), final[1].get(name)) for name in {**suites[1], **final[1]}]
        said = [
            _change(name, before and before.value, after and after.value)
            for name, before, after in pairs
            if (before and before.value) != (after and after.value)
        ]
        rules = (own_policy.for_task(task).model_dump(), policy.for_task(task).model_dump())
        said += [_change(name, rules[0][name], rules[1][name]) for name in rules[0] if rules[0][name] != rules[1][name]]
        for phrase in said:
            phrases.setdefault(phrase, []).append(task)
    told_of = [f"{', '.join(tasks)}: {phrase}" for phrase, tasks in phrases.items()]
    if own_policy.first != policy.first:
        told_of.append(_change("asked before all others:", own_policy.first, policy.first))
    if own_policy.suite != policy.suite:
        told_of.append("the mean is another, or decided at another margin")
    return replace(suite.about, changed=tuple(told_of))


def _change(name: str, before: object, after: object) -> str:
    if before is None:
        return f"{name} {_value(after)}"
    return f"{name} {_value(after)} in place of {_value(before)}"


def _value(value: object) -> str:
    written = getattr(value, "written", value)
    return "none" if written is None else one_line(str(written), 60)


def _is_task(value: object) -> bool:
    return isinstance(value, str) and not value.strip().isdecimal()


def _about(written: Mapping[str, Any], place: Path, name: str) -> AskedSuite:
    summary, sources, left = written.get("summary"), written.get("sources"), written.get("not_asked")
    if not isinstance(summary, str) or not summary.strip():
        raise UsageError(f"{at(place, '', 'summary')} is missing: what the suite is for, on a line")
    if sources is not None and not (isinstance(sources, list) and all(isinstance(one, str) for one in sources)):
        raise UsageError(f"{at(place, '', 'sources')} {shown(sources)}: write a list of texts")
    if left is not None and not (
        isinstance(left, Mapping) and all(isinstance(one, str) for pair in left.items() for one in pair)
    ):
        raise UsageError(f"{at(place, '', 'not_asked')} {shown(left)}: write each benchmark with the reason")
    return AskedSuite(name, " ".join(summary.split()), tuple(sources or ()), dict(left or {}))
