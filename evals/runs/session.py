"""One call of `quantgate run`: holds the plan against endpoint and run directory, then asks what is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol, TypeAlias

import numpy as np
import pyarrow

from quantgate.evals.contract.records import Status
from quantgate.evals.contract.task import Asker, ModelUnderTest, Orchestrated, Task, TaskInfo
from quantgate.evals.endpoint.client import Endpoint, RetryPolicy
from quantgate.evals.endpoint.completions import Completions
from quantgate.evals.endpoint.likelihood import Likelihoods, found_in
from quantgate.evals.endpoint.listing import NoListing
from quantgate.evals.endpoint.served import context_of, served_model
from quantgate.evals.endpoint.url import redact_url
from quantgate.evals.endpoint.window import Window
from quantgate.evals.errors import OutOfTime, RunDirectoryError
from quantgate.evals.interrupts import run_cancelled_by_ctrl_c
from quantgate.evals.runs.asked import KeptTask
from quantgate.evals.runs.asking import Pace, Progress, Requests, ask_all, run_until_stopped
from quantgate.evals.runs.configured import plans_of
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.endpoint import endpoint_of
from quantgate.evals.runs.found import as_found
from quantgate.evals.runs.garbage import rare_collections
from quantgate.evals.runs.grader_processes import GraderProcesses
from quantgate.evals.runs.grading import Graders
from quantgate.evals.runs.missing import MissingRequests, UngradedAnswers
from quantgate.evals.runs.own import check_own
from quantgate.evals.runs.prompt_ids import with_token_ids
from quantgate.evals.runs.record import RunRecord, TaskRecord, found_settings, now
from quantgate.evals.runs.resume import merge_for_resume
from quantgate.evals.runs.room import rooms_of, with_rooms
from quantgate.evals.runs.shards import shard_record, told_of_shard
from quantgate.evals.runs.standing import Standing
from quantgate.evals.runs.steering import Steering
from quantgate.evals.runs.task_plan import TaskPlan
from quantgate.evals.runs.watching import Watch
from quantgate.evals.samples.columns import Columns
from quantgate.evals.samples.held import Held
from quantgate.evals.settings.run import RunConfig
from quantgate.evals.versions import software_versions

Listing: TypeAlias = tuple[list[dict[str, Any]] | None, list[str]]
"""What an endpoint lists, `None` where it does not, and what the user should know of that."""


class PacedRequests(Requests, Pace, Protocol):
    """Requests in an order of their own, each of which waits for its turn."""


_NOT_ASKED = "is asked into it: give another --out"


@dataclass(frozen=True, slots=True)
class Session:
    """A run that is ready to be asked.

    `configs` has the configuration of each task: `config` is one of them, for what they share. `before` is the record
    that the directory held, `again` its answers that are still to be graded, `standing` what it has already of this
    session's tasks, `total` how many samples there will be, `notices` what the user should know.
    """

    config: RunConfig
    configs: Mapping[str, RunConfig]
    record: RunRecord
    before: RunRecord | None
    tasks: Mapping[str, Task]
    missing: MissingRequests
    again: UngradedAnswers
    standing: Standing
    total: int
    notices: list[str]

    async def ask(
        self,
        progress: Progress,
        steering: Steering,
        graders: Graders | None = None,
        paced: PacedRequests | None = None,
    ) -> str | None:
        """Ask what is missing, until all is there, as many at a time as `steering` says meanwhile.

        With `paced`, which has of what is missing that which is wanted, only that. Raises as
        `evals.runs.asking.ask_all`.

        Returns what libraries said while answers were graded.
        """
        directory = RunDirectory(self.config.out)
        durable = any(config.durable for config in self.configs.values())
        kept = self._kept_prompts() if self.missing or self.again else None
        with directory.writing(self.record, self.before, durable=durable, prompts_of=kept) as writer:
            if not self.missing and not self.again:
                return None
            window = Window(window_size(self.configs.values()))
            if not self.missing:
                heard = await ask_all((), self.tasks, {}, writer, window, progress, graders=graders, again=self.again)
                return heard.told(private=self._is_private(heard.task))
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(steering.of(window, self.config.out))
                progress.follow(window)
                askers, endpoints = await self._askers(stack)
                record = as_found(self.record, askers)
                plans = {name: plan for name, (plan, _) in self.missing.of_tasks().items()}
                record = await with_token_ids(record, plans, self.configs, _asking_once)
                directory.amend(record)

                def store(seen: RunRecord) -> None:
                    directory.amend(as_found(seen, askers))

                watch = Watch(endpoints[0], record, store, allowed=self._allows_change)
                try:
                    async with watch.looking():
                        heard = await ask_all(
                            self.missing if paced is None else paced,
                            self.tasks,
                            {name: watch.over(asker) for name, asker in askers.items()},
                            writer,
                            window,
                            progress,
                            has_answers=self.standing.has_answers,
                            graders=graders,
                            again=self.again,
                            pace=paced,
                        )
                finally:
                    found = {name: value for endpoint in endpoints for name, value in endpoint.found().items()}
                    store(replace(watch.record, asked=record.asked | found))
                return heard.told(private=self._is_private(heard.task))

    async def _askers(self, stack: AsyncExitStack) -> tuple[dict[str, Asker], list[Endpoint]]:
        """Who is asked for each task; tasks that are asked over the same connection share a client."""
        askers: dict[str, Asker] = {}
        clients: list[tuple[RunConfig, Endpoint]] = []
        scored: dict[Endpoint, Completions] = {}
        for name, task in self.tasks.items():
            config = self.configs[name]
            endpoint = next((client for other, client in clients if _reached_alike(config, other)), None)
            if endpoint is None:
                endpoint = await stack.enter_async_context(endpoint_of(config, config.model))
                clients.append((config, endpoint))
            if isinstance(task, Orchestrated):
                model = _model_under_test(config, task, self.record.task(name))
                askers[name] = await stack.enter_async_context(task.asker(model))
            elif task.sampling.draws:
                askers[name] = endpoint
            elif (prompt := task.prompt(task.items()[0], 0)).per_token is not None:
                likelihoods = Likelihoods(endpoint, config.tokenizer, found_in(self.record.asked))
                await likelihoods.find(prompt, config.extra_body)
                askers[name] = likelihoods
            else:
                if endpoint not in scored:
                    scored[endpoint] = await _completions(endpoint, config)
                askers[name] = scored[endpoint]
        return askers, [client for _, client in clients]

    @property
    def _allows_change(self) -> bool:
        return any(config.model_changed for config in self.configs.values())

    def _kept_prompts(self) -> dict[str, KeptTask]:
        """The tasks whose prompts are kept."""
        return {
            name: KeptTask(plan.task, private=plan.info.private is not None or self._is_private(name))
            for name, (plan, _) in self.missing.of_tasks().items()
            if self.configs[name].prompts
        }

    def _is_private(self, name: str) -> bool:
        task = self.record.task(name)
        return task is not None and task.asked_by_authors is not None

    def left(self) -> tuple[int, int]:
        """How many samples of this session's tasks have no answer yet, and how many answers no grade."""
        held = _of_tasks(RunDirectory(self.config.out).held(), self.tasks)
        ungraded = int(held.is_status(Status.UNGRADED).sum())
        return self.total - int(held.scored.sum()) - ungraded, ungraded


