"""What a run has come to, as frozen types: task by task, and whether it is complete."""

from __future__ import annotations

from dataclasses import dataclass

from quantgate.evals.checks.finding import Finding
from quantgate.evals.contract.call_figures import CallFigures
from quantgate.evals.errors import Unfinished
from quantgate.evals.pairing.status_counts import StatusCounts

_INVALID = 4
"""As the gate, which takes such a run for none that could be compared."""


@dataclass(frozen=True, slots=True)
class MeanScore:
    """A mean over items. `primary` marks the task's score, `macro` a mean of the strata's means.

    `stratum` is the part of the task that it is of, `samples` how many samples have such a metric where not all do.
    """

    name: str
    mean: float
    stratum: str | None = None
    primary: bool = False
    macro: bool = False
    samples: int | None = None


@dataclass(frozen=True, slots=True)
class TaskSummary:
    """One task of a run: how many samples it has when complete, how they ended, what they score, and what is odd.

    `calls` is there of requests with tools.
    """

    name: str
    planned: int
    counts: StatusCounts
    scores: tuple[MeanScore, ...]
    findings: tuple[Finding, ...]
    calls: CallFigures | None = None

    @property
    def answered(self) -> int:
        return self.planned - self.counts.unscored


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run's tasks, how many of the samples that were asked now have no score, and the faults that were met.

    Of the `missing`, `ungraded` are there and have no grade yet. `mixed` says that the answers are of several models.
    """

    tasks: tuple[TaskSummary, ...]
    missing: int
    ungraded: int
    faults: tuple[str, ...]
    mixed: bool = False

    @property
    def exit_code(self) -> int:
        """0 when every task that was asked now is complete, else that of `Unfinished`; 4 where models were mixed."""
        if self.missing:
            return Unfinished.exit_code
        return _INVALID if self.mixed else 0
