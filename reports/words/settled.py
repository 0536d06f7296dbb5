"""What items and repeats settle, in words: of a suite, and of a release before it is asked."""

from __future__ import annotations

from collections.abc import Sequence

from quantgate.evals.planning.types import Settled
from quantgate.evals.settings.suite import SuitePolicy
from quantgate.evals.text import one_line
from quantgate.reports.words.numbers import margin_cell


def points(margin: float | None) -> str:
    """A margin that is settled, in points."""
    return "no margin up to 50 points" if margin is None else f"{100 * margin:.1f} points"


def mean_text(suite: SuitePolicy, settled: Settled) -> str:
    """The mean that decides: over which tasks, with their weights where these are unlike, and at which margin."""
    shares = suite.shares
    alike = len(set(shares.values())) == 1
    named = ", ".join(shares) if alike else ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    margin = " ".join(margin_cell(suite.margin).split())
    said = f"of {named}: margin {margin}"
    # Where a task's size is not known, so is not what the mean settles.
    return f"{said}; settles {points(settled.mean)}" if shares.keys() <= settled.tasks.keys() else said


def requests_text(requests: Sequence[int], others: Sequence[str]) -> str:
    """What each build is asked."""
    more = f", and those of {', '.join(others)}" if others else ""
    return f"{sum(requests):,} of each build{more}"


def settled_lines(settled: Settled, suite: SuitePolicy | None) -> list[str]:
    """What a release settles as it is to be asked."""
    each = ", ".join(f"{one_line(name, 60)} {points(margin)}" for name, margin in settled.tasks.items())
    lines = [f"settled with 80% power where nothing was lost, as plan assumes flips: {each}"] if each else []
    return [*lines, f"the mean {mean_text(suite, settled)}"] if suite is not None else lines
