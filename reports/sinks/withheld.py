"""A decision without the texts of private tasks: what a tracker is sent, others read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from quantgate.evals.decision.comparison import Comparison
from quantgate.evals.decision.described import Flip, FlipAnswer, FlipAnswers
from quantgate.evals.decision.types import Decided, TaskDecision, Verdict
from quantgate.evals.runs.record import RunRecord
from quantgate.evals.samples.columns import NO_LETTER, letter_code


def without_private_texts(decision: Verdict | Comparison) -> Verdict | Comparison:
    """The decision, in whose private tasks the flips tell nothing but letters, whoever had asked for texts."""
    if isinstance(decision, Verdict):
        private = _private(decision.baseline, decision.candidate)
        return replace(decision, tasks=_withheld(decision.tasks, private))
    formats = tuple(
        replace(build, tasks=_withheld(build.tasks, _private(decision.baseline, build.record)))
        for build in decision.formats
    )
    return replace(decision, formats=formats)


def _private(*records: RunRecord) -> set[str]:
    return {task.name for record in records for task in record.tasks if task.asked_by_authors is not None}


def _withheld(tasks: Iterable[TaskDecision], private: set[str]) -> tuple[TaskDecision, ...]:
    return tuple(
        replace(task, flips=tuple(map(_flip, task.flips)))
        if isinstance(task, Decided) and task.task in private
        else task
        for task in tasks
    )


def _flip(flip: Flip) -> Flip:
    told = flip.answers
    answers = None if told is None else FlipAnswers(_answer(told.baseline), _answer(told.candidate))
    return replace(flip, texts=None, reference=None, answers=answers)


def _answer(answer: FlipAnswer | None) -> FlipAnswer | None:
    if answer is None or letter_code(answer.extracted) != NO_LETTER:
        return answer
    return replace(answer, extracted=None, withheld=True)
