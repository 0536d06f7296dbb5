"""The requests plot of a plan: whatever the numbers, they stand inside the picture."""

from __future__ import annotations

from dataclasses import replace

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from quantgate.evals.planning.assumptions import assume
from quantgate.evals.planning.plan import make_plan
from quantgate.evals.planning.types import Aim, Guess
from quantgate.reports.plots.requests import draw_requests


@pytest.mark.parametrize("requests", [98, 9_900, 1_640_000])
def test_every_number_stands_inside_the_picture(requests):
    plan = make_plan(assume("gsm8k", 1319, Guess(accuracy=0.95, discordance=0.05), None), Aim((0.02,), repeats=1))
    figure = draw_requests(replace(plan, rows=(replace(plan.rows[0], requests=requests),)))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    (axes,) = figure.axes
    end = axes.get_xlim()[1]
    numbers = [label for place, label in zip(axes.get_xticks(), axes.get_xticklabels(), strict=True) if place <= end]
    shown = [text.get_window_extent(canvas.get_renderer()) for text in (*numbers, *axes.texts)]
    assert max(box.x1 for box in shown) <= figure.bbox.x1
