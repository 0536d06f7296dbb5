"""Flipped items in words: how one turned, what both builds said, and the command that shows it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quantgate.evals.contract.records import Status
from quantgate.evals.decision.described import Flip, FlipAnswer
from quantgate.evals.decision.types import Decided, ReleaseVerdict, TaskDecision, TaskVerdict
from quantgate.evals.text import natural_key, one_line, without_commands
from quantgate.reports.words.numbers import NONE

LOST, WON = "▼ lost", "▲ won"
_ENDED = {
    Status.OK: "ok",
    Status.TRUNCATED: "cut",
    Status.EMPTY: "empty",
    Status.REFUSED: "refused",
    Status.ERROR: "fault",
    Status.UNGRADED: "not graded",
}
_MOST_ID = 100


def turn(flip: Flip) -> str:
    """Whether the candidate lost or won it: never by colour alone."""
    return LOST if flip.lost else WON


def item_name(flip: Flip, width: int = _MOST_ID) -> str:
    """The item's id, with its stratum where it has one."""
    name = one_line(flip.item_id, width)
    return f"{name} ({one_line(flip.stratum, 40)})" if flip.stratum else name


def said(answer: FlipAnswer | None, width: int = 60) -> str:
    """The result that was read from an answer, or why there is none."""
    if answer is None:
        return "missing"
    if answer.withheld:
        return "(not shown)"
    if answer.extracted is None:
        return "no result" if answer.status in (Status.OK, Status.TRUNCATED) else _ENDED[answer.status]
    return one_line(answer.extracted, width) or '""'


def turned(flip: Flip, width: int = 60) -> str:
    """What was read from both builds' answers, as `175 -> 176`; a dash in decisions that do not tell."""
    if flip.answers is None:
        return NONE
    return f"{said(flip.answers.baseline, width)} -> {said(flip.answers.candidate, width)}"


def right(flip: Flip, width: int = 60) -> str:
    """The right answer; a dash where it is not told."""
    return NONE if flip.reference is None else one_line(flip.reference, width) or '""'


def ended(flip: Flip) -> str:
    """How both answers ended, in one word where they ended alike; a dash in decisions that do not tell."""
    if flip.answers is None:
        return NONE
    ours, theirs = (
        "missing" if answer is None else _ENDED[answer.status]
        for answer in (flip.answers.baseline, flip.answers.candidate)
    )
    return ours if ours == theirs else f"{ours} -> {theirs}"


def scores(flip: Flip) -> str:
    """The item's mean scores, as `1 -> 0`."""
    return f"{round(flip.baseline, 2):g} -> {round(flip.candidate, 2):g}"


def in_natural_order(flips: Iterable[Flip]) -> list[Flip]:
    """Losses before gains, and each as people order them, 9 before 10."""
    return sorted(flips, key=lambda flip: (not flip.lost, natural_key(flip.item_id)))


def worst_first(flips: Iterable[Flip]) -> list[Flip]:
    """Those to look at first: losses before gains, the largest first, those alike in their natural order."""
    return sorted(
        flips,
        key=lambda flip: (
            not flip.lost,
            -abs(round(flip.candidate - flip.baseline, 9)),
            natural_key(flip.item_id),
        ),
    )


def sentence(flip: Flip) -> str:
    """An item in a sentence: `12 lost: 175 in the baseline, 176 in the candidate; right is 175`.

    Of one that is not wholly right in one build and wholly wrong in the other, as with repeats, with its scores.
    """
    how = "lost" if flip.lost else "won"
    if flip.answers is None:
        return f"{item_name(flip, 60)} {how}: scored {scores(flip)}"
    how += "" if {flip.baseline, flip.candidate} == {0, 1} else f", {scores(flip)}"
    ours, theirs = (said(answer) for answer in (flip.answers.baseline, flip.answers.candidate))
    told = f"{item_name(flip, 60)} {how}: {ours} in the baseline, {theirs} in the candidate"
    told += "" if flip.reference is None else f"; right is {right(flip)}"
    return told if (how := ended(flip)) == "ok" else f"{told} ({how})"


@dataclass(frozen=True, slots=True)
class Flipped:
    """One task of one build with items that flipped; `build` is empty where there is only one."""

    build: str
    task: Decided
    folders: tuple[str, str]
    fell: bool
    """Whether it is what the build's regression rests on."""
    alone: bool
    """Whether no other task was decided, so that an item's id says which one it is."""

    @property
    def name(self) -> str:
        """The task, with its build where there are several."""
        return f"{self.build}: {self.task.task}" if self.build else self.task.task

    def diff_command(self, flips: Sequence[Flip] = ()) -> str | None:
        """The command that lists what changed between the builds, or shows both answers to some items side by side.

        An item whose name nobody could type is left out, `None` where nobody has named the folders.
        """
        named = [flip.item_id if self.alone else f"{self.task.task}/{flip.item_id}" for flip in flips]
        rest = [word for word in named if _can_be_typed(word) and len(word) <= 2 * _MOST_ID]
        # An item may be called like an option.
        end_of_options = ["--"] if any(word.startswith("-") for word in rest) else []
        words = ["quantgate", "diff", *self.folders, *end_of_options, *rest]
        return shlex.join(words) if all(map(_can_be_typed, self.folders)) else None

    def view_command(self) -> str | None:
        """The command that shows both builds' answers on a page, `None` where nobody has named the folders."""
        words = ["quantgate", "view", *self.folders]
        return shlex.join(words) if all(map(_can_be_typed, self.folders)) else None


def _can_be_typed(word: str) -> bool:
    """Whether a word of a command comes out on a terminal as it is."""
    return bool(word) and word.isprintable() and without_commands(word) == word


def flipped_tasks(
    rows: Sequence[TaskDecision], verdict: ReleaseVerdict, folders: tuple[str, str], build: str = ""
) -> list[Flipped]:
    """The tasks of a build with flips, those that its regression rests on first."""
    with_flips = [row for row in rows if isinstance(row, Decided) and row.flips]
    fallen = [row for row in with_flips if row.required and row.verdict is TaskVerdict.REGRESSED]
    if verdict is not ReleaseVerdict.REGRESSED:
        fallen = []
    elif not fallen:  # a mean over tasks has regressed, and has no items of its own
        fallen = with_flips
    rest = [row for row in with_flips if row not in fallen]
    return [Flipped(build, row, folders, row in fallen, len(rows) == 1) for row in (*fallen, *rest)]
