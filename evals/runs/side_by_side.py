"""Runs that are asked at the same time, until all is there, somebody stops them or the time is up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from quantgate.evals.errors import OutOfTime
from quantgate.evals.runs.asking import Progress, run_until_stopped
from quantgate.evals.runs.elsewhere import Elsewhere
from quantgate.evals.runs.garbage import rare_collections
from quantgate.evals.runs.grader_processes import GraderProcesses
from quantgate.evals.runs.session import Session
from quantgate.evals.runs.steering import Steering


def ask_side_by_side(
    sessions: Sequence[tuple[Session, Progress]],
    graders: GraderProcesses | None = None,
    max_time_s: float | None = None,
    elsewhere: Elsewhere | None = None,
) -> list[str]:
    """Ask several runs at the same time, each of its own endpoint, for `max_time_s` seconds at most.

    `graders` are those of their tasks, where they have been started already; `elsewhere` is where workers ask and grade
    in this process's place. Returns what the user should know of them.

    Raises
    ------
    KeyboardInterrupt
        When they are stopped.
    OutOfTime
        When the time is up before all is there; what is in flight is given up.
    """
    if graders is None and elsewhere is None:
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
                            asked.append(
                                group.create_task(session.ask(progress, steering, graders, elsewhere=elsewhere))
                            )
        except TimeoutError:
            if not time.expired():
                raise
            raise OutOfTime("the time is up; all that has arrived is stored, and the same command goes on") from None

    with rare_collections():
        run_until_stopped(asking)
    return [told for task in asked if (told := task.result()) is not None]
