"""What a release is about to take is shown whole on any terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from quantgate.evals.planning.forecast import TaskForecast
from quantgate.evals.settings.margin import Margin
from quantgate.reports.terminal.forecast import print_forecast


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_figure_is_cut_on_any_terminal(width):
    out = io.StringIO()
    forecast = TaskForecast("gpqa_diamond", Margin(points=0.03), 1319, 16, [(1319, 16)] * 8, [], 0.5)
    print_forecast(Console(file=out, width=width, color_system=None), "mxfp4 against fp8", [forecast])
    assert "1,319" in out.getvalue()
    assert "…" not in out.getvalue()
