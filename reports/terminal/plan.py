"""A plan on the terminal: one row a margin, and what it all rests on."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from quantgate.evals.planning.types import MOST_ITEMS, MarginRow, Plan
from quantgate.evals.settings.requirements import Target
from quantgate.evals.text import one_line
from quantgate.reports.terminal.plan_looks import looks_sentences, looks_table


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


def _table(plan: Plan) -> Table:
    assumed, aim = plan.assumptions, plan.aim
    title = f"{one_line(assumed.task, 40)}: {assumed.items:,} items, power {aim.task_power:.3g}, alpha {aim.alpha:g}"
    table = Table(
        title=Text(title), title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 1, 0, 0)
    )
    losses = sorted({at.loss for row in plan.rows for at in row.at_losses})
    columns = ["margin", "items for one answer each", "power now", "plan", "power", *map(_loss, losses), "requests"]
    extra = [name for name in ("tokens", "hours") if any(getattr(row, name) is not None for row in plan.rows)]
    for column in (*columns, *extra):
        table.add_column(column, justify="left" if column == "plan" else "right", overflow="fold")
    for row in plan.rows:
        needed = _needed(plan, row)
        power = "—" if row.power is None else f"{row.power:.1%}"
        known = {at.loss: at.power for at in row.at_losses}
        lossy = [f"{known[loss]:.0%}" if loss in known else "—" for loss in losses]
        cells = [_margin(row), needed, f"{row.power_now:.1%}", _plan(plan, row), power, *lossy]
        cells.append(_whole(row.requests))
        figures = {"tokens": _tokens(row.tokens), "hours": "—" if row.hours is None else f"{row.hours:,.1f}"}
        table.add_row(*cells, *(figures[name] for name in extra))
    return table


def _margin(row: MarginRow) -> str:
    """The margin in points; of a recovery, what it is and comes to."""
    if row.recovery is None:
        return f"{row.margin * 100:g}"
    return f"{row.recovery * 100:g}% recovery ({row.margin * 100:.3g})"


def _loss(loss: float) -> str:
    return f"at -{loss * 100:g}" if loss else "at 0"


def _needed(plan: Plan, row: MarginRow) -> str:
    if plan.aim.target is Target.BENCHMARK or plan.aim.baseline_repeats is not None:
        return "—"
    return f"over {MOST_ITEMS:,}" if row.items_needed is None else f"{row.items_needed:,}"


def _plan(plan: Plan, row: MarginRow) -> str:
    if row.ask is None or row.repeats is None:
        return f"out of reach with up to {plan.aim.repeats} repeats"
    if row.baseline_repeats is not None:
        return f"all {row.ask:,} items × {row.baseline_repeats}/{row.repeats} repeats"
    if row.repeats == 1:
        return f"{row.ask:,} of {plan.assumptions.items:,} items once"
    return f"all {row.ask:,} items × {row.repeats} repeats"


def _sentences(plan: Plan) -> list[str]:
    assumed, aim = plan.assumptions, plan.aim
    build = "an equal build" if not aim.true_loss else f"a build that has lost {aim.true_loss * 100:g} points"
    once = (
        "once"
        if aim.baseline_repeats is None
        else f"{aim.baseline_repeats} times of the baseline and once of the candidate"
    )
    lines = [
        f'margins in points; requests of both builds; "power now": how often {build} passes when all '
        f"{assumed.items:,} items are asked {once}; {assumed.discordance:.2%} of the items flip"
    ]
    if any(row.at_losses for row in plan.rows):
        lines.append("at 0, -0.5, ...: how often the plan passes a build that has really lost so many points")
    if aim.target is Target.BENCHMARK and assumed.one_answer:
        lines.append(
            "target benchmark: greedy answers stay the same when they are asked again, so that each item counts once: "
            "the plan is that for questions like these"
        )
    elif aim.target is Target.BENCHMARK:
        lines.append(
            "target benchmark: for verdicts on these very questions; all are asked, and pairs of answers are the unit"
        )
    if aim.baseline_repeats is not None:
        lines.append(
            f"{aim.baseline_repeats} repeats of the baseline are paid once for all formats; requests are those of the "
            "baseline and one candidate"
        )
    for row in plan.rows:
        if (split := row.split) is not None:
            lines.append(
                f"at {row.margin * 100:g}: {split.baseline} repeats of the baseline, paid once for all formats, and "
                f"{split.candidate} of each candidate would do as well (power {split.power:.0%})"
            )
    if aim.recoveries and assumed.accuracy is not None:
        lines.append(
            f"recovery: candidate over baseline, in brackets the points that it lets a baseline at "
            f"{assumed.accuracy:.1%} lose; planned with the bound of the ratio, which decides"
        )
    if aim.tasks > 1:
        lines.append(
            f"{aim.tasks} required tasks must all pass: each aims at {aim.task_power:.1%}, for {aim.power:.0%} together"
        )
    if any(row.ask is not None and row.ask < assumed.items for row in plan.rows):
        lines.append("fewer items than all are a random subset, the same for both builds: `quantgate run --limit N`")
    simulated = [row for row in plan.rows if row.simulations is not None]
    if simulated:
        error = max(row.power_error or 0.0 for row in simulated)
        what = "repeats" if len(assumed.strata) == 1 else "strata"
        single = what == "repeats" and any(row.items_needed is not None for row in plan.rows)
        lines.append(
            f"power of {what}: simulated with the bound that decides, {simulated[0].simulations:,} comparisons each, "
            "of builds with the variances assumed; it meets the aim to within its standard error, at most "
            f"{100 * error:.1f} points" + ("; power of one answer each: exact" if single else "")
        )
    return [*lines, *looks_sentences(plan), *assumed.notes]


def _total(rows: Sequence[MarginRow]) -> str:
    margins = {_margin(row).partition(" (")[0] for row in rows}
    at = f"at {min(margins)}" if len(margins) == 1 else "each at its margin"
    margin = f"all tasks {at}:" if len(rows) > 1 else f"{at}:"
    if any(row.requests is None for row in rows):
        return f"{margin} out of reach"
    said = f"{margin} {sum(row.requests or 0 for row in rows):,} requests"
    if all(row.tokens is not None for row in rows):
        said += f", {_tokens(sum(row.tokens or 0 for row in rows))} tokens"
    if all(row.hours is not None for row in rows):
        said += f", {sum(row.hours or 0 for row in rows):,.1f} hours"
    return said


def _whole(count: int | None) -> str:
    return "—" if count is None else f"{count:,}"


def _tokens(count: float | None) -> str:
    if count is None:
        return "—"
    return f"{count / 1e6:,.1f} M" if count >= 1e6 else f"{count:,.0f}"
