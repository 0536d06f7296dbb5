"""Plan, ask, store: asks what a run directory does not hold yet. Resuming is the same call again."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Protocol

from quantgate.evals.contract.fault import Fault
from quantgate.evals.contract.records import Answer, Grade, Request, Sample, SampleKey, Status
from quantgate.evals.contract.task import Asker, LoadedLater, Orchestrated, Task
from quantgate.evals.endpoint.answer_size import size_of
from quantgate.evals.endpoint.window import MAX_IN_FLIGHT, Slot, Window
from quantgate.evals.errors import EndpointUnreachable, RequestRefused
from quantgate.evals.interrupts import run_cancelled_by_ctrl_c
from quantgate.evals.runs.grading import (
    Graders,
    Heard,
    Judged,
    grade_by,
    graded,
    is_graded_at_once,
    judge,
    sound,
    text_of,
    ungraded,
)
from quantgate.evals.runs.record import now
from quantgate.evals.runs.writing import SampleWriter

_GIVE_UP_AFTER = 10
"""So many requests in a row that end alike, with no answer between, mean that the others would end so too."""

_ADVICE = {
    Status.TRUNCATED: "Prompt and token budget do not fit its context window: lower --max-tokens or serve a longer one",
    Status.REFUSED: "A content filter stands before the model: take it away, or ask another endpoint",
    Status.ERROR: "Check the sampling options and --extra-body",
}

_STOPPED = "the run was stopped before it was graded"

_BACKLOG = 16
"""So many answers may wait to be graded and stored while the network is served first."""

_MOST_OPEN = 2 * MAX_IN_FLIGHT
"""So many requests may be begun and not stored yet: in flight, waiting for another try, or for a grader or the disk."""


class Requests(Protocol):
    """What is to be asked: known by number, and made one after the other as they are asked."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Request]: ...


class Pace(Protocol):
    """Who says when each request may be begun, where a run does not go by itself, and which are not asked at all."""

    async def turn(self, request: Request) -> bool:
        """Wait for the turn of the request that comes next; whether it is to be asked."""
        ...


class Progress(Protocol):
    """Who is told how the run goes; called from the event loop, so it must be quick."""

    def follow(self, window: Window) -> None: ...

    def asked(self, request: Request) -> None: ...

    def fault(self, request: Request, fault: Fault) -> None: ...

    def finished(self, sample: Sample) -> None: ...


