"""A plan on the terminal: one row a margin, and what it all rests on."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from quantgate.evals.planning.types import Plan
from quantgate.evals.text import one_line
from quantgate.reports.terminal.fitting import Column, FittingTable
from quantgate.reports.terminal.plan_looks import looks_table
from quantgate.reports.words.plan import asked as _plan
from quantgate.reports.words.plan import loss_text as _loss
from quantgate.reports.words.plan import margin_text as _margin
from quantgate.reports.words.plan import needed as _needed
from quantgate.reports.words.plan import plan_sentences as _sentences
from quantgate.reports.words.plan import tokens_text as _tokens
from quantgate.reports.words.plan import total as _total
from quantgate.reports.words.plan import whole as _whole


def print_plans(console: Console, plans: Sequence[Plan]) -> None:
    """Print each task's table with its sentences, and the sum over tasks at each margin where there are several."""
    for plan in plans:
        console.print(_table(plan))
        if any(row.sequential is not None for row in plan.rows):
            console.print(looks_table(plan))
        for line in _sentences(plan):
            console.print(Text(one_line(line, 600)), soft_wrap=True)
        console.print()
    tasks = [plan for plan in plans if not plan.assumptions.parts]
    if len(tasks) > 1:
        for row in zip(*(plan.rows for plan in tasks), strict=True):
            console.print(Text(_total(row)), soft_wrap=True)
    for suite in (plan for plan in plans if plan.assumptions.parts):
        for one in suite.rows:
            console.print(Text(f"{suite.assumptions.task} {_total([one])}"), soft_wrap=True)


def _table(plan: Plan) -> FittingTable:
    assumed, aim = plan.assumptions, plan.aim
    title = f"{one_line(assumed.task, 80)}: {assumed.items:,} items, power {aim.task_power:.3g}, alpha {aim.alpha:g}"
    losses = sorted({at.loss for row in plan.rows for at in row.at_losses})
    names = ["margin", "items for one\nanswer each", "power\nnow", "plan", "power", *map(_loss, losses), "requests"]
    extra = [name for name in ("tokens", "hours") if any(getattr(row, name) is not None for row in plan.rows)]
    table = FittingTable(title, [Column(name, words=name == "plan") for name in (*names, *extra)])
    for row in plan.rows:
        needed = _needed(plan, row)
        power = "—" if row.power is None else f"{row.power:.1%}"
        known = {at.loss: at.power for at in row.at_losses}
        lossy = [f"{known[loss]:.0%}" if loss in known else "—" for loss in losses]
        cells = [_margin(row), needed, f"{row.power_now:.1%}", _plan(plan, row), power, *lossy]
        cells.append(_whole(row.requests))
        figures = {"tokens": _tokens(row.tokens), "hours": "—" if row.hours is None else f"{row.hours:,.1f}"}
        table.add(*cells, *(figures[name] for name in extra))
    return table
