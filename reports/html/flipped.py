"""The list of flipped items as a page shows it: both builds' answers side by side, as far as the page stays light."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field

from quantgate.evals.decision.described import Flip, FlipTexts
from quantgate.evals.inspection.parting import parting, token_at
from quantgate.evals.text import printable
from quantgate.reports.words.flips import (
    Flipped,
    ended,
    in_natural_order,
    item_name,
    right,
    scores,
    turn,
    turned,
)

MOST_ROWS = 20_000
_MOST_OPEN = 200
"""So many items stand there unfolded; what is more waits for a click."""
_MOST_RESULT = 40
_MOST_TEXT = 4_000
_TEXT_BUDGET = 2_500_000
"""Characters of texts in a whole page, as HTML has them; a page of more is slow on a phone."""


@dataclass(frozen=True, slots=True)
class Side:
    """One build's answer: what comes before the place at which both part, the word or sign there, and the rest.

    `apart` is `None` where they do not part, or one of them is not there; `before` where this one is not.
    """

    build: str
    before: str | None
    apart: str | None = None
    after: str = ""

    @property
    def size(self) -> int:
        """Characters as HTML has them."""
        return len(html.escape(f"{self.before or ''}{self.apart or ''}{self.after}"))


@dataclass(frozen=True, slots=True)
class FlipRow:
    """One item: everything cleaned and cut to what a page holds."""

    item: str
    turn: str
    turned: str
    right: str
    ended: str
    score: str
    lost: bool
    question: str | None = None
    sides: tuple[Side, ...] = ()


@dataclass(slots=True)
class FlipList:
    """One task's items; `note` says what was left out, `command` shows them all."""

    name: str
    count: str
    command: str | None
    open: bool
    flips: list[FlipRow] = field(default_factory=list)
    note: str = ""


def flip_lists(tasks: Sequence[Flipped]) -> list[FlipList]:
    """A list for each task with flips, losses first, in the order of their names; the first few unfolded."""
    rows, budget, unfolded = MOST_ROWS, _TEXT_BUDGET, _MOST_OPEN
    lists = []
    for task in tasks:
        flips = in_natural_order(task.task.flips)
        lost = sum(flip.lost for flip in flips)
        unfolded -= len(flips)
        counts = f"{lost:,} lost, {len(flips) - lost:,} won"
        shown = FlipList(task.name, counts, task.diff_command(), open=unfolded >= 0)
        untold = 0
        for flip in flips[:rows]:
            question, sides = _texts(flip.texts)
            size = sum(side.size for side in sides) + len(html.escape(question or ""))
            if size > budget:
                question, sides, untold = None, (), untold + 1
            else:
                budget -= size
            shown.flips.append(_row(flip, question, sides))
        rows -= len(shown.flips)
        shown.note = _note(len(flips) - len(shown.flips), untold)
        lists.append(shown)
    return lists


def _row(flip: Flip, question: str | None, sides: tuple[Side, ...]) -> FlipRow:
    return FlipRow(
        item_name(flip),
        turn(flip),
        turned(flip, _MOST_RESULT),
        right(flip, _MOST_RESULT),
        ended(flip),
        scores(flip),
        flip.lost,
        question,
        sides,
    )


def _texts(texts: FlipTexts | None) -> tuple[str | None, tuple[Side, ...]]:
    if texts is None:
        return None, ()
    ours, theirs = _cut(texts.baseline), _cut(texts.candidate)
    place = None if ours is None or theirs is None else parting(ours, theirs)
    sides = (_side("baseline", ours, place), _side("candidate", theirs, place))
    return _cut(texts.question), sides if ours is not None or theirs is not None else ()


def _cut(text: str | None) -> str | None:
    if text is None:
        return None
    cut = f"\n… ({len(text):,} characters)" if len(text) > _MOST_TEXT else ""
    return printable(text[:_MOST_TEXT]) + cut


def _side(build: str, text: str | None, place: int | None) -> Side:
    if text is None or place is None:
        return Side(build, text)
    apart = token_at(text, place)
    return Side(build, text[:place], apart, text[place + len(apart) :])


def _note(rows: int, texts: int) -> str:
    told = []
    if rows:
        told.append(f"{rows:,} more items")
    if texts:
        told.append(f"the texts of {texts:,} items")
    return f"Left out to keep the page light, all of it in the JSON: {' and '.join(told)}." if told else ""
