"""What a shard of a run asks of a plan's requests, and what a record keeps of it."""

from __future__ import annotations

from collections.abc import Sequence

from quantgate.evals.contract.shard import Shard
from quantgate.evals.runs.record import ShardRecord
from quantgate.evals.runs.task_plan import TaskPlan


def shard_record(shard: Shard | None, plans: Sequence[TaskPlan]) -> ShardRecord | None:
    """What the record of a run keeps of its shard; `None` of a whole run."""
    if shard is None:
        return None
    return ShardRecord(shard.number, shard.of, {plan.task.identity.name: plan.shard_items(shard) for plan in plans})


def told_of_shard(shard: Shard, plans: Sequence[TaskPlan]) -> str:
    """How much of a run its shard asks, for the user."""
    parts = (f"{plan.pairs():,} of {len(plan.items()) * plan.repeats:,} of {plan.task.identity.name}" for plan in plans)
    return f"this is shard {shard}: it asks {', '.join(parts)}"
