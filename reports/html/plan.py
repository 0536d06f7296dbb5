"""A plan as one HTML file: what each margin takes, with looks and without, and what it all rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quantgate.evals.planning.types import MarginRow, Plan
from quantgate.reports.html.charts import Chart, plot_entries
from quantgate.reports.html.page import PlotEntry, render
from quantgate.reports.plots import canvas
from quantgate.reports.plots.requests import draw_requests
from quantgate.reports.words.numbers import NONE
from quantgate.reports.words.plan import (
    asked,
    fresh_text,
    margin_text,
    plan_sentences,
    plan_table,
    plan_title,
    totals,
    whole,
)
from quantgate.reports.words.plan_looks import LOOKS_COLUMNS, looks_cells
from quantgate.reports.words.titles import on_tasks


@dataclass(frozen=True, slots=True)
class _Fact:
    """A row of the box."""

    name: str
    asked: str
    requests: str
    power: str


@dataclass(frozen=True, slots=True)
class _Task:
    """What stands of one task."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    looks: Sequence[Sequence[str]]
    sentences: Sequence[str]
    plot: PlotEntry | None


def plan_html(plans: Sequence[Plan], *, command: str, created: str, software: Mapping[str, str]) -> str:
    """The page of the plans of one or several tasks.

    Raises
    ------
    UsageError
        When matplotlib, which draws the plots, is not installed.
    """
    canvas.need_matplotlib("--html")
    several = len(plans) > 1
    rows = [(plan, row) for plan in plans for row in plan.rows]
    return render(
        "plan.html.j2",
        title=f"Plan{on_tasks([plan.assumptions.task for plan in plans], 'for')}",
        word=_word(plans),
        several=several,
        totals=totals(plans),
        facts=[_fact(plan, row, several) for plan, row in rows],
        about=_about(plans),
        tasks=[_task(plan, f"requests{number}x") for number, plan in enumerate(plans)],
        looks_columns=LOOKS_COLUMNS,
        command=command,
        created=created,
        software=software,
    )


def _word(plans: Sequence[Plan]) -> str:
    """The one number where there is one; else that it depends on the margin, or on the task."""
    if len(plans) == 1 and len(plans[0].rows) == 1:
        (row,) = plans[0].rows
        return "Out of reach" if row.requests is None else f"{row.requests:,} requests"
    return "What each task takes" if len(plans) > 1 else "What each margin takes"


def _about(plans: Sequence[Plan]) -> str:
    aim = plans[0].aim
    early = any(row.sequential is not None for plan in plans for row in plan.rows)
    return (
        f"Requests of both builds together; for a power of {aim.power:.0%} at a one-sided alpha of {aim.alpha:g}"
        + (f" if {100 * aim.true_loss:g} points are truly lost" if aim.true_loss else "")
        + f". Margins in points. Verdicts are to hold for {_TARGETS[aim.target.value]} (target: {aim.target})."
        + (" In brackets: on average where a check stops early and nothing is lost." if early else "")
    )


_TARGETS = {"questions": "questions like these", "benchmark": "these very questions"}


def _fact(plan: Plan, row: MarginRow, several: bool) -> _Fact:
    margin = margin_text(row) if row.recovery is not None else f"margin {margin_text(row)}"
    early = row.sequential
    requests = whole(row.requests) + (f" ({early.endings[0].requests:,.0f})" if early is not None else "")
    return _Fact(
        f"{plan.assumptions.task}, {margin}" if several else margin,
        asked(plan, row) + (f", or {fresh_text(row.fresh)}" if row.fresh is not None else ""),
        requests,
        NONE if row.power is None else f"{row.power:.1%}",
    )


def _task(plan: Plan, name: str) -> _Task:
    columns, rows = plan_table(plan)
    early = any(row.sequential is not None for row in plan.rows)
    looks = [looks_cells(row) for row in plan.rows] if early else []
    caption = "Requests of both builds: the whole plan" + (
        ", and on average where a check stops early, by what the candidate has truly lost." if early else "."
    )
    drawn = plot_entries(name, [Chart(plan.assumptions.task, caption, lambda width: draw_requests(plan, width=width))])
    return _Task(plan_title(plan), columns, rows, looks, plan_sentences(plan), drawn[0] if drawn else None)
