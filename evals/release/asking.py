"""Asks the builds of a release side by side, and stops as soon as the verdicts are certain."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from quantgate.evals.contract.fault import Fault
from quantgate.evals.contract.records import Request, Sample
from quantgate.evals.decision.sequential.state import State
from quantgate.evals.endpoint.window import Window
from quantgate.evals.release.course import Course, Purse, Turns
from quantgate.evals.release.referee import Pair, Referee
from quantgate.evals.release.session import BuildSession, ReleaseSession
from quantgate.evals.release.types import Budget, Ended, Reason, ReleaseProgress
from quantgate.evals.runs.asking import first_failure, run_until_stopped
from quantgate.evals.runs.elsewhere import Elsewhere
from quantgate.evals.runs.garbage import rare_collections
from quantgate.evals.runs.grading import Graders
from quantgate.evals.runs.steering import Steering


def ask_release(
    session: ReleaseSession,
    *,
    budget: Budget,
    progress: ReleaseProgress,
    graders: Graders | None = None,
    elsewhere: Elsewhere | None = None,
) -> Ended:
    """Ask what the verdicts need and store it; from the main thread, with `graders` entered before `prepare_release`.

    All builds are asked the same questions at the same time, in one order. As soon as a task of a candidate is settled
    it is asked no more, and what is in flight of it is stored when it arrives. As soon as nothing more is wanted of a
    build, for all of its tasks are settled or a required one has regressed or is blocked, what is in flight is given
    up. Where nothing has to be asked any more, nothing is, and no endpoint need be there. The same call goes on after
    any stop.

    With `elsewhere` its workers ask and grade in this process's place.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C or SIGTERM, with everything stored that has arrived.
    Unfinished
        When an endpoint is gone or has come to serve another model, a directory cannot be written, or the server has to
        be given the next model now; the same command goes on.
    RequestRefused
        When an endpoint refuses every request.
    """
    steering = Steering()
    asking = _Asking(session, budget, progress, graders, steering, elsewhere=elsewhere)

    async def steered() -> None:
        with steering.by_signals():
            await asking.run()

    if session.to_ask:
        with rare_collections():
            run_until_stopped(steered)
    return asking.ended()


async def ask_beside(
    session: ReleaseSession,
    *,
    budget: Budget,
    progress: ReleaseProgress,
    graders: Graders,
    steering: Steering,
    purse: Purse,
) -> Ended:
    """Ask as `ask_release` does, in an event loop in which other releases are asked.

    They share `graders`, `steering` and `purse`. Raises the same, and CancelledError where it is cancelled, with
    everything stored that has arrived.
    """
    asking = _Asking(session, budget, progress, graders, steering, purse=purse)
    if session.to_ask:
        try:
            await asking.run()
        except BaseExceptionGroup as failures:
            raise first_failure(failures) from None
    return asking.ended()


class _Asking:
    """One call of `ask_release`."""

    def __init__(
        self,
        session: ReleaseSession,
        budget: Budget,
        progress: ReleaseProgress,
        graders: Graders | None,
        steering: Steering,
        *,
        purse: Purse | None = None,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self._session = session
        self._budget = budget
        self._progress = progress
        self._graders = graders
        self._elsewhere = elsewhere
        asked = sum(session.total.values()) - sum(session.missing.values())
        self._purse = Purse(asked, budget.max_requests) if purse is None else purse
        self._steering = steering
        self._is_late = False
        self._left = dict(session.missing)
        self._notes: list[str] = []
        self._tell(session.referee.states)

    async def run(self) -> None:
        """Ask phase after phase, as long as time is left."""
        for label in self._session.to_ask:
            self._session.openings[label].begin()
        try:
            async with asyncio.timeout(self._budget.max_time_s) as time:
                for phase in self._session.phases:
                    await self._ask(phase)
        except TimeoutError:
            if not time.expired():
                raise
            self._is_late = True
        await self._session.referee.catch_up(self._tell)

    def ended(self) -> Ended:
        """How it has ended."""
        states: dict[str, dict[str, State]] = {}
        for (task, candidate), state in self._session.referee.states.items():
            states.setdefault(candidate, {})[task] = state
        return Ended(self._reason(), states, self._left, tuple(self._notes))

    def _reason(self) -> Reason:
        if self._session.is_decided:
            return Reason.DECIDED
        if self._is_late:
            return Reason.TIME
        return Reason.REQUESTS if self._purse.is_empty else Reason.COMPLETE

    async def _ask(self, labels: list[str]) -> None:
        """Ask some builds side by side."""
        session, referee = self._session, self._session.referee
        opened = {label: await session.openings[label].open() for label in labels}
        course = Course(labels, referee.wants, self._purse, lambda: referee.backlog)
        turns = {
            label: Turns(label, session.parts, build.missing.of_tasks(), course, session.most[label])
            for label, build in opened.items()
        }
        asked: dict[str, asyncio.Task[str | None]] = {}

        def changed(states: Mapping[Pair, State]) -> None:
            self._tell(states)
            course.look_again()

        async def give_up_what_is_in_vain() -> None:
            going_on = dict(asked)
            while True:
                for label in list(going_on):
                    if turns[label].are_in_vain:
                        going_on.pop(label).cancel()
                await course.moved()

        try:
            async with asyncio.TaskGroup() as group:
                for label, build in opened.items():
                    asked[label] = group.create_task(self._ask_one(label, build, course, turns[label]))
                beside = [group.create_task(referee.watch(changed)), group.create_task(give_up_what_is_in_vain())]
                await asyncio.wait(asked.values())
                for task in beside:
                    task.cancel()
        finally:
            self._left |= {label: each.left for label, each in turns.items()}
        self._notes += [note for work in asked.values() if not work.cancelled() and (note := work.result())]
        await referee.catch_up(self._tell)

    async def _ask_one(self, label: str, build: BuildSession, course: Course, turns: Turns) -> str | None:
        told = _Told(label, self._progress, course, turns, self._session.referee)
        try:
            return await build.ask(told, self._steering, self._graders, turns, self._elsewhere)
        finally:
            course.through(label)

    def _tell(self, states: Mapping[Pair, State]) -> None:
        for (task, candidate), state in states.items():
            self._progress.state(task, candidate, state)


class _Told:
    """Who is told how one build goes: the course, the referee, and whoever shows it."""

    def __init__(self, build: str, progress: ReleaseProgress, course: Course, turns: Turns, referee: Referee) -> None:
        self._build = build
        self._progress = progress
        self._course = course
        self._turns = turns
        self._referee = referee

    def follow(self, window: Window) -> None:
        self._course.follow(self._build, window)
        self._progress.follow(self._build, window)

    def asked(self, request: Request) -> None:
        self._progress.asked(self._build, request)

    def fault(self, request: Request, fault: Fault) -> None:
        self._progress.fault(self._build, request, fault)

    def finished(self, sample: Sample) -> None:
        self._turns.finished(sample)
        self._referee.finished(self._build, sample)
        self._progress.finished(self._build, sample)
