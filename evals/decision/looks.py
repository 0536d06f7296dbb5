"""Numbers the looks that a pair of runs has had, and holds each task to what its look has left; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, Self, TypeVar

from quantgate.evals.contract.look_size import Size
from quantgate.evals.decision.look import CountedLook, HeldLook, Looks, look_at, look_finding
from quantgate.evals.decision.suite import SUITE
from quantgate.evals.decision.types import NotComparable
from quantgate.evals.pairing.pairs import Pairs, TaskPairs
from quantgate.evals.runs.looks import Line, TakenLook
from quantgate.evals.settings.policy import Policy, TaskPolicy
from quantgate.evals.settings.requirements import SMALLEST_ALPHA


class Looked(Protocol):
    """A task that could be compared: `evals.decision.evidence.Evidence`."""

    def at_look(self, held: HeldLook) -> Self: ...


AnyLooked = TypeVar("AnyLooked", bound=Looked)
_Key = tuple[Size, ...]


def sizes_of(pairs: Pairs) -> dict[str, Size]:
    """How much of each task that both runs have is looked at, or will be once it is complete."""
    return {task.task: size for task in pairs.tasks if (size := _size(task)) is not None}


def _size(task: TaskPairs) -> Size | None:
    ours, theirs = (task.builds[build].record for build in ("baseline", "candidate"))
    if ours is None or theirs is None:
        return None
    return Size(min(ours.items, theirs.items), ours.repeats, theirs.repeats, planned=theirs.design is not None)


def count_looks(
    past: Sequence[Line], sizes: Mapping[str, Size], suite: Sequence[str] = (), declared: int | None = None
) -> dict[str, CountedLook]:
    """The number of the look that is taken now of each task, and of the suite over some of them.

    A look is at a size that no earlier one was at; at the same size it is the same look. What nobody can read any more
    counts as a look of every task. Where looks were planned they are not counted here, but are looks that later ones
    come after.

    Parameters
    ----------
    past
        The earlier looks at this pair, in the order in which they were taken.
    sizes
        `sizes_of` the pair.
    suite
        The suite's tasks; none where the policy has no suite.
    declared
        The number that the user says this look has, which also those that follow go by.
    """
    members = {name: (name,) for name in sizes} | ({SUITE: tuple(suite)} if suite else {})
    return {
        name: _counted(past, tasks, now, declared)
        for name, tasks in members.items()
        if (now := _key(sizes, tasks)) and not any(size.planned for size in now)
    }


def is_new(look: TakenLook, past: Sequence[Line]) -> bool:
    """Whether a look is to be kept: at a size of some task that is new, or declared and not kept as such already."""
    known = [line for line in past if line is not None]
    if look.declared is not None:
        return not known or (known[-1].declared, known[-1].tasks) != (look.declared, look.tasks)
    return any(all(line.tasks.get(name) != size for line in known) for name, size in look.tasks.items())


def held_to(policy: Policy, looks: Looks, members: int = 1) -> tuple[Policy, dict[str, HeldLook]]:
    """The policy with the level of each look in place of alpha, and the looks that are taken.

    `members` are the formats that share alpha. Where nothing is left the bounds are shown at the smallest level that
    all of them hold at, and decide nothing.
    """
    taken: dict[str, HeldLook] = {}
    levels: dict[str, float] = {}
    for name, counted in looks.items():
        rule = _rule(policy, name)
        least = SMALLEST_ALPHA * members * (2 if rule.margin.both else 1)
        look = look_at(counted, rule.alpha, least)
        taken[name] = HeldLook(look, look_finding(look, rule.alpha))
        if look.number > 1:
            levels[name] = min(look.alpha or least, rule.alpha)
    tasks = {
        name: policy.tasks.get(name, TaskPolicy.model_validate({})).model_copy(update={"alpha": level})
        for name, level in levels.items()
        if name != SUITE
    }
    suite = policy.suite
    if suite is not None and SUITE in levels:
        suite = suite.model_copy(update={"alpha": levels[SUITE]})
    return policy.model_copy(update={"tasks": {**policy.tasks, **tasks}, "suite": suite}), taken


def with_looks(
    found: Mapping[str, AnyLooked | NotComparable], looks: Mapping[str, HeldLook]
) -> dict[str, AnyLooked | NotComparable]:
    """What was found, with the look at each that is counted."""
    return {
        name: one if isinstance(one, NotComparable) or name not in looks else one.at_look(looks[name])
        for name, one in found.items()
    }


def _rule(policy: Policy, name: str) -> TaskPolicy:
    return policy.for_suite(policy.suite) if name == SUITE and policy.suite is not None else policy.for_task(name)


def _key(held: Mapping[str, Size], tasks: Sequence[str]) -> _Key | None:
    """The sizes of these tasks; `None` where one of them is not there."""
    return tuple(held[name] for name in tasks) if all(name in held for name in tasks) else None


def _counted(past: Sequence[Line], tasks: Sequence[str], now: _Key, declared: int | None) -> CountedLook:
    numbers: dict[_Key, int] = {}
    before: list[Size | None] = []
    highest, by_word = 0, declared is not None
    for line in past:
        if line is None:
            highest += 1
            before.append(None)
        elif (key := _key(line.tasks, tasks)) is not None:
            if line.declared is not None:
                numbers, highest, by_word = {}, line.declared - 1, True
            if key not in numbers:
                highest += 1
                numbers[key] = highest
            if key != now and (size := _together(key)) not in before:
                before.append(size)
    number = numbers.get(now, highest + 1) if declared is None else declared
    return CountedLook(number, tuple(before), by_word)


def _together(key: _Key) -> Size:
    """One size to tell of several tasks: all of their items, and the fewest repeats."""
    return Size(
        sum(size.items for size in key),
        min(size.baseline for size in key),
        min(size.candidate for size in key),
        any(size.planned for size in key),
    )