def ask_side_by_side(
    sessions: Sequence[tuple[Session, Progress]],
    graders: GraderProcesses | None = None,
    max_time_s: float | None = None,
) -> list[str]:
    """Ask several runs at the same time, each of its own endpoint, for `max_time_s` seconds at most.

    `graders` are those of their tasks, where they have been started already. Returns what the user should know of them.

    Raises
    ------
    KeyboardInterrupt
        When they are stopped.
    OutOfTime
        When the time is up before all is there; what is in flight is given up.
    """
    if graders is None:
        with GraderProcesses([task for session, _ in sessions for task in session.tasks.values()]) as started:
            return ask_side_by_side(sessions, started, max_time_s)
    asked: list[asyncio.Task[str | None]] = []
    steering = Steering()

    async def asking() -> None:
        try:
            async with asyncio.timeout(max_time_s) as time:
                with steering.by_signals():
                    async with asyncio.TaskGroup() as group:
                        for session, progress in sessions:
                            asked.append(group.create_task(session.ask(progress, steering, graders)))
        except TimeoutError:
            if not time.expired():
                raise
            raise OutOfTime("the time is up; all that has arrived is stored, and the same command goes on") from None

    with rare_collections():
        run_until_stopped(asking)
    return [told for task in asked if (told := task.result()) is not None]


def prepare(config: RunConfig, tasks: Mapping[str, Task], infos: Mapping[str, TaskInfo]) -> Session:
    """Look at the endpoint and at the run directory, and find what is missing.

    Writes nothing but the index of samples that are many and have none.

    `infos` has what each of the `tasks` declares.

    Raises
    ------
    EndpointUnreachable, RequestRefused
        When nothing, or no OpenAI-compatible API, answers.
    ResumeMismatch
        When the directory holds answers to something else.
    TaskDeclarationError
        When a task has items of a stratum that it does not declare.
    UsageError
        When the served context is too short for a prompt and its budget, with what fits.
    """
    directory = RunDirectory(config.out)
    if directory.exists():
        check_own(directory.record(), config.out, _NOT_ASKED)
    configs = dict.fromkeys(tasks, config)
    plans = plans_of(configs, tasks, infos)
    session = prepared(configs, plans, run_cancelled_by_ctrl_c(listing_of(config)), keep_looks=True)
    window = context_of(session.record.endpoint)
    rooms = rooms_of(plans, partial(_asking_once, config), window) if session.missing else []
    told = [*session.notices, *(room.told(has_window=window is not None) for room in rooms)]
    return replace(session, record=with_rooms(session.record, rooms), notices=told)


