"""The forest plot in characters, for where no picture can stand: a pull request, a job's summary, a log."""

from __future__ import annotations

from collections.abc import Sequence

from quantgate.evals.decision.types import Decided, TaskDecision
from quantgate.evals.text import one_line
from quantgate.reports.words.palette import MARK, verdict_word

_WIDTH = 41
_MOST_NAME = 28


def character_plot(rows: Sequence[tuple[str, TaskDecision]]) -> str:
    """One line a row on a scale that all share: `░` within the margin, `━` the deciding bounds, `│` zero.

    Names are cleaned and cut, and hold no backtick, so that the lines can stand in a Markdown fence.
    """
    shown = [(name, task) for name, task in rows if isinstance(task, Decided)]
    if not shown:
        return ""
    reach = max(max(abs(task.lower), abs(task.upper), 1.3 * task.zone) for _, task in shown)
    names = [one_line(name, _MOST_NAME).replace("`", "'") for name, _ in shown]
    width = max(map(len, names))
    lines = [
        f"{name:<{width}}  {_line(task, reach)}  {MARK[task.verdict.value]} {verdict_word(task.verdict.value)}"
        for name, (_, task) in zip(names, shown, strict=True)
    ]
    left, right = f"{-100 * reach:.1f}", f"+{100 * reach:.1f}"
    half = (_WIDTH - 1) // 2
    middle = " " * (half - len(left)) + "0" + " " * (half - len(right))
    return "\n".join([*lines, f"{'':<{width}}  {left}{middle}{right}"])


def _line(task: Decided, reach: float) -> str:
    def place(value: float) -> int:
        return round((min(max(value / reach, -1), 1) + 1) / 2 * (_WIDTH - 1))

    cells = [" "] * _WIDTH
    for at in range(place(-task.zone), place(task.zone) + 1):
        cells[at] = "░"
    cells[place(0)] = "│"
    for at in range(place(task.lower), place(task.upper) + 1):
        cells[at] = "┿" if at == place(0) else "━"
    cells[place(task.difference)] = {"regressed": "✗", "inconclusive": "◇"}.get(task.verdict.value, "●")
    return "".join(cells)
