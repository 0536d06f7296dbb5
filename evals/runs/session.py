"""One call of `quantgate run`: holds the plan against endpoint and run directory, then asks what is missing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol, TypeAlias

import numpy as np
import pyarrow

from quantgate.evals.contract.records import Status
from quantgate.evals.contract.task import Asker, ModelUnderTest, Orchestrated, Task, TaskInfo
from quantgate.evals.endpoint.client import Endpoint
from quantgate.evals.endpoint.completions import Completions
from quantgate.evals.endpoint.likelihood import Likelihoods, found_in
from quantgate.evals.endpoint.listing import NoListing
from quantgate.evals.endpoint.served import context_of, served_model
from quantgate.evals.endpoint.url import redact_url
from quantgate.evals.endpoint.window import Window
from quantgate.evals.errors import RunDirectoryError
from quantgate.evals.interrupts import run_cancelled_by_ctrl_c
from quantgate.evals.runs.asked import KeptTask
from quantgate.evals.runs.asking import Pace, Progress, Requests, ask_all
from quantgate.evals.runs.configured import plans_of
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.elsewhere import Elsewhere, Staff, Work
from quantgate.evals.runs.endpoint import asking_once, endpoint_of
from quantgate.evals.runs.found import as_found
from quantgate.evals.runs.grading import Graders
from quantgate.evals.runs.missing import MissingRequests, UngradedAnswers
from quantgate.evals.runs.own import check_own
from quantgate.evals.runs.prompt_ids import with_token_ids
from quantgate.evals.runs.record import RunRecord, found_settings, now
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


class Finder(Protocol):
    """Who finds out how the server is asked."""

    def found(self) -> Mapping[str, Any]: ...


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
        elsewhere: Elsewhere | None = None,
    ) -> str | None:
        """Ask what is missing, until all is there, as many at a time as `steering` says meanwhile.

        With `paced`, which has of what is missing that which is wanted, only that. Where there is an `elsewhere`, its
        workers ask and grade, and all else stays here: whose turn it is, what is stored, which model answers. Raises as
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
            async with AsyncExitStack() as stack:
                if not self.missing:
                    if elsewhere is not None:
                        graders = (await stack.enter_async_context(self._staff(elsewhere, window))).graders
                    again = self.again
                    heard = await ask_all((), self.tasks, {}, writer, window, progress, graders=graders, again=again)
                    return heard.told(private=self._is_private(heard.task))
                await stack.enter_async_context(steering.of(window, self.config.out))
                progress.follow(window)
                found = _found_of(self.record, self.tasks)
                askers, endpoints = await askers_of(self.tasks, self.configs, self.record.asked, found, stack)
                record = as_found(self.record, askers)
                plans = {name: plan for name, (plan, _) in self.missing.of_tasks().items()}
                record = await with_token_ids(record, plans, self.configs, asking_once)
                directory.amend(record)

                def store(seen: RunRecord) -> None:
                    directory.amend(as_found(seen, askers))

                asking, finders = askers, list[Finder](endpoints)
                if elsewhere is not None:
                    staff = await stack.enter_async_context(self._staff(elsewhere, window, record, askers))
                    asking, graders = {name: staff.asker(name) for name in self.tasks}, staff.graders
                    finders.append(staff)
                watch = Watch(endpoints[0], record, store, allowed=self._allows_change)
                try:
                    async with watch.looking():
                        heard = await ask_all(
                            self.missing if paced is None else paced,
                            self.tasks,
                            {name: watch.over(asker) for name, asker in asking.items()},
                            writer,
                            window,
                            progress,
                            has_answers=self.standing.has_answers,
                            graders=graders,
                            again=self.again,
                            pace=paced,
                        )
                finally:
                    ways = {name: value for finder in finders for name, value in finder.found().items()}
                    store(replace(watch.record, asked=record.asked | ways))
                return heard.told(private=self._is_private(heard.task))

    def _staff(
        self,
        elsewhere: Elsewhere,
        window: Window,
        record: RunRecord | None = None,
        askers: Mapping[str, Asker] | None = None,
    ) -> AbstractAsyncContextManager[Staff]:
        record = record or self.record
        found, count = _found_of(record, self.tasks), len(self.missing) + len(self.again)
        work = Work(self.tasks, self.configs, record.asked, found, askers or {}, self.config.out, count)
        return elsewhere.staff(work, window)

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
    rooms = rooms_of(plans, partial(asking_once, config), window) if session.missing else []
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


def _found_of(record: RunRecord, tasks: Collection[str]) -> dict[str, dict[str, Any]]:
    """What a record holds of each task that was found out while it was asked."""
    return {name: found_settings(record.task(name)) for name in tasks}


def _of_tasks(held: Held, tasks: Collection[str]) -> Columns:
    names = held.columns.task
    return held.chosen(np.isin(names.codes, [names.code(task) for task in tasks if task in names.names])).columns


async def askers_of(
    tasks: Mapping[str, Task],
    configs: Mapping[str, RunConfig],
    asked: Mapping[str, Any],
    found: Mapping[str, Mapping[str, Any]],
    stack: AsyncExitStack,
) -> tuple[dict[str, Asker], list[Endpoint]]:
    """Who is asked for each task, and the clients that they ask with, open as long as `stack` is.

    Tasks that are asked over the same connection share a client. `asked` is what the run's record holds of how the
    endpoint is asked, `found` what it holds of each task that was found out while it was asked.
    """
    askers: dict[str, Asker] = {}
    clients: list[tuple[RunConfig, Endpoint]] = []
    scored: dict[Endpoint, Completions] = {}
    for name, task in tasks.items():
        config = configs[name]
        endpoint = next((client for other, client in clients if _reached_alike(config, other)), None)
        if endpoint is None:
            endpoint = await stack.enter_async_context(endpoint_of(config, config.model))
            clients.append((config, endpoint))
        if isinstance(task, Orchestrated):
            model = _model_under_test(config, task, found[name])
            askers[name] = await stack.enter_async_context(task.asker(model))
        elif task.sampling.draws:
            askers[name] = endpoint
        elif (prompt := task.prompt(task.items()[0], 0)).per_token is not None:
            likelihoods = Likelihoods(endpoint, config.tokenizer, found_in(asked))
            await likelihoods.find(prompt, config.extra_body)
            askers[name] = likelihoods
        else:
            if endpoint not in scored:
                scored[endpoint] = await _completions(endpoint, config)
            askers[name] = scored[endpoint]
    return askers, [client for _, client in clients]


def _model_under_test(config: RunConfig, task: Task, found: Mapping[str, Any]) -> ModelUnderTest:
    return ModelUnderTest(
        base_url=config.base_url,
        model=config.model,
        api_key=config.api_key(),
        timeout_s=config.timeout,
        sampling=config.sampling(task.sampling),
        out=config.out,
        headers=config.headers(),
        ca_bundle=config.ca_bundle,
        found=found,
    )


async def _completions(endpoint: Endpoint, config: RunConfig) -> Completions:
    """Who asks for log-likelihoods, once it is known that the endpoint can tell any."""
    completions = Completions(endpoint, config.tokenizer)
    await completions.check(config.extra_body)
    return completions


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
