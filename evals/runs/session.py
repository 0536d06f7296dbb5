"""One call of `quantgate run`: holds the plan against endpoint and run directory, then asks what is missing."""

from __future__ import annotations

import asyncio
import gc
import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from quantgate.evals.contract.records import Request, Sample, SampleKey, Status
from quantgate.evals.contract.task import Asker, Task
from quantgate.evals.endpoint.client import Endpoint
from quantgate.evals.endpoint.url import redact_url
from quantgate.evals.endpoint.window import Window
from quantgate.evals.errors import RunDirectoryError
from quantgate.evals.runs.asking import Progress, TaskPlan, ask_all, missing_requests, run_until_stopped
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.record import RunRecord, merge_for_resume, now
from quantgate.evals.settings.run import RunConfig
from quantgate.evals.text import excerpt
from quantgate.evals.versions import software_versions

_DESCRIBING = ("id", "root", "parent", "owned_by", "max_model_len")


@runtime_checkable
class Orchestrated(Protocol):
    """A task that is not asked request by request: it brings its own asker, open for the length of a session."""

    def asker(self, config: RunConfig) -> AbstractAsyncContextManager[Asker]: ...


@dataclass(frozen=True, slots=True)
class Session:
    """A run that is ready to be asked.

    `before` is the record that the directory held, `held` the samples that it has already for this session's tasks,
    `total` how many there will be, `notices` what the user should know.
    """

    config: RunConfig
    record: RunRecord
    before: RunRecord | None
    tasks: Mapping[str, Task]
    missing: Sequence[Request]
    held: list[Sample]
    total: int
    notices: list[str]

    async def ask(self, progress: Progress) -> None:
        """Ask what is missing, until all is there. Raises as `evals.runs.asking.ask_all`."""
        with RunDirectory(self.config.out).writing(self.record, self.before) as writer:
            if not self.missing:
                return
            answers = any(sample.status is not Status.ERROR for sample in self.held)
            window = Window(None if self.config.concurrency == "auto" else self.config.concurrency)
            async with AsyncExitStack() as stack:
                endpoint = await stack.enter_async_context(_endpoint(self.config))
                askers: dict[str, Asker] = dict.fromkeys(self.tasks, endpoint)
                for name, task in self.tasks.items():
                    if isinstance(task, Orchestrated):
                        askers[name] = await stack.enter_async_context(task.asker(self.config))
                await ask_all(self.missing, self.tasks, askers, writer, window, progress, has_answers=answers)

    def missing_count(self) -> int:
        """How many samples of this session's tasks are not answered yet."""
        held = RunDirectory(self.config.out).samples().values()
        return self.total - sum(sample.task in self.tasks and sample.status is not Status.ERROR for sample in held)


def ask_side_by_side(sessions: Sequence[tuple[Session, Progress]]) -> None:
    """Ask several runs at the same time, each of its own endpoint; KeyboardInterrupt when they are stopped."""

    async def asking() -> None:
        async with asyncio.TaskGroup() as group:
            for session, progress in sessions:
                group.create_task(session.ask(progress))

    # A full collection walks through all that the libraries have loaded: 150 ms in which no answer would be read.
    gc.freeze()
    try:
        run_until_stopped(asking)
    finally:
        gc.unfreeze()


def prepare(config: RunConfig, tasks: Mapping[str, Task]) -> Session:
    """Look at the endpoint and at the run directory, and find what is missing. Writes nothing.

    Raises
    ------
    EndpointUnreachable, RequestRefused
        When nothing, or no OpenAI-compatible API, answers.
    ResumeMismatch
        When the directory holds answers to something else.
    """
    plans = [TaskPlan(task, config.sampling(task.sampling), config.repeats_of(task.repeats)) for task in tasks.values()]
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
    held: dict[SampleKey, Sample] = {}
    before = directory.record() if directory.exists() else None
    if before is None and directory.samples():
        raise RunDirectoryError(f"{config.out} holds samples but no run.json to say of what: give another --out")
    if before is not None:
        record = merge_for_resume(before, record, str(config.out))
        if before.endpoint.get("base_url") != record.endpoint["base_url"]:
            notices.append(f"the endpoint was at {before.endpoint.get('base_url')} before")
        held = directory.samples()
    names = {plan.task.identity.name for plan in plans}
    return Session(
        config=config,
        record=record,
        before=before,
        tasks={plan.task.identity.name: plan.task for plan in plans},
        missing=missing_requests(plans, held),
        held=[sample for sample in held.values() if sample.task in names],
        total=sum(len(plan.task.items()) * plan.repeats for plan in plans),
        notices=notices,
    )


def describe_served(listed: list[dict[str, Any]] | None, model: str) -> tuple[dict[str, Any], list[str]]:
    """What the endpoint says of the model, as it goes into `run.json`, and what the user should know about it."""
    if listed is None:
        return {}, []
    entry = next((entry for entry in listed if entry.get("id") == model), None)
    if entry is None:
        names = excerpt(", ".join(str(entry.get("id")) for entry in listed[:5])) or "none"
        return {}, [f"the endpoint lists the models {names}, not {model}: some servers answer under any name"]
    served: dict[str, Any] = {name: entry[name] for name in _DESCRIBING if _plain(entry.get(name))}
    meta = entry.get("meta")
    if isinstance(meta, dict):
        served["meta"] = {name: value for name, value in meta.items() if _plain(value)}
    return served, []


def _plain(value: object) -> bool:
    """Whether a value can be written down: text, or a number that JSON has."""
    return isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))


def _endpoint(config: RunConfig) -> Endpoint:
    return Endpoint(config.base_url, config.model, api_key=config.api_key(), timeout_s=config.timeout)


async def _models(config: RunConfig) -> list[dict[str, Any]] | None:
    async with _endpoint(config) as endpoint:
        return await endpoint.models()
