"""The list of flipped items as a page shows it: every item with its scores, texts as far as the page stays light."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields

from quantgate.evals.decision.described import Flip
from quantgate.evals.decision.types import Decided
from quantgate.evals.text import one_line, printable

MOST_ROWS = 20_000
_MOST_ID = 100
_MOST_TEXT = 4_000
_TEXT_BUDGET = 1_500_000
"""Characters of texts in a whole page; a page of more is slow on a phone."""


@dataclass(frozen=True, slots=True)
class FlipRow:
    """One item: everything cleaned and cut to what a page holds."""

    item: str
    turn: str
    baseline: str
    candidate: str
    hash: str
    texts: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class FlipList:
    """One task's items; `note` says what was left out."""

    name: str
    count: int
    flips: list[FlipRow] = field(default_factory=list)
    note: str = ""


def flip_lists(tasks: Sequence[Decided]) -> list[FlipList]:
    """A list for each task with flips, losses first."""
    rows, budget = MOST_ROWS, _TEXT_BUDGET
    lists = []
    for task in tasks:
        if not task.flips:
            continue
        shown = FlipList(task.task, len(task.flips))
        untold = 0
        for flip in sorted(task.flips, key=lambda flip: flip.candidate - flip.baseline)[:rows]:
            texts = tuple(_texts(flip))
            size = sum(len(text) for _, text in texts)
            if size > budget:
                texts, untold = (), untold + 1
            else:
                budget -= size
            shown.flips.append(_row(flip, texts))
        rows -= len(shown.flips)
        shown.note = _note(len(task.flips) - len(shown.flips), untold)
        lists.append(shown)
    return lists


def _row(flip: Flip, texts: tuple[tuple[str, str], ...]) -> FlipRow:
    item = one_line(flip.item_id, _MOST_ID)
    if flip.stratum:
        item = f"{item} ({one_line(flip.stratum, 40)})"
    turn = "▼ lost" if flip.candidate < flip.baseline else "▲ won"
    return FlipRow(
        item, turn, f"{flip.baseline:.2f}", f"{flip.candidate:.2f}", one_line(flip.prompt_hash[:12], 12), texts
    )


def _texts(flip: Flip) -> Iterator[tuple[str, str]]:
    if flip.texts is None:
        return
    for one in fields(flip.texts):
        text = getattr(flip.texts, one.name)
        if isinstance(text, str):
            cut = f"\n… ({len(text):,} characters)" if len(text) > _MOST_TEXT else ""
            yield one.name, printable(text[:_MOST_TEXT]) + cut


def _note(rows: int, texts: int) -> str:
    told = []
    if rows:
        told.append(f"{rows:,} more items")
    if texts:
        told.append(f"the texts of {texts:,} items")
    return f"Left out to keep the page light, all of it in the JSON: {' and '.join(told)}." if told else ""
