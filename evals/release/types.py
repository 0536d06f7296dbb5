"""What a release is made of: its builds, the order in which they are asked, what may be spent, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from quantgate.evals.contract.fault import Fault
from quantgate.evals.contract.records import Request, Sample, Status
from quantgate.evals.decision.sequential.state import State
from quantgate.evals.endpoint.window import Window
from quantgate.evals.settings.release.parts import Budget as Budget
from quantgate.evals.settings.release.parts import Order as Order
from quantgate.evals.settings.run import RunConfig

BASELINE, CANDIDATE = "baseline", "candidate"


@dataclass(frozen=True, slots=True)
class Served:
    """A build that is asked: one configuration for each task, all of the same endpoint, model and run directory."""

    label: str
    configs: Mapping[str, RunConfig]

    @property
    def any_config(self) -> RunConfig:
        """One of them, for what they share."""
        return next(iter(self.configs.values()))

    @property
    def out(self) -> Path:
        return self.any_config.out


@dataclass(frozen=True, slots=True)
class Stored:
    """A build whose answers are all in a run directory already; nothing is asked of it, and nothing written there."""

    label: str
    out: Path


Build = Served | Stored


class Reason(StrEnum):
    """Why a check has ended: every verdict is in; all is asked; or what was to be spent is used up."""

    DECIDED = "decided"
    COMPLETE = "complete"
    TIME = "time"
    REQUESTS = "requests"


class Following(Protocol):
    """Follows the answers of one task of one candidate and of the baseline (`evals.decision.sequential`).

    It is called from one thread at a time, which need not be the event loop's.
    """

    def answered(
        self,
        build: str,
        item_id: str,
        repeat: int,
        score: float | None,
        status: Status,
        *,
        unread: bool,
        prompt: frozenset[int],
    ) -> None:
        """Take an answer of the `baseline` or of the `candidate`; in any order."""
        ...

    def state(self) -> State:
        """What the answers that there are have shown: the same whatever the order in which they came."""
        ...


@dataclass(frozen=True, slots=True)
class Ended:
    """How a check has ended.

    `states` are those of each candidate's tasks, by label and task; none where nothing is looked at on the way. `left`
    counts the answers that are still missing of each build that is asked, all of its tasks at their full size; `notes`
    are what the user should know, as what graders' libraries have said.
    """

    reason: Reason
    states: Mapping[str, Mapping[str, State]]
    left: Mapping[str, int]
    notes: tuple[str, ...] = ()


class ReleaseProgress(Protocol):
    """Who is told how a check goes, each build by its label; called from the event loop, so it must be quick."""

    def follow(self, build: str, window: Window) -> None: ...

    def asked(self, build: str, request: Request) -> None: ...

    def fault(self, build: str, request: Request, fault: Fault) -> None: ...

    def finished(self, build: str, sample: Sample) -> None: ...

    def state(self, task: str, candidate: str, state: State) -> None: ...
