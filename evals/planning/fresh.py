"""What fresh questions would take where a benchmark's own, asked once each, are too few for a margin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from quantgate.evals.contract.task import TaskInfo
from quantgate.evals.planning.assumptions import assume
from quantgate.evals.planning.plan import make_plan
from quantgate.evals.planning.types import FreshItems, Guess, MarginRow, Plan
from quantgate.evals.settings.requirements import Target


def with_fresh(plan: Plan, guess: Guess, known: Mapping[str, TaskInfo], *, piloted: bool = False) -> Plan:
    """A plan, with what a task without end takes beside each margin that one answer to each item does not settle.

    That task is the first of `known` that makes as many items as are asked for and says what is typical of it. As many
    of its items are taken to flip as was guessed of the builds, or as a pilot measured (`piloted`), else as is typical.
    A suite is left as it is, and so is a plan for these very questions, or for a baseline that is there already.
    """
    info = next((each for each in known.values() if each.fresh is not None and each.typical is not None), None)
    assumed, aim = plan.assumptions, plan.aim
    apart = assumed.fresh or bool(assumed.parts) or aim.target is Target.BENCHMARK or aim.baseline_repeats is not None
    short = [row for row in plan.rows if row.repeats != 1]
    if info is None or apart or not short:
        return plan
    if piloted:
        guess = Guess(discordance=assumed.discordance, tokens=assumed.tokens)
    wanted = replace(
        aim,
        margins=tuple(row.margin for row in short if row.recovery is None),
        recoveries=tuple(row.recovery for row in short if row.recovery is not None),
        repeats=1,
    )
    made = make_plan(assume(info.name, None, guess, info), wanted)
    found = {_key(row): _fresh(made, row) for row in made.rows}
    return replace(plan, rows=tuple(replace(row, fresh=found.get(_key(row))) for row in plan.rows))


def _key(row: MarginRow) -> tuple[str, float]:
    return ("margin", row.margin) if row.recovery is None else ("recovery", row.recovery)


def _fresh(made: Plan, row: MarginRow) -> FreshItems | None:
    if row.ask is None or row.power is None or row.requests is None:
        return None
    return FreshItems(
        task=made.assumptions.task,
        items=row.ask,
        discordance=made.assumptions.discordance,
        power=row.power,
        requests=row.requests,
        tokens=row.tokens,
        hours=row.hours,
        at_losses=row.at_losses,
    )
