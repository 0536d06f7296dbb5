"""The plots of a decision as files: which there are, and what each is called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from quantgate.evals.decision.comparison import Comparison
from quantgate.evals.decision.types import Verdict
from quantgate.reports.plots import canvas
from quantgate.reports.plots.by_length import draw_by_length
from quantgate.reports.plots.divergence import draw_divergence
from quantgate.reports.plots.flips import draw_flips
from quantgate.reports.plots.forest import comparison_rows, draw_forest, forest_rows
from quantgate.reports.plots.power import draw_power
from quantgate.reports.plots.tradeoff import draw_tradeoff

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def named_figures(decision: Verdict | Comparison) -> Iterator[tuple[str, Figure]]:
    """Each figure with its file name without ending.

    These are `forest`, `flips`, and by task `power`, `by-length`, `tradeoff`, `divergence`.

    Raises
    ------
    UsageError
        When matplotlib is not installed.
    """
    canvas.need_matplotlib("--plots")
    names: set[str] = set()
    if isinstance(decision, Verdict):
        yield "forest", draw_forest(forest_rows(decision.rows))
        if (flips := draw_flips(decision.decided)) is not None:
            yield "flips", flips
        for task in decision.decided:
            if (power := draw_power(task, named=True)) is not None:
                yield _free(f"power-{task.task}", names), power
            if (scores := draw_by_length(task, named=True)) is not None:
                yield _free(f"by-length-{task.task}", names), scores
        return
    yield "forest", draw_forest(comparison_rows(decision))
    for name in decision.rows:
        if (tradeoff := draw_tradeoff(decision, name, named=True)) is not None:
            yield _free(f"tradeoff-{name}", names), tradeoff
        if (divergence := draw_divergence(decision, name, named=True)) is not None:
            yield _free(f"divergence-{name}", names), divergence


def _free(name: str, taken: set[str]) -> str:
    """The name as any file system takes it, told apart from those before."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:60].strip("-.") or "plot"
    found = plain
    number = 2
    while found in taken:
        found, number = f"{plain}-{number}", number + 1
    taken.add(found)
    return found