def prepared(
    configs: Mapping[str, RunConfig],
    plans: Sequence[TaskPlan],
    listing: Listing | None,
    *,
    keep_looks: bool = False,
) -> Session:
    """Hold plans against what the endpoint lists and the run directory holds; without `listing` against that alone.

    `keep_looks` says that a directory which is looked at on the way goes on so, though the plans do not speak of it.
    Raises ResumeMismatch and RunDirectoryError.
    """
    config = next(iter(configs.values()))
    directory = RunDirectory(config.out)
    listed, told = listing or (None, [])
    served = served_model(listed, config.model)
    notices = [*told, *(f"{plan.info.name}: {note}" for plan in plans for note in plan.task.identity.notes)]
    if served.names is not None and config.model not in served.names:
        notices.append(
            f"the endpoint lists the models {served.shown_names}, not {config.model}: "
            "some servers answer under any name"
        )
    if config.shard is not None:
        notices.append(told_of_shard(config.shard, plans))
    record = RunRecord(
        label=config.label or config.out.resolve().name,
        model=config.model,
        endpoint={"base_url": redact_url(config.base_url), **served.identity()},
        tasks=tuple(plan.record() for plan in plans),
        software=software_versions(),
        created=now(),
        asked={name: value for each in configs.values() for name, value in each.asked_with().items()},
        shard=shard_record(config.shard, plans),
    )
    before = directory.record() if directory.exists() else None
    held = directory.held(before)
    if before is None and len(held):
        raise RunDirectoryError(f"{config.out} holds samples but no run.json to say of what: give another --out")
    if before is not None:
        check_own(before, config.out, _NOT_ASKED)
        changed = any(each.model_changed for each in configs.values())
        record = merge_for_resume(before, record, str(config.out), model_changed=changed, keep_looks=keep_looks)
        if before.endpoint.get("base_url") != record.endpoint["base_url"]:
            notices.append(f"the endpoint was at {before.endpoint.get('base_url')} before")
        window, window_before = context_of(record.endpoint), context_of(before.endpoint)
        if window is not None and window_before is not None and window > window_before:
            notices.append(
                f"the context is {window:,} tokens now and was {window_before:,}: what did not fit is asked again"
            )
    missing, again = MissingRequests(plans, held, context_of(record.endpoint)), UngradedAnswers(plans, held)
    by_name = {plan.task.identity.name: plan.task for plan in plans}
    standing = Standing.of(_of_tasks(held, by_name))
    directory.keep_index(held)
    del held
    # Arrow keeps what it has read with, which a long run would hold to its end.
    pyarrow.default_memory_pool().release_unused()
    return Session(
        config=config,
        configs=configs,
        record=record,
        before=before,
        tasks=by_name,
        missing=missing,
        again=again,
        standing=standing,
        total=sum(plan.pairs() for plan in plans),
        notices=notices,
    )


def _of_tasks(held: Held, tasks: Collection[str]) -> Columns:
    names = held.columns.task
    return held.chosen(np.isin(names.codes, [names.code(task) for task in tasks if task in names.names])).columns


def _model_under_test(config: RunConfig, task: Task, record: TaskRecord | None) -> ModelUnderTest:
    return ModelUnderTest(
        base_url=config.base_url,
        model=config.model,
        api_key=config.api_key(),
        timeout_s=config.timeout,
        sampling=config.sampling(task.sampling),
        out=config.out,
        headers=config.headers(),
        ca_bundle=config.ca_bundle,
        found=found_settings(record),
    )


async def _completions(endpoint: Endpoint, config: RunConfig) -> Completions:
    """Who asks for log-likelihoods, once it is known that the endpoint can tell any."""
    completions = Completions(endpoint, config.tokenizer)
    await completions.check(config.extra_body)
    return completions


def _asking_once(config: RunConfig) -> Endpoint:
    return endpoint_of(config, config.model, retry=RetryPolicy(tries=1))


def window_size(configs: Collection[RunConfig]) -> int | None:
    """How many requests of all tasks together may be in flight; `None` where that is found out for one of them."""
    sizes = [config.concurrency for config in configs]
    numbers = [size for size in sizes if size != "auto"]
    return max(numbers) if len(numbers) == len(sizes) else None


def _reached_alike(one: RunConfig, other: RunConfig) -> bool:
    """Whether one client does for both; what is sent differs with the tasks all the same."""
    return (one.timeout, one.api_key(), one.connection()) == (other.timeout, other.api_key(), other.connection())


async def listing_of(config: RunConfig) -> Listing:
    """What the endpoint lists, and the note that it lists nothing: whether it answers is for the requests to show."""
    async with endpoint_of(config, config.model) as endpoint:
        try:
            return await endpoint.models(), []
        except NoListing as failure:
            return None, [f"{endpoint.shown_url}/models tells nothing of the model ({failure.reason})"]
