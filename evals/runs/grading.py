"""Grades an answer that is there; whatever a grader does, the answer is kept, and how it failed is said in a line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from quantgate.evals.contract.records import Grade, Item, Sample, Status
from quantgate.evals.contract.task import GradedAtOnce, Task
from quantgate.evals.contract.thoughts import graded_text
from quantgate.evals.text import excerpt

_SAID = 200


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of grading a text: the grade, or in a line why there is none.

    `heard` is how many lines the grader's libraries printed or logged meanwhile, `first` the first of them.
    """

    grade: Grade | None
    reason: str = ""
    heard: int = 0
    first: str = ""


def judge(task: Task, item: Item, repeat: int, text: str) -> Judged:
    """Grade a text. Nothing that a grader raises comes out, but for Ctrl-C."""
    try:
        grade = sound(task.grade(item, repeat, text))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001
        return Judged(None, f"the grader failed: {said_by(error)}")
    return Judged(grade) if isinstance(grade, Grade) else Judged(None, grade)


def said_by(error: BaseException) -> str:
    """An exception in a line that is safe to print, whatever it holds."""
    try:
        said = str(error)
    except Exception:  # noqa: BLE001
        said = ""  # an exception that cannot even say what it is
    name = type(error).__name__
    return excerpt(f"{name}: {said}" if said.strip() else name, _SAID)


def sound(grade: object) -> Grade | str:
    """A grade that a sample can hold, without metrics that are no numbers; or in a line what is wrong with it."""
    if not isinstance(grade, Grade):
        return f"the grader gave {'nothing' if grade is None else f'a {type(grade).__name__}'} instead of a grade"
    score = grade.score
    if not _is_number(score) or not 0 <= score <= 1:
        return f"the grader gave the score {excerpt(repr(score), 40)}, and a score lies between 0 and 1"
    for what, text in (("extracted", grade.extracted), ("vote", grade.vote)):
        if not isinstance(text, str | None):
            return f"the grader gave a {type(text).__name__} as {what}, which must be text"
    if not isinstance(grade.metrics, Mapping):
        return f"the grader gave a {type(grade.metrics).__name__} of metrics instead of numbers by name"
    metrics = {str(name): float(value) for name, value in grade.metrics.items() if _is_number(value)}
    margin = float(grade.margin) if grade.margin is not None and _is_number(grade.margin) else None
    return replace(grade, score=float(score), metrics=metrics, margin=margin)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def text_of(sample: Sample) -> str:
    """What is graded of a sample: nothing of a refusal, else its text without leaked special tokens."""
    said = sample.response is not None and sample.ending is not Status.REFUSED
    return graded_text(sample.response or "") if said else ""


def ungraded(sample: Sample, reason: str = "") -> Sample:
    """A sample as it is before it is graded."""
    if not sample.status.scored and sample.status is not Status.UNGRADED:
        return sample
    return replace(
        sample,
        status=Status.UNGRADED,
        ended=sample.ending,
        score=None,
        extracted=None,
        vote=None,
        margin=None,
        metrics={},
        error=reason or sample.error,
    )


def graded(sample: Sample, judged: Judged, error: str | None = None) -> Sample:
    """A sample with its grade, or `ungraded` with the reason why there is none.

    Where nothing was said (empty, refused, turned away) the score is 0 also without a grade; where silence counts, only
    if the server would not take the request. `error` is what the sample has as its own once it is graded.
    """
    ending, grade = sample.ending, judged.grade
    silent = ending in (Status.EMPTY, Status.REFUSED)
    if grade is None:
        if not silent and sample.response is not None:
            return ungraded(sample, judged.reason)
        grade = Grade(0.0, None)
    turned_away = sample.response is None and error is not None and ending is not Status.EMPTY
    counts = not turned_away if grade.silence_counts else not silent
    return replace(
        sample,
        status=ending,
        ended=None,
        error=error,
        score=grade.score if counts else 0.0,
        extracted=grade.extracted,
        vote=grade.vote,
        margin=grade.margin,
        metrics=dict(grade.metrics),
    )


@dataclass(slots=True)
class Heard:
    """What libraries printed and logged while answers were graded: how often, and the first of it."""

    answers: int = 0
    lines: int = 0
    task: str = ""
    first: str = ""

    def add(self, task: str, judged: Judged) -> None:
        if judged.heard:
            self.task, self.first = (self.task, self.first) if self.answers else (task, judged.first)
            self.answers += 1
            self.lines += judged.heard

    def told(self, *, private: bool = False) -> str | None:
        """What was heard, in a sentence; what is `private` is not quoted."""
        if not self.answers:
            return None
        quoted = "" if private else f", the first: {self.first!r}"
        return (
            f"{self.task}: the grader's libraries said something about {self.answers:,} answers, {self.lines:,} lines "
            f"in all{quoted}"
        )


class Graders(Protocol):
    """Who grades elsewhere, so that no grader stalls what goes on here."""

    async def judge(self, task: Task, item: Item, repeat: int, text: str) -> Judged: ...

    def release(self) -> None: ...


def is_graded_at_once(task: Task, text: str) -> bool:
    """Whether a text is graded where it is, for that is quicker than to send it anywhere."""
    return isinstance(task, GradedAtOnce) and len(text) <= task.at_once


async def grade_by(task: Task, item: Item, repeat: int, text: str, graders: Graders | None) -> Judged:
    """Grade a text here where that is quick, or there is nowhere else, and otherwise in a process of its own."""
    if graders is None or is_graded_at_once(task, text):
        return judge(task, item, repeat, text)
    return await graders.judge(task, item, repeat, text)
