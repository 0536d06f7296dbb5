"""One call of `quantgate run`: holds the plan against endpoint and run directory, then asks what is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.concurrency import Window
from evals.config import RunConfig
from evals.endpoint import Endpoint
from evals.identity import redact_url, software_versions
from evals.records import Request, Sample, Status
from evals.run_record import RunRecord, merge_for_resume, now
from evals.runner import Progress, TaskPlan, ask_all, missing_requests, run_until_stopped
from evals.store import RunDirectory
from evals.task import Task

_DESCRIBING = ("id", "root", "parent", "owned_by", "max_model_len")


@dataclass(frozen=True, slots=True)
class Session:
    """A run that is ready to be asked. `held` are the samples it has already, `notices` what the user should know."""

    config: RunConfig
    record: RunRecord
    tasks: Mapping[str, Task]
    missing: Sequence[Request]
    held: list[Sample]
    total: int
    notices: list[str]

    async def ask(self, progress: Progress) -> None:
        """Ask what is missing, until all is there. Raises as `evals.runner.ask_all`."""
        with RunDirectory(self.config.out).writing(self.record) as writer:
            if not self.missing:
                return
            async with _endpoint(self.config) as endpoint:
                window = Window(None if self.config.concurrency == "auto" else self.config.concurrency)
                await ask_all(self.missing, self.tasks, endpoint, writer, window, progress)

    def missing_count(self) -> int:
        answered = RunDirectory(self.config.out).samples().values()
        return self.total - sum(sample.status is not Status.ERROR for sample in answered)


def ask_side_by_side(sessions: Sequence[tuple[Session, Progress]]) -> None:
    """Ask several runs at the same time, each of its own endpoint; KeyboardInterrupt when they are stopped."""

    async def asking() -> None:
        async with asyncio.TaskGroup() as group:
            for session, progress in sessions:
                group.create_task(session.ask(progress))

    run_until_stopped(asking)


def prepare(config: RunConfig, tasks: Mapping[str, Task]) -> Session:
    """Look at the endpoint and at the run directory, and find what is missing. Writes nothing.

    Raises
    ------
    EndpointUnreachable, RequestRefused
        When nothing, or no OpenAI-compatible API, answers.
    ResumeMismatch
        When the directory holds answers to something else.
    """
    plans = [TaskPlan(task, config.sampling(task.sampling), config.repeats or task.repeats) for task in tasks.values()]
    directory = RunDirectory(config.out)
    listed = asyncio.run(_models(config))
    served, notices = describe_served(listed, config.model)
    record = RunRecord(
        label=config.label or config.out.resolve().name,
        model=config.model,
        endpoint={"base_url": redact_url(config.base_url), **({"served": served} if served else {})},
        tasks=tuple(plan.record() for plan in plans),
        software=software_versions(),
        created=now(),
    )
    held: dict[tuple[str, str, int], Sample] = {}
    if directory.exists():
        before = directory.record()
        record = merge_for_resume(before, record, str(config.out))
        if before.endpoint.get("base_url") != record.endpoint["base_url"]:
            notices.append(f"the endpoint was at {before.endpoint.get('base_url')} before")
        held = directory.samples()
    missing = missing_requests(plans, held)
    total = sum(len(task.items()) * plan.repeats for task, plan in zip(tasks.values(), plans, strict=True))
    names = {plan.task.identity.name for plan in plans}
    return Session(
        config=config,
        record=record,
        tasks={task.identity.name: task for task in tasks.values()},
        missing=missing,
        held=[sample for sample in held.values() if sample.task in names],
        total=total,
        notices=notices,
    )


def describe_served(listed: list[dict[str, Any]] | None, model: str) -> tuple[dict[str, Any], list[str]]:
    """What the endpoint says of the model, as it goes into `run.json`, and what the user should know about it."""
    if listed is None:
        return {}, []
    entry = next((entry for entry in listed if entry.get("id") == model), None)
    if entry is None:
        names = ", ".join(str(entry.get("id")) for entry in listed[:5]) or "none"
        return {}, [f"the endpoint lists the models {names}, not {model}: some servers answer under any name"]
    served = {name: entry[name] for name in _DESCRIBING if isinstance(entry.get(name), str | int | float)}
    meta = entry.get("meta")
    if isinstance(meta, dict):
        served["meta"] = {name: value for name, value in meta.items() if isinstance(value, str | int | float)}
    return served, []


def _endpoint(config: RunConfig) -> Endpoint:
    return Endpoint(config.base_url, config.model, api_key=config.api_key(), timeout_s=config.timeout)


async def _models(config: RunConfig) -> list[dict[str, Any]] | None:
    async with _endpoint(config) as endpoint:
        return await endpoint.models()
