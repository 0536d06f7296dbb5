"""What a plan takes where it may stop early, on the terminal: one row a margin, beside the fixed design."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from quantgate.evals.planning.types import MarginRow, Plan

_COLUMNS = ("margin", "fixed", "without loss", "half the margin", "the margin", "twice", "passes", "regressed at twice")


_COSTLY = 0.05


def looks_table(plan: Plan) -> Table:
    """Mean requests of both builds at each true loss, and how often a build without one passes."""
    table = Table(
        title=Text("stopping early: requests on average, by what the candidate has truly lost"),
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for column in _COLUMNS:
        table.add_column(column, justify="right", overflow="fold")
    for row in plan.rows:
        table.add_row(_margin(row), *_cells(row))
    return table


def looks_sentences(plan: Plan) -> list[str]:
    """What the table rests on; nothing where there is none."""
    found = [row.sequential for row in plan.rows if row.sequential is not None]
    if not found:
        return []
    fewest = min(one.simulations for one in found)
    most = max(len(one.looks) for one in found)
    return [
        f"stopping early: {most} looks at most, bets on a regression between them, hopeless ones given up; by "
        f"simulation, {fewest:,} checks or more of each kind; nine in ten need at most "
        + ", ".join(
            f"{row.sequential.endings[0].most_requests:,.0f} at {_margin(row)}" for row in plan.rows if row.sequential
        )
        + " where nothing is lost",
        *(["stopping early passes less often than the plan: some more items make up for it"] if _costly(plan) else []),
    ]


def _costly(plan: Plan) -> bool:
    """Whether looks cost some row five points of power or more."""
    return any(row.sequential.endings[0].passed < (row.power or 0.0) - _COSTLY for row in plan.rows if row.sequential)


def _margin(row: MarginRow) -> str:
    return f"{row.margin * 100:g}" if row.recovery is None else f"{row.recovery * 100:g}% recovery"


def _cells(row: MarginRow) -> list[str]:
    found = row.sequential
    if found is None:
        return ["—" if row.requests is None else f"{row.requests:,}", *["—"] * (len(_COLUMNS) - 2)]
    requests = [f"{ending.requests:,.0f}" for ending in found.endings]
    beyond = ["—"] * (len(_COLUMNS) - 4 - len(requests))
    twice = "—" if beyond else f"{found.endings[-1].regressed:.0%}"
    return [f"{row.requests:,}", *requests, *beyond, f"{found.endings[0].passed:.1%}", twice]
