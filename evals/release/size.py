"""How much of a task is asked, when all of it is."""

from __future__ import annotations

from quantgate.evals.contract.task import Task
from quantgate.evals.settings.run import RunConfig


def full_size(task: Task, config: RunConfig) -> tuple[int, int]:
    """Items and repeats of a task when all of it is asked."""
    held = len(task.items())
    most = config.limit if config.first is None else config.first
    repeats = config.repeats_of(task.repeats) if config.sampling(task.sampling).draws else 1
    return held if most is None else min(held, most), repeats
