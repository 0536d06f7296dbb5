"""How the width of the bounds goes with repeats and items."""

from __future__ import annotations

import math

import pytest

from quantgate.evals.decision.described import SettlingPoint
from quantgate.evals.decision.settling import settling_curve


def test_repeats_narrow_the_noise_of_re_runs_and_nothing_else():
    here = SettlingPoint(198, 4, 0.03)
    found = settling_curve(here, room=0.02, components=(0.01, 0.08))
    assert found.over == "repeats"
    widths = {point.repeats: point.half_width for point in found.curve}
    assert widths[4] == pytest.approx(0.03)
    assert widths[16] == pytest.approx(0.03 * math.sqrt((0.01 + 0.08 / 16) / (0.01 + 0.08 / 4)))
    assert found.settles is not None
    assert found.settles.half_width < 0.02
    assert 0.03 * math.sqrt((0.01 + 0.08 / (found.settles.repeats - 1)) / 0.03) >= 0.02


def test_where_items_differ_too_much_no_number_of_repeats_settles():
    assert settling_curve(SettlingPoint(198, 4, 0.03), 0.01, (0.02, 0.01)).settles is None


def test_with_one_answer_each_the_curve_goes_over_items():
    found = settling_curve(SettlingPoint(400, 1, 0.03), room=0.015, components=None)
    assert found.over == "items"
    assert found.settles == SettlingPoint(1601, 1, pytest.approx(0.015, rel=1e-3))
    assert {point.items for point in found.curve} >= {100, 400, 1601}


def test_an_exact_number_of_items_wins_over_the_scaled_one():
    found = settling_curve(SettlingPoint(400, 1, 0.03), 0.015, None, needed_items=1900)
    assert found.settles is not None
    assert found.settles.items == 1900


@pytest.mark.parametrize("components", [None, (0.01, 0.02)])
def test_a_loss_at_the_margin_is_settled_by_nothing(components):
    assert settling_curve(SettlingPoint(400, 2, 0.03), -0.001, components).settles is None


def test_builds_that_always_answer_alike_have_no_variance_to_scale_by():
    found = settling_curve(SettlingPoint(100, 4, 0.03), 0.02, (0.0, 0.0))
    assert {point.half_width for point in found.curve} == {0.03}


def test_no_number_of_repeats_gets_below_the_floor_that_the_items_set():
    here = SettlingPoint(30, 4, 0.12)
    assert settling_curve(here, 0.06, (0.0, 0.08)).settles is not None
    found = settling_curve(here, 0.06, (0.0, 0.08), floor=0.095)
    assert found.settles is None
    assert all(point.half_width > 0.095 for point in found.curve)
    assert {point.repeats: point.half_width for point in found.curve}[4] == pytest.approx(0.12)
