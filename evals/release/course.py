"""The course of a release: whose turn it is, so that no build runs ahead, and what is not asked any more."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from quantgate.evals.contract.records import Request, Sample, SampleKey, Status
from quantgate.evals.endpoint.window import Window
from quantgate.evals.release.parts import Part
from quantgate.evals.runs.task_plan import TaskPlan

_WINDOWS = 2
"""So many windows of requests may be begun and not stored: in flight, waiting for another try, or for a grader."""

Wants = Callable[[str, str], bool]
"""Whether answers of a build (first, its label) to a task (second) are still wanted."""


class Purse:
    """How many answers may be asked for in all, of which there are some already; no limit for `most` of `None`."""

    def __init__(self, asked: int = 0, most: int | None = None) -> None:
        self._asked = asked
        self._most = most
        self.is_empty = False
        """Whether a request was left out for it."""

    def takes(self) -> bool:
        """Whether one more may be asked, which then counts."""
        self.is_empty = self._most is not None and self._asked >= self._most
        self._asked += not self.is_empty
        return not self.is_empty


class Course:
    """How far each build is among the requests of a release, which has one order for all of them.

    A build waits where it is further ahead of another than the narrowest of their windows of requests is wide, so that
    whatever befalls the machines meanwhile befalls all builds on the same questions, and a quick one asks little in
    vain. A build that has no more to ask holds up nobody.
    All wait where more has come than a window of answers of which it is not known yet what they show: on a quick server
    a look takes as long as hundreds of answers, which would be asked for in vain.

    Parameters
    ----------
    builds
        The labels of those that are asked side by side.
    wants
        Whether answers are still wanted.
    purse
        What may be asked; once it is empty, nothing is.
    backlog
        How many answers have come of which it is not known yet what they show.
    """

    def __init__(self, builds: Iterable[str], wants: Wants, purse: Purse, backlog: Callable[[], int]) -> None:
        self._places: dict[str, float] = dict.fromkeys(builds, 0.0)
        self._windows: dict[str, Window] = {}
        self._wants = wants
        self._purse = purse
        self._backlog = backlog
        self._moved = asyncio.Event()

    def wants(self, build: str, task: str) -> bool:
        """Whether anything more is begun of a task."""
        return not self._purse.is_empty and self._wants(build, task)

    def counts(self, build: str, task: str) -> bool:
        """Whether an answer that is under way is worth waiting for."""
        return self._wants(build, task)

    def follow(self, build: str, window: Window) -> None:
        """The window of a build's requests, whose width bounds the lead of all."""
        self._windows[build] = window

    async def turn(self, build: str, task: str, place: float, has_room: Callable[[], bool]) -> bool:
        """Wait until a build may begin a request of a task at that place, and has room for it; whether it is to."""
        self._at(build, place)
        while self.wants(build, task) and (self._is_early(build) or not has_room()):
            await self.moved()
        begins = self.wants(build, task) and self._purse.takes()
        if not begins:
            self.look_again()
        return begins

    def through(self, build: str) -> None:
        """The build has nothing more to begin."""
        self._at(build, math.inf)

    async def moved(self) -> None:
        """Wait until something has changed."""
        self._moved.clear()
        await self._moved.wait()

    def look_again(self) -> None:
        """Something has changed for those who wait."""
        self._moved.set()

    def _at(self, build: str, place: float) -> None:
        self._places[build] = place
        self.look_again()

    def width(self, build: str) -> int:
        """How many requests of a build may be in flight."""
        return self._windows[build].size if build in self._windows else 1

    def _is_early(self, build: str) -> bool:
        lead = min(self.width(each) for each, place in self._places.items() if place < math.inf)
        return self._places[build] - min(self._places.values()) > lead or self._backlog() > self.width(build)


class Turns:
    """The requests that one build lacks, in the order of the release, each of which waits for its turn.

    A request that has failed is asked once more before those that come after it: without its answer no later look can
    be taken.

    Parameters
    ----------
    build
        Its label.
    missing
        Of each task its plan, and for each of the plan's requests whether it is missing.
    most
        How many requests of a task may be under way at once, where that is less than the window.
    """

    def __init__(
        self,
        build: str,
        parts: Sequence[Part],
        missing: Mapping[str, tuple[TaskPlan, bytes]],
        course: Course,
        most: Mapping[str, int],
    ) -> None:
        self._build = build
        self._parts = parts
        self._missing = missing
        self._course = course
        self._most = most
        self._place = 0
        self._under_way: dict[SampleKey, Request] = {}
        self._failed: list[Request] = []
        self._tried_again: set[SampleKey] = set()
        self._is_through = False
        self.left = len(self)
        """How many answers are not there yet."""

    def __len__(self) -> int:
        return sum(sum(missing) for _, missing in self._missing.values())

    def __iter__(self) -> Iterator[Request]:
        try:
            for part in self._parts:
                for place, request in self._requests(part):
                    while self._failed:
                        yield self._failed.pop(0)
                    if not self._course.wants(self._build, part.task):
                        break
                    self._place = part.first + place
                    yield request
            while self._failed:
                yield self._failed.pop(0)
        finally:
            self._is_through = True
            self._course.through(self._build)

    @property
    def are_in_vain(self) -> bool:
        """Whether nothing more is wanted of the build; at the end, nothing of what is still under way."""
        if self._is_through and not self._under_way:
            return False
        tasks = {key[0] for key in self._under_way} if self._is_through else self._missing
        return not any(self._course.counts(self._build, task) for task in tasks)

    async def turn(self, request: Request) -> bool:
        task = request.task

        def has_room() -> bool:
            # Those whose answers wait for a grader are under way as well: what they show is not known yet.
            if len(self._under_way) >= _WINDOWS * self._course.width(self._build):
                return False
            return task not in self._most or sum(key[0] == task for key in self._under_way) < self._most[task]

        begins = await self._course.turn(self._build, task, self._place, has_room)
        if begins:
            self._under_way[request.key] = request
        return begins

    def finished(self, sample: Sample) -> None:
        """A sample has been stored, of a request that was begun or of an answer that was graded again."""
        request = self._under_way.pop(sample.key, None)
        if request is not None and sample.status is not Status.ERROR:
            self.left -= 1
        elif request is not None and sample.key not in self._tried_again:
            self._tried_again.add(sample.key)
            self._failed.append(request)
        self._course.look_again()

    def _requests(self, part: Part) -> Iterator[tuple[int, Request]]:
        """Those of a part that are missing, each with its place in it."""
        plan, lacked = self._missing[part.task]
        missing = np.frombuffer(lacked, dtype=np.bool_)
        places = np.flatnonzero(part.cells < len(missing))
        places = places[missing[part.cells[places]]]
        wanted = np.zeros_like(missing)
        wanted[part.cells[places]] = True
        return zip(places.tolist(), plan.requests(bytes(wanted)), strict=True)