async def ask_all(
    requests: Requests,
    tasks: Mapping[str, Task],
    askers: Mapping[str, Asker],
    writer: SampleWriter,
    window: Window,
    progress: Progress,
    *,
    has_answers: bool = False,
    graders: Graders | None = None,
    again: Iterable[tuple[Request, Sample]] = (),
    pace: Pace | None = None,
) -> Heard:
    """Ask every request of its task's asker, grade its answer and store each sample as it arrives.

    Nothing is kept of a sample that is stored, and no more requests are begun while too many are not: no more
    memory is taken for a longer run.

    `has_answers` says that the endpoint has answered before, so that a refusal now cannot be a wrong model name.
    Without `graders` every answer is graded in this process. `again` are answers that are graded again without being
    asked. A `pace` says when each request may be begun, and which are left out. When the call is cancelled (Ctrl-C,
    SIGTERM) the answers that have arrived are stored first, graded or not. Returns what was heard of the graders.

    Raises
    ------
    EndpointUnreachable
        When the endpoint has stopped answering.
    RequestRefused
        When it refuses every request.
    StorageError
        When the run directory cannot be written any more.
    """
    arrived: asyncio.Queue[tuple[Request, Answer] | None] = asyncio.Queue()
    opened = asyncio.Semaphore(_MOST_OPEN)
    recorder = _Recorder(writer, progress, len(requests), window, has_answers=has_answers)
    waiting: dict[SampleKey, tuple[Request, Answer, Sample]] = {}
    heard = Heard()
    kept: dict[SampleKey, Slot] = {}
    orchestrated = {name for name, task in tasks.items() if isinstance(task, Orchestrated)}

    async def one(request: Request, slot: Slot) -> None:
        # The graders of some load for a second: what ends the run meanwhile takes no more than was in flight at once.
        if isinstance(tasks[request.task], LoadedLater):
            kept[request.key] = slot
        try:
            progress.asked(request)
            on_fault = slot.told if request.task in orchestrated else slot
            answer = await askers[request.task].ask(request, on_fault)
            if answer.refused:
                slot.answered(None)
            elif answer.status is Status.ERROR:
                slot.gave_up()
            else:
                slot.answered(size_of(answer))
        except RequestRefused as refusal:
            if not recorder.has_answers:
                raise
            raise EndpointUnreachable(f"{refusal}. It has answered before: the same command goes on") from None
        finally:
            if request.key not in kept:
                slot.release()
        arrived.put_nowait((request, answer))

    async def elsewhere(pool: Graders, request: Request, answer: Answer, sample: Sample) -> None:
        text = text_of(sample)
        judged = await pool.judge(tasks[request.task], request.item, request.repeat, text)
        heard.add(request.task, judged)
        del waiting[request.key]
        store(request, answer, graded(sample, judged, sample.error))

    def store(request: Request, answer: Answer, sample: Sample) -> None:
        recorder.record(request, answer, sample)
        opened.release()
        if (slot := kept.pop(request.key, None)) is not None:
            slot.release()

    async def once_more(request: Request, sample: Sample) -> None:
        task = tasks[request.task]
        progress.asked(request)
        judged = await grade_by(task, request.item, request.repeat, text_of(sample), graders)
        heard.add(request.task, judged)
        new = graded(sample, judged)
        if new != sample:
            writer.append(new, request)
        progress.finished(new)
        opened.release()

    async def record_arrivals(group: asyncio.TaskGroup) -> None:
        while (arrival := await arrived.get()) is not None:
            request, answer = arrival
            task = tasks[request.task]
            if graders is None or answer.grade is not None or answer.status is Status.ERROR:
                store(request, answer, to_sample(request, answer, task))
            else:
                sample = ungraded_sample(request, answer)
                text = text_of(sample)
                if is_graded_at_once(task, text):
                    judged = judge(task, request.item, request.repeat, text)
                    store(request, answer, graded(sample, judged, sample.error))
                else:
                    waiting[request.key] = (request, answer, sample)
                    group.create_task(elsewhere(graders, request, answer, sample))
            if arrived.qsize() < _BACKLOG:
                await asyncio.sleep(0)

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(record_arrivals(group))
            for request, sample in again:
                await opened.acquire()
                group.create_task(once_more(request, sample))
            async with asyncio.TaskGroup() as asked:
                for request in requests:
                    if pace is not None and not await pace.turn(request):
                        continue
                    await opened.acquire()
                    slot = await window.acquire(partial(progress.fault, request))
                    asked.create_task(one(request, slot))
            arrived.put_nowait(None)
    except BaseExceptionGroup as failures:
        raise first_failure(failures) from None
    finally:
        if graders is not None:
            graders.release()
        for request, answer, sample in waiting.values():
            recorder.record(request, answer, ungraded(sample, _STOPPED))
        while not arrived.empty():
            if (arrival := arrived.get_nowait()) is None:
                continue
            request, answer = arrival
            graded_here = graders is None or answer.grade is not None or answer.status is Status.ERROR
            if not graded_here:
                text = text_of(sample := ungraded_sample(request, answer))
                graded_here = is_graded_at_once(tasks[request.task], text)
            recorder.record(
                request,
                answer,
                to_sample(request, answer, tasks[request.task]) if graded_here else ungraded(sample, _STOPPED),
            )
    return heard


