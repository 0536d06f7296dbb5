"""The hashes of the token ids that an endpoint makes of each task's first prompts, as a run records them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, replace

from quantgate.evals.contract.task import Orchestrated
from quantgate.evals.contract.token_ids import FIELD, TokenIds
from quantgate.evals.endpoint.token_ids import PROMPTS, Server, token_ids_of
from quantgate.evals.runs.record import RunRecord
from quantgate.evals.runs.task_plan import TaskPlan
from quantgate.evals.settings.run import RunConfig

_PATIENCE_S = 15.0
"""No run waits longer for what it can do without."""

Open = Callable[[RunConfig], AbstractAsyncContextManager[Server]]
"""Gives a client that asks once."""


async def with_token_ids(
    record: RunRecord, plans: Mapping[str, TaskPlan], configs: Mapping[str, RunConfig], opened: Open
) -> RunRecord:
    """The record with what the endpoint makes of each task's first prompts, beside what it has made of them before.

    The same record where the endpoint shows nothing of that: it never fails.
    """
    told = dict(record.endpoint.get(FIELD) or {})
    try:
        async with asyncio.timeout(_PATIENCE_S):
            for name, plan in plans.items():
                if isinstance(plan.task, Orchestrated):
                    continue
                found = await _of_task(plan, configs[name], opened)
                if found is None:
                    break
                entry = asdict(found)
                told[name] = [*(each for each in told.get(name, ()) if each != entry), entry]
    except TimeoutError:
        pass
    return record if not told else replace(record, endpoint={**record.endpoint, FIELD: told})


async def _of_task(plan: TaskPlan, config: RunConfig, opened: Open) -> TokenIds | None:
    prompts = [plan.task.prompt(item, 0) for item in list(plan.items())[:PROMPTS]]
    async with opened(config) as endpoint:
        return await token_ids_of(endpoint, config.model, prompts, config.extra_body)
