"""What is not a pass: a few of the items that flipped, what both builds said, and the command that shows them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from quantgate.evals.decision.types import ReleaseVerdict, Verdict
from quantgate.evals.text import one_line
from quantgate.reports.words.flips import Flipped, flipped_tasks, sentence, worst_first

_MOST = 3


def print_flipped(console: Console, tasks: Sequence[Flipped]) -> None:
    """Name up to three flipped items of a build that regressed, losses first; `tasks` are that build's."""
    told = next((one for one in tasks if one.fell), None)
    if told is not None:
        _print_some(console, told)


def print_first_flips(console: Console, verdict: Verdict) -> None:
    """Name up to three flipped items of a build that neither passed nor regressed: of the first task that has some."""
    if verdict.verdict is ReleaseVerdict.REGRESSED:  # they are told by `print_flipped`
        return
    for told in flipped_tasks(verdict.rows, verdict.verdict, verdict.named_folders)[:1]:
        _print_some(console, told)


def _print_some(console: Console, told: Flipped) -> None:
    shown, count = worst_first(told.task.flips)[:_MOST], len(told.task.flips)
    how_many = f"{len(shown)} of {count:,} flipped items" if count > len(shown) else "the flipped items"
    _line(console, f"{one_line(told.name, 100)}: {how_many}:")
    for flip in shown:
        _line(console, f"  {one_line(sentence(flip), 400)}")
    if (command := told.diff_command(shown)) is not None:
        _line(console, f"side by side: {command}")
        _line(console, f"on a page: {told.view_command()}")


def _line(console: Console, text: str) -> None:
    console.print(Text(text), soft_wrap=True)