class _Recorder:
    """Stores; stops the run when nothing but faults arrives, or nothing was ever answered but refused."""

    def __init__(
        self, writer: SampleWriter, progress: Progress, asked: int, window: Window, *, has_answers: bool
    ) -> None:
        self.has_answers = has_answers
        self._writer = writer
        self._progress = progress
        self._asked = asked
        self._window = window
        self._faults_in_a_row = 0
        self._has_given_up = False
        self._refused = 0
        self._turned_away = 0

    def record(self, request: Request, answer: Answer, sample: Sample) -> None:
        self._writer.append(sample, request)
        self._progress.finished(sample)
        if answer.refused:
            self._refused += 1
            self._turned_away += answer.turned_away
        elif sample.status is Status.ERROR:
            self._faults_in_a_row += 1
        else:
            self.has_answers = True
            self._faults_in_a_row = 0
        if self._faults_in_a_row >= _GIVE_UP_AFTER and self._window.is_silent and not self._has_given_up:
            self._has_given_up = True
            raise EndpointUnreachable(
                f"the endpoint has stopped answering: {self._faults_in_a_row} requests in a row have failed, the last "
                f"with: {answer.error}. The same command goes on"
            )
        hopeless = self._refused == _GIVE_UP_AFTER or self._turned_away == self._asked
        if answer.refused and hopeless and not self.has_answers:
            raise RequestRefused(
                f"the endpoint has refused {self._first_requests()}, the last with: {answer.error}. "
                f"{_ADVICE[answer.status]}{f': {answer.advice}' if answer.advice else ''}"
            )

    def _first_requests(self) -> str:
        return "the only request" if self._refused == 1 else f"the first {self._refused} requests"


def to_sample(request: Request, answer: Answer, task: Task) -> Sample:
    """Grade an answer into a sample.

    A fault has no score, an empty or refused answer scores 0, any other text is graded, without leaked special tokens.
    Where that fails the sample is `ungraded`, with the reason.
    """
    sample = ungraded_sample(request, answer)
    if answer.status is Status.ERROR:
        return sample
    if answer.grade is not None:
        known = sound(answer.grade)
        return graded(sample, Judged(known) if isinstance(known, Grade) else Judged(None, known), sample.error)
    return graded(sample, judge(task, request.item, request.repeat, text_of(sample)), sample.error)


def ungraded_sample(request: Request, answer: Answer) -> Sample:
    """An answer as a sample that is still to be graded; a fault is none."""
    fault = answer.status is Status.ERROR
    return Sample(
        task=request.task,
        item_id=request.item.item_id,
        repeat=request.repeat,
        stratum=request.item.stratum,
        cluster=request.item.cluster,
        prompt_hash=request.prompt.prompt_hash,
        status=Status.ERROR if fault else Status.UNGRADED,
        ended=None if fault else answer.status,
        error=answer.error if answer.advice is None else f"{answer.error} ({answer.advice})",
        score=None,
        response=answer.response,
        reasoning=answer.reasoning,
        finish_reason=answer.finish_reason,
        usage=answer.usage,
        latency_s=answer.latency_s,
        first_token_s=answer.first_token_s,
        tokens_per_s=answer.tokens_per_s,
        attempts=answer.attempts,
        seed=request.seed if answer.seed is None else answer.seed,
        replied_by=answer.replied_by,
        time=now(),
    )


def run_until_stopped(main: Callable[[], Awaitable[None]]) -> None:
    """Run a coroutine; SIGINT and SIGTERM cancel it, so that it can store what it has.

    Raises
    ------
    KeyboardInterrupt
        After such a stop.

    Any other failure is raised as it is; of a group of failures the first.
    """

    async def supervised() -> None:
        if (this := asyncio.current_task()) is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
        await main()

    try:
        run_cancelled_by_ctrl_c(supervised())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    except BaseExceptionGroup as failures:
        raise first_failure(failures) from None


def first_failure(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first failure of a group that is not itself a group."""
    failure: BaseException = failures
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return failure
