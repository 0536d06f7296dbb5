"""The gates of a branch in words: when, which build, its verdict, and of each task how far it was from the baseline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from quantgate.evals.decision.comparison import Comparison
from quantgate.evals.decision.types import ReleaseVerdict, TaskDecision, Verdict
from quantgate.evals.runs.record import RunRecord
from quantgate.evals.text import one_line
from quantgate.reports.words.numbers import NONE

MOST = 20
"""So many gates are shown where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One build that was decided about; the page numbers the gates from the oldest, 1."""

    number: int
    when: str
    build: str
    model: str
    baseline: str
    verdict: ReleaseVerdict
    rows: tuple[TaskDecision, ...]
    file: str
    awaited: int

    def row(self, task: str) -> TaskDecision | None:
        """What was decided of a task; `None` where it was not asked."""
        return next((row for row in self.rows if row.task == task), None)


def gates(decisions: Iterable[tuple[Path, Verdict | Comparison]], most: int) -> list[Gate]:
    """The builds of the decisions, the last `most` of them, in the decisions' order; one for each format."""
    told: list[Gate] = []
    for file, decision in decisions:
        if isinstance(decision, Comparison):
            told += [
                _gate(file, decision, build.record, build.name, build.verdict, build.rows) for build in decision.formats
            ]
        else:
            build = decision.candidate
            told.append(_gate(file, decision, build, build.label, decision.verdict, decision.rows))
    first = max(0, len(told) - most)
    return [replace(gate, number=number) for number, gate in enumerate(told[first:], first + 1)]


def _gate(
    file: Path,
    decision: Verdict | Comparison,
    record: RunRecord,
    name: str,
    verdict: ReleaseVerdict,
    rows: tuple[TaskDecision, ...],
) -> Gate:
    when = one_line(decision.created[:16].replace("T", " "), 16) or NONE
    awaited = len(decision.awaited) if isinstance(decision, Comparison) else 0
    return Gate(0, when, name, record.model, decision.baseline.label, verdict, rows, str(file), awaited)


def tasks_of(shown: Sequence[Gate]) -> list[str]:
    """The names of all that the gates were decided on, in the order in which they first appear."""
    return list(dict.fromkeys(row.task for gate in shown for row in gate.rows))


def counted(shown: Sequence[Gate]) -> str:
    """How many gates there are, and how they ended, in a sentence."""
    ended = [
        f"{count} {_WORDS[verdict][count > 1]}"
        for verdict in ReleaseVerdict
        if (count := sum(gate.verdict is verdict for gate in shown))
    ]
    return f"{len(shown)} gate{'s' if len(shown) != 1 else ''}: {', '.join(ended)}."


_WORDS = {
    ReleaseVerdict.PASS: ("passes", "pass"),
    ReleaseVerdict.REGRESSED: ("has regressed", "have regressed"),
    ReleaseVerdict.INCONCLUSIVE: ("is inconclusive", "are inconclusive"),
    ReleaseVerdict.INVALID: ("is invalid", "are invalid"),
}
