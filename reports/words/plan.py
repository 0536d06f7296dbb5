"""A plan in words: the cells of a margin's row, and what they rest on."""

from __future__ import annotations

from collections.abc import Sequence

from quantgate.evals.planning.types import MOST_ITEMS, FreshItems, MarginRow, Plan
from quantgate.evals.settings.requirements import Target
from quantgate.evals.text import one_line
from quantgate.reports.words.numbers import NONE
from quantgate.reports.words.plan_looks import looks_sentences


def plan_title(plan: Plan) -> str:
    """`gsm8k: 1,319 items, power 0.8, alpha 0.05`."""
    assumed, aim = plan.assumptions, plan.aim
    items = "as many items as are asked for" if assumed.fresh else f"{assumed.items:,} items"
    return f"{one_line(assumed.task, 80)}: {items}, power {aim.task_power:.3g}, alpha {aim.alpha:g}"


def plan_table(plan: Plan) -> tuple[list[str], list[list[str]]]:
    """The headings and the cells of a row for each margin; tokens and hours where they are known."""
    each: list[MarginRow | FreshItems] = [*plan.rows, *(row.fresh for row in plan.rows if row.fresh is not None)]
    losses = sorted({at.loss for row in each for at in row.at_losses})
    extra = [name for name in ("tokens", "hours") if any(getattr(row, name) is not None for row in each)]
    names = ["margin", "items for one\nanswer each", "power\nnow", "plan", "power", *map(loss_text, losses), "requests"]
    rows = []
    for row in plan.rows:
        now = NONE if plan.assumptions.fresh else f"{row.power_now:.1%}"
        rows.append([margin_text(row), needed(plan, row), now, asked(plan, row), *_figures(row, losses, extra)])
        if row.fresh is not None:
            shown = f"or {fresh_text(row.fresh)}"
            rows.append([margin_text(row), f"{row.fresh.items:,}", NONE, shown, *_figures(row.fresh, losses, extra)])
    return [*names, *extra], rows


def _figures(row: MarginRow | FreshItems, losses: Sequence[float], extra: Sequence[str]) -> list[str]:
    """The cells of a row from its power on."""
    known = {at.loss: at.power for at in row.at_losses}
    lossy = [f"{known[loss]:.0%}" if loss in known else NONE for loss in losses]
    figures = {"tokens": tokens_text(row.tokens), "hours": NONE if row.hours is None else f"{row.hours:,.1f}"}
    power = NONE if row.power is None else f"{row.power:.1%}"
    return [power, *lossy, whole(row.requests), *(figures[name] for name in extra)]


def fresh_text(fresh: FreshItems) -> str:
    """What is to be asked of a task without end: `gsm_symbolic, 3,138 items`."""
    return f"{one_line(fresh.task, 80)}, {fresh.items:,} items"


def totals(plans: Sequence[Plan]) -> list[str]:
    """What several tasks take together, margin by margin, and what their suite takes; nothing for a single task."""
    tasks = [plan for plan in plans if not plan.assumptions.parts]
    lines = [total(row) for row in zip(*(plan.rows for plan in tasks), strict=True)] if len(tasks) > 1 else []
    suites = (plan for plan in plans if plan.assumptions.parts)
    return [*lines, *(f"{suite.assumptions.task} {total([one])}" for suite in suites for one in suite.rows)]


def margin_text(row: MarginRow) -> str:
    """The margin in points; of a recovery, what it is and comes to."""
    if row.recovery is None:
        return f"{row.margin * 100:g}"
    return f"{row.recovery * 100:g}% recovery ({row.margin * 100:.3g})"


def loss_text(loss: float) -> str:
    """A true loss as a column's heading."""
    return f"at -{loss * 100:g}" if loss else "at 0"


def needed(plan: Plan, row: MarginRow) -> str:
    """How many items one answer each would take."""
    if plan.aim.target is Target.BENCHMARK or plan.aim.baseline_repeats is not None:
        return NONE
    return f"over {MOST_ITEMS:,}" if row.items_needed is None else f"{row.items_needed:,}"


def asked(plan: Plan, row: MarginRow) -> str:
    """What is to be asked."""
    if row.ask is None or row.repeats is None:
        return f"out of reach with up to {plan.aim.repeats} repeats"
    if row.baseline_repeats is not None:
        return f"all {row.ask:,} items × {row.baseline_repeats}/{row.repeats} repeats"
    if row.repeats == 1 and plan.assumptions.fresh:
        return f"{row.ask:,} items once"
    if row.repeats == 1:
        return f"{row.ask:,} of {plan.assumptions.items:,} items once"
    return f"all {row.ask:,} items × {row.repeats} repeats"


def plan_sentences(plan: Plan) -> list[str]:
    """What the table means and rests on."""
    assumed, aim = plan.assumptions, plan.aim
    build = "an equal build" if not aim.true_loss else f"a build that has lost {aim.true_loss * 100:g} points"
    once = (
        "once"
        if aim.baseline_repeats is None
        else f"{aim.baseline_repeats} times of the baseline and once of the candidate"
    )
    lines = [
        "margins in points; requests of both builds; "
        + (
            "the items are made, as many as `--limit` says; "
            if assumed.fresh
            else f'"power now": how often {build} passes when all {assumed.items:,} items are asked {once}; '
        )
        + f"{assumed.discordance:.2%} of the items flip"
    ]
    if any(row.at_losses for row in plan.rows):
        lines.append("at 0, -0.5, ...: how often the plan passes a build that has really lost so many points")
    if plan.settles is not None:
        lines.append(
            f"{assumed.items:,} items asked {aim.repeats} times settle a margin of {plan.settles * 100:g} points at "
            "best for questions like these: repeats narrow the noise of re-runs only, not that of so few questions; "
            "--target benchmark plans for these very questions"
        )
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
    if (fresh := next((row.fresh for row in plan.rows if row.fresh is not None), None)) is not None:
        lines.append(
            f"or {fresh.task}: it makes as many items as are wanted (`quantgate run --task {fresh.task} --limit N`); "
            f"of them {fresh.discordance:.2%} are taken to flip; the verdict is one on its questions"
        )
    if not assumed.fresh and any(row.ask is not None and row.ask < assumed.items for row in plan.rows):
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


def total(rows: Sequence[MarginRow]) -> str:
    """What all tasks take together at one margin, or each at its own."""
    margins = {margin_text(row).partition(" (")[0] for row in rows}
    at = f"at {min(margins)}" if len(margins) == 1 else "each at its margin"
    margin = f"all tasks {at}:" if len(rows) > 1 else f"{at}:"
    if any(row.requests is None for row in rows):
        return f"{margin} out of reach"
    said = f"{margin} {sum(row.requests or 0 for row in rows):,} requests"
    if all(row.tokens is not None for row in rows):
        said += f", {tokens_text(sum(row.tokens or 0 for row in rows))} tokens"
    if all(row.hours is not None for row in rows):
        said += f", {sum(row.hours or 0 for row in rows):,.1f} hours"
    return said


def whole(count: int | None) -> str:
    """A count."""
    return NONE if count is None else f"{count:,}"


def tokens_text(count: float | None) -> str:
    """Tokens, in millions where they are many."""
    if count is None:
        return NONE
    return f"{count / 1e6:,.1f} M" if count >= 1e6 else f"{count:,.0f}"
