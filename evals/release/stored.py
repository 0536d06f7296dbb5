"""Whether a finished run can be one of a release's builds: asked as the others are to be, and whole."""

from __future__ import annotations

from collections.abc import Sequence

from quantgate.evals.errors import RunDirectoryError
from quantgate.evals.pairing.plans import plan_differences
from quantgate.evals.release.types import Stored
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.missing import other_prompt
from quantgate.evals.runs.record import TaskRecord
from quantgate.evals.runs.task_plan import TaskPlan
from quantgate.evals.samples.columns import NONE
from quantgate.evals.samples.held import Held


def answers_of(build: Stored, plans: Sequence[TaskPlan], *, is_baseline: bool) -> Held:
    """The answers of a finished run, once it is certain that they can stand for a build.

    `plans` are those by which the other builds are asked.

    Raises
    ------
    RunDirectoryError
        When it cannot be read, was asked otherwise, or lacks answers or repeats: with all that it is.
    """
    directory = RunDirectory(build.out)
    record = directory.record()
    held = directory.held(record)
    problems = [] if record.shard is None else [f"it is {record.shard.told()}"]
    problems += [
        f"{plan.task.identity.name}: {problem}"
        for plan in plans
        for problem in _problems(plan, record.task(plan.task.identity.name), held, is_baseline=is_baseline)
    ]
    if problems:
        raise RunDirectoryError(
            f"{build.out} cannot be taken for {build.label}: {'; '.join(problems)}. Give the base_url and the model of "
            "that build instead of its run, and it is asked"
        )
    return held


def _problems(plan: TaskPlan, record: TaskRecord | None, held: Held, *, is_baseline: bool) -> list[str]:
    if record is None:
        return ["it was not asked this task"]
    today = plan.record()
    problems = plan_differences(*((record, today) if is_baseline else (today, record)))
    if record.repeats < plan.repeats:
        problems.append(f"each item was asked {_times(record.repeats)} there, {_times(plan.repeats)} here")
    if problems:
        return problems
    own = held.of_task(plan.task.identity.name)
    if (other := other_prompt(plan, own)) is not None:
        item, repeat, asked, wanted = other
        return [f"item {item} (repeat {repeat}) was asked with another prompt: hash {asked[:12]}, {wanted[:12]} here"]
    rows = own.columns.rows_of([item.item_id for item in plan.items()], plan.repeats).ravel()
    answered = int(own.columns.scored[rows[rows != NONE]].sum())
    if answered < len(rows):
        return [f"{len(rows) - answered:,} of {len(rows):,} answers are missing"]
    return []


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
