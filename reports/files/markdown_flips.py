"""The first flipped items as a Markdown table, for a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from quantgate.reports.files.markdown_text import markdown_code, markdown_text
from quantgate.reports.words.flips import Flipped, ended, item_name, right, scores, turn, turned, worst_first

_MOST = 10


def flips_markdown(tasks: Sequence[Flipped]) -> list[str]:
    """The first ten items, losses first in their task, and the commands that show all of them."""
    every = [(task, flip) for task in tasks for flip in worst_first(task.task.flips)]
    if not every:
        return []
    shown = every[:_MOST]
    count = f"first {len(shown)} of {len(every):,} flipped" if len(every) > len(shown) else "flipped"
    several = len({task.name for task, _ in every}) > 1
    lines = [f"| {count} | turned | baseline -&gt; candidate | right | ended | score |", "| --- " * 5 + "| ---: |"]
    for task, flip in shown:
        name = item_name(flip, 60)
        told = (
            f"{task.name}: {name}" if several else name,
            *(turn(flip), turned(flip, 40), right(flip, 40), ended(flip), scores(flip)),
        )
        lines.append(f"| {' | '.join(markdown_text(cell, 160) for cell in told)} |")
    commands = dict.fromkeys(command for task, _ in shown if (command := task.diff_command()) is not None)
    return [*lines, "", *(line for command in commands for line in (f"Side by side: {markdown_code(command)}", ""))]
