"""Decisions as the pages show them, and where the runs lie that they decided on."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from quantgate.evals.decision.comparison import Comparison
from quantgate.evals.decision.json import load_decision
from quantgate.evals.decision.types import Decided, ReleaseVerdict, TaskDecision, Verdict
from quantgate.evals.errors import QuantgateError
from quantgate.evals.runs.record import RunRecord
from quantgate.reports.words.headline import headline
from quantgate.view.found import find, is_run
from quantgate.view.naming import key_of
from quantgate.view.types import DecidedTask, DecisionRow

Identity: TypeAlias = tuple[str, str, str]
_NEAR = 2
"""So many folders down from a decision, and up to the one that its paths may be of, its runs are looked for."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One candidate's decision, and the runs that it names; a comparison is one for each format."""

    row: DecisionRow
    baseline: RunRecord | None
    candidate: RunRecord | None
    named: tuple[str, ...] = ()

    @property
    def records(self) -> tuple[RunRecord | None, RunRecord | None]:
        """The baseline's record and the candidate's, as they were decided about."""
        return self.baseline, self.candidate


def read_decisions(file: Path) -> list[Decision]:
    """What a file decides; a row that tells what is wrong where it cannot be read."""
    key = key_of(file)
    try:
        read = load_decision(file)
    except QuantgateError as error:
        row = DecisionRow(key, file.name, ReleaseVerdict.INVALID, "", "", str(file), (), None, None, str(error))
        return [Decision(row, None, None)]
    if isinstance(read, Verdict):
        return [_of_verdict(read, file, key)]
    return list(_of_formats(read, file, key))


def runs_near(file: Path, named: tuple[str, ...]) -> list[Path]:
    """Run directories that a decision may be about: those whose paths it names, and those that lie beside it."""
    bases = [Path.cwd(), *file.parents[: _NEAR + 1]]
    places = [base / name for name in named for base in bases]
    return [folder for folder in dict.fromkeys([*filter(is_run, places), *find([file.parent], _NEAR).runs])]


def identity(record: RunRecord) -> Identity:
    """What tells a run from others, as it has been begun: a decision was about the run that has the same."""
    return record.label, record.model, record.created


def _of_verdict(verdict: Verdict, file: Path, key: str) -> Decision:
    row = DecisionRow(
        key=key,
        title=f"{verdict.candidate.label} against {verdict.baseline.label}",
        verdict=verdict.verdict.value,
        headline=headline(verdict),
        created=verdict.created,
        file=str(file),
        tasks=tuple(map(_task, verdict.rows)),
        baseline=None,
        candidate=None,
    )
    named = (*verdict.named_folders, *_arguments(verdict.command))
    return Decision(row, verdict.baseline, verdict.candidate, tuple(filter(None, named)))


def _of_formats(comparison: Comparison, file: Path, key: str) -> Iterator[Decision]:
    named = (comparison.baseline_folder, *(each.folder for each in comparison.formats), *_arguments(comparison.command))
    for number, each in enumerate(comparison.formats):
        row = DecisionRow(
            key=f"{key}-{number}",
            title=f"{each.name} against {comparison.baseline.label}",
            verdict=each.verdict.value,
            headline=_reason(each.rows),
            created=comparison.created,
            file=str(file),
            tasks=tuple(map(_task, each.rows)),
            baseline=None,
            candidate=None,
        )
        yield Decision(row, comparison.baseline, each.record, tuple(filter(None, named)))


def _reason(rows: Sequence[TaskDecision]) -> str:
    """The sentence of the first task that does not pass, else of the first one."""
    required = [row for row in rows if row.required] or list(rows)
    return next((row.named_reason for row in [*(row for row in required if not row.passes), *required]), "")


def _arguments(command: str) -> Iterator[str]:
    """The paths that a command line may name."""
    try:
        words = shlex.split(command)
    except ValueError:
        return
    yield from (word for word in words[2:] if not word.startswith("-"))


def _task(task: TaskDecision) -> DecidedTask:
    if not isinstance(task, Decided):
        return DecidedTask(task.task, task.verdict.value, None, None, None, None, None, task.zone, 0, 0, 0)
    table = task.flip_table
    return DecidedTask(
        name=task.task,
        verdict=task.verdict.value,
        baseline=task.baseline,
        candidate=task.candidate,
        difference=task.difference,
        lower=task.lower,
        upper=task.upper,
        margin=task.zone,
        items=task.items,
        losses=table.losses if table is not None else task.losses or 0,
        gains=table.gains if table is not None else task.gains or 0,
    )
