"""Which margin given items and repeats settle: of a task, and of the mean over several, as they are to be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from quantgate.evals.contract.fidelity import TOP1
from quantgate.evals.contract.task import TaskInfo
from quantgate.evals.planning.assumptions import assume
from quantgate.evals.planning.suite import assume_suite
from quantgate.evals.planning.types import Assumptions, Guess, Settled
from quantgate.evals.settings.policy import Policy
from quantgate.evals.stats.planning.power import asymptotic_power, exact_power
from quantgate.evals.stats.planning.simulation import simulated_power, solve_rates
from quantgate.evals.stats.planning.strata import macro_power

POWER = 0.8
_MOST = 500
"""Tenths of a point."""
_EXACT = 2000
"""Items above which the exact test takes seconds, and settles the same tenth of a point as the asymptotic one."""


def settled_margin(assumed: Assumptions, repeats: int, *, alpha: float = 0.05, power: float = POWER) -> float | None:
    """The smallest margin, in tenths of a point, that an equal build passes with `power`; `None` above 50 points.

    Items are all asked `repeats` times; the figures are those of `plan`: exact for one answer each to items in one
    pool, by simulation for several, by the formula of `macro_power` for strata.
    """
    once = repeats == 1 or assumed.one_answer
    if len(assumed.strata) > 1:
        return _of_strata(assumed, [1 if once else repeats] * len(assumed.strata), alpha, power)
    if once:
        power_of = exact_power if assumed.items <= _EXACT else asymptotic_power
        return _smallest(lambda margin: power_of(assumed.items, margin, assumed.discordance, 0.0, alpha) >= power)
    rates = solve_rates(assumed.between, assumed.within)

    def settled(margin: float) -> bool:
        found = simulated_power(*rates, assumed.items, repeats, margin, alpha=alpha)
        return found.power >= power - found.standard_error

    return _smallest(settled)


def settled_mean(
    tasks: Mapping[str, Assumptions],
    shares: Mapping[str, float],
    repeats: Mapping[str, int],
    *,
    alpha: float = 0.05,
    power: float = POWER,
) -> float | None:
    """The same of the mean over tasks, each asked its own number of times."""
    counts = [1 if tasks[name].one_answer else repeats[name] for name in shares for _ in range(len(tasks[name].strata))]
    return _of_strata(assume_suite(tasks, shares), counts, alpha, power)


def _of_strata(assumed: Assumptions, repeats: list[int], alpha: float, power: float) -> float | None:
    variances = [part.between + part.within / count for part, count in zip(assumed.each, repeats, strict=True)]
    weights = [part.weight for part in assumed.each]
    return _smallest(
        lambda margin: macro_power(assumed.strata, variances, margin, alpha=alpha, weights=weights) >= power
    )


def _smallest(settled: Callable[[float], bool]) -> float | None:
    least, most = 0, _MOST + 1
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if settled(middle / 1000) else (middle, most)
    return most / 1000 if most <= _MOST else None


@dataclass(frozen=True, slots=True)
class AskedSize:
    """How much a task is asked: `greedy` says that its repeats are one answer over and over."""

    items: int
    repeats: int
    greedy: bool


def assumed_of(sizes: Mapping[str, AskedSize], infos: Mapping[str, TaskInfo], guess: Guess) -> dict[str, Assumptions]:
    """What is assumed of each task that flips decide, as it is to be asked."""
    return {
        name: replace(assume(name, _items(size, infos[name]), guess, infos[name]), one_answer=size.greedy)
        for name, size in sizes.items()
        if TOP1 not in infos[name].metrics
    }


def settled_by(sizes: Mapping[str, AskedSize], infos: Mapping[str, TaskInfo], policy: Policy) -> Settled:
    """What items and repeats settle, by task, as `plan` assumes flips where nothing was measured."""
    assumed = assumed_of(sizes, infos, Guess())
    each = {
        name: settled_margin(one, sizes[name].repeats, alpha=policy.for_task(name).alpha)
        for name, one in assumed.items()
    }
    suite = policy.suite
    if suite is None or not assumed.keys() >= suite.shares.keys():
        return Settled(each, None)
    repeats = {name: sizes[name].repeats for name in suite.shares}
    return Settled(each, settled_mean(assumed, suite.shares, repeats, alpha=policy.for_suite(suite).alpha))


def _items(size: AskedSize, info: TaskInfo) -> int | None:
    """`None` for all that the task declares, which keeps its strata."""
    return None if size.items == sum(info.strata.values()) else size.items
