"""What stands in a verdict's box, for who has a minute: how much was asked, both accuracies, which builds, and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quantgate.evals.decision.types import Decided, ReleaseVerdict, TaskDecision, TaskVerdict
from quantgate.evals.runs.record import RunRecord
from quantgate.reports.words.row import task_cells

_DAY = len("2026-11-27")
MOST_FACTS = 8
"""Rows of a box; what is more stands in the table."""


@dataclass(frozen=True, slots=True)
class TaskFact:
    """One task's row: `asked` counts items and repeats. Texts are not escaped yet, and empty where there is none."""

    name: str
    verdict: TaskVerdict
    asked: str = ""
    baseline: str = ""
    candidate: str = ""
    difference: str = ""


@dataclass(frozen=True, slots=True)
class BuildFact:
    """What a build is called, which model was asked for, what its server says that it serves, and the day."""

    label: str
    model: str
    served: str
    day: str

    @property
    def sentence(self) -> str:
        """`fp8: zai-org/GLM-5.2-FP8`, with what the server calls it where that is another name."""
        return f"{self.label}: {self.model}{f' (served: {self.served})' if self.served else ''}"


@dataclass(frozen=True, slots=True)
class Box:
    """What stands in it, not escaped yet: `verdict` gives colour and mark, `left` and `right` stand over accuracies."""

    verdict: ReleaseVerdict
    word: str
    why: str
    tasks: Sequence[TaskFact] = ()
    left: str = "baseline"
    right: str = "candidate"
    lines: Sequence[str] = ()
    builds: Sequence[BuildFact] = ()

    @property
    def shown(self) -> Sequence[TaskFact]:
        return self.tasks[:MOST_FACTS]

    @property
    def left_out(self) -> int:
        return len(self.tasks) - len(self.shown)


def task_facts(tasks: Sequence[TaskDecision], build: str = "") -> list[TaskFact]:
    """A row for each task, with the build's name before it where one is given; those that failed come first."""
    ordered = sorted(tasks, key=lambda task: (not task.required, task.passes))
    return [_task_fact(task, build) for task in ordered]


def build_facts(records: Iterable[RunRecord]) -> list[BuildFact]:
    """A line for each build."""
    return [BuildFact(record.label, record.model, _served(record), record.created[:_DAY]) for record in records]


def told_builds(records: Iterable[RunRecord], target: str) -> str:
    """The builds in a line, and what the verdict holds for, for where there is no box."""
    told = [f"{each.sentence}, asked {each.day}" if each.day else each.sentence for each in build_facts(records)]
    return f"{'; '.join(told)}. {target}".rstrip()


def _task_fact(task: TaskDecision, build: str) -> TaskFact:
    cells = task_cells(task)
    name = f"{build}: {cells.name}" if build else cells.name
    if not isinstance(task, Decided):
        return TaskFact(name, task.verdict, difference="not compared")
    return TaskFact(name, task.verdict, cells.asked, cells.baseline, cells.candidate, f"{cells.difference} points")


def _served(record: RunRecord) -> str:
    """By which other names the server knows what it serves: an alias hides which weights those are."""
    served = record.endpoint.get("served")
    told = [served.get(name) for name in ("id", "root")] if isinstance(served, dict) else []
    return ", ".join(dict.fromkeys(name for name in told if isinstance(name, str) and name and name != record.model))
