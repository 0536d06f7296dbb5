"""What a plan takes where it may stop early, in words."""

from __future__ import annotations

from quantgate.evals.planning.types import MarginRow, Plan
from quantgate.reports.words.numbers import NONE

LOOKS_COLUMNS = (
    *("margin", "fixed", "without\nloss", "half the\nmargin", "the\nmargin", "twice", "passes", "regressed\nat twice"),
)
"""What the cells of `looks_cells` are; a name is parted where it may be on a terminal."""

_COSTLY = 0.05


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
            f"{row.sequential.endings[0].most_requests:,.0f} at {looks_margin(row)}"
            for row in plan.rows
            if row.sequential
        )
        + " where nothing is lost",
        *(["stopping early passes less often than the plan: some more items make up for it"] if _costly(plan) else []),
    ]


def _costly(plan: Plan) -> bool:
    """Whether looks cost some row five points of power or more."""
    return any(row.sequential.endings[0].passed < (row.power or 0.0) - _COSTLY for row in plan.rows if row.sequential)


def looks_margin(row: MarginRow) -> str:
    """The margin, in points or of a recovery."""
    return f"{row.margin * 100:g}" if row.recovery is None else f"{row.recovery * 100:g}% recovery"


def looks_cells(row: MarginRow) -> list[str]:
    """The margin, requests without looks, those at each true loss, and how often checks pass and regress."""
    found, margin = row.sequential, looks_margin(row)
    if found is None:
        return [margin, NONE if row.requests is None else f"{row.requests:,}", *[NONE] * (len(LOOKS_COLUMNS) - 2)]
    requests = [f"{ending.requests:,.0f}" for ending in found.endings]
    beyond = [NONE] * (len(LOOKS_COLUMNS) - 4 - len(requests))
    twice = NONE if beyond else f"{found.endings[-1].regressed:.0%}"
    return [margin, f"{row.requests:,}", *requests, *beyond, f"{found.endings[0].passed:.1%}", twice]
