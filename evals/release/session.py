"""A release that is ready to be asked: what each build still lacks, and who follows the answers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from quantgate.evals.contract.design import Design
from quantgate.evals.contract.records import Item
from quantgate.evals.release.course import Turns
from quantgate.evals.release.parts import Part
from quantgate.evals.release.referee import Referee
from quantgate.evals.release.types import Build, Following, Order
from quantgate.evals.runs.asking import Progress
from quantgate.evals.runs.elsewhere import Elsewhere
from quantgate.evals.runs.grading import Graders
from quantgate.evals.runs.steering import Steering
from quantgate.evals.runs.task_plan import TaskPlan

Follow = Callable[[str, str, Design, Sequence[Item]], Following]
"""Makes who follows a task (first) of a candidate (second, its label): the design, and its items in drawn order."""


class Missing(Protocol):
    """What a build lacks: see `evals.runs.missing.MissingRequests`."""

    def of_tasks(self) -> Mapping[str, tuple[TaskPlan, bytes]]: ...


class BuildSession(Protocol):
    """One build, ready to be asked: see `evals.runs.session.Session`."""

    @property
    def missing(self) -> Missing: ...

    async def ask(
        self,
        progress: Progress,
        steering: Steering,
        graders: Graders | None = None,
        paced: Turns | None = None,
        elsewhere: Elsewhere | None = None,
    ) -> str | None: ...


class Opening(Protocol):
    """One build that is to be asked."""

    def begin(self) -> None:
        """Write its `run.json`, the looks in it, before anything is asked of any build."""
        ...

    async def open(self) -> BuildSession:
        """Look at its endpoint, unless that has been done, and give what is to be asked."""
        ...


@dataclass(frozen=True, slots=True)
class ReleaseSession:
    """A release that is ready to be asked.

    `builds` are the baseline and then the candidates, `to_ask` the labels of those of which something has to be asked
    now: none where the disk has it all. `total` and `missing` say how many answers each build that is served has in
    all, by its label, and how many of them it lacks; `states`, by task and candidate, how it stands; `notices` are what
    the user should know. The rest is for `ask_release`.
    """

    builds: Sequence[Build]
    to_ask: Collection[str]
    total: Mapping[str, int]
    missing: Mapping[str, int]
    notices: Sequence[str]
    order: Order
    parts: Sequence[Part]
    referee: Referee
    openings: Mapping[str, Opening]
    most: Mapping[str, Mapping[str, int]]
    """By build and task, how many requests may be under way at once where that is less than the build's window."""

    @property
    def phases(self) -> list[list[str]]:
        """The labels of the builds that are asked side by side, one phase after the other."""
        labels = [build.label for build in self.builds if build.label in self.to_ask]
        return [labels] if self.order is Order.INTERLEAVED else [[label] for label in labels]

    @property
    def is_decided(self) -> bool:
        """Whether nothing more is wanted of any build."""
        return not any(self.referee.wants(build.label, part.task) for build in self.builds for part in self.parts)
