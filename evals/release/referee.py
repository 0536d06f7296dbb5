"""Tells from the answers as they come which tasks of which candidates are settled, and when all is certain."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection, Mapping, Sequence

from quantgate.evals.checks.prompt_tokens import prompt_readings
from quantgate.evals.contract.records import Sample
from quantgate.evals.decision.sequential.state import Stage, State
from quantgate.evals.release.types import BASELINE, CANDIDATE, Following

_CERTAIN = (Stage.REGRESSED, Stage.BLOCKED)
"""What of a required task is enough to know that the release does not pass."""

Pair = tuple[str, str]
"""A task, and a candidate by its label."""


class Referee:
    """Follows every task of every candidate.

    What an answer shows is worked out in a thread, for a look may take a second in which no answer would be read; what
    has come meanwhile is taken in after it, at once. Nothing rests on which answers come together.

    Parameters
    ----------
    baseline
        Its label.
    candidates
        Their labels.
    followings
        Who follows each task of each candidate; tasks that nobody follows are asked whole.
    required
        The tasks each of which can keep a candidate from passing alone.
    whole
        The tasks that are asked to their full size though they are settled, for the mean over a suite rests on it.
    """

    def __init__(
        self,
        baseline: str,
        candidates: Sequence[str],
        followings: Mapping[Pair, Following],
        required: Collection[str],
        whole: Collection[str] = (),
    ) -> None:
        self._baseline = baseline
        self._candidates = candidates
        self._followings = followings
        self._required = required
        self._whole = whole
        self._waiting: list[tuple[str, Sample]] = []
        self._news = asyncio.Event()
        self._taking = threading.Lock()
        self._touched: set[Pair] = set()
        self._taken = 0
        self.states = {pair: following.state() for pair, following in followings.items()}

    @property
    def backlog(self) -> int:
        """Samples that have come, and of which it is not known yet what they show."""
        return self._taken + len(self._waiting)

    def finished(self, build: str, sample: Sample) -> None:
        """A sample of a build has been stored."""
        self._waiting.append((build, sample))
        self._news.set()

    async def watch(self, changed: Callable[[Mapping[Pair, State]], None]) -> None:
        """Take in what comes, until it is cancelled; `changed` is told of new states, of none as well."""
        while True:
            await self._news.wait()
            self._news.clear()
            await self.catch_up(changed)

    async def catch_up(self, changed: Callable[[Mapping[Pair, State]], None]) -> None:
        """Take in what has come, and tell of new states."""
        batch, self._waiting = self._waiting, []
        self._taken = len(batch)
        self._touched |= {pair for build, sample in batch for pair in self._concerned(build, sample.task)}
        touched = tuple(self._touched)
        found = await asyncio.to_thread(self._take, batch, touched)
        self._touched.difference_update(touched)
        self._taken = 0
        new = {pair: state for pair, state in found.items() if state != self.states[pair]}
        self.states |= new
        changed(new)

    def wants(self, build: str, task: str) -> bool:
        """Whether answers of a build to a task are still wanted: the baseline's as long as any candidate needs them."""
        concerned = self._candidates if build == self._baseline else (build,)
        return any(not self.is_over(candidate) and self._is_open(task, candidate) for candidate in concerned)

    def is_over(self, candidate: str) -> bool:
        """Whether the verdict on a candidate is certain."""
        own = {task: state for (task, label), state in self.states.items() if label == candidate}
        return any(own[task].stage in _CERTAIN for task in own if task in self._required)

    def _is_open(self, task: str, candidate: str) -> bool:
        state = self.states.get((task, candidate))
        return state is None or not state.settled or task in self._whole

    def _take(self, batch: Sequence[tuple[str, Sample]], touched: Sequence[Pair]) -> dict[Pair, State]:
        # One that was left alone when the release was stopped may still be at work.
        with self._taking:
            for build, sample in batch:
                for pair in self._concerned(build, sample.task):
                    self._followings[pair].answered(
                        BASELINE if build == self._baseline else CANDIDATE,
                        sample.item_id,
                        sample.repeat,
                        sample.score,
                        sample.status,
                        unread=sample.unparsed,
                        prompt=prompt_readings(sample),
                    )
            return {pair: self._followings[pair].state() for pair in touched}

    def _concerned(self, build: str, task: str) -> list[Pair]:
        candidates = self._candidates if build == self._baseline else (build,)
        return [(task, label) for label in candidates if (task, label) in self._followings]
