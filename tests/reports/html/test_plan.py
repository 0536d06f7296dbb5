"""The page of a plan says what it takes first, then all that it rests on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quantgate.evals.planning.assumptions import assume
from quantgate.evals.planning.plan import make_plan
from quantgate.evals.planning.types import Aim, Ending, Guess, Plan, Sequential
from quantgate.reports.html.plan import plan_html
from tests.reports.hostile import TEXTS
from tests.reports.html.test_gate import Page


def plan(task: str = "gsm8k", margins: tuple[float, ...] = (0.02,), repeats: int = 1) -> Plan:
    assumed = assume(task, 1319, Guess(accuracy=0.95, discordance=0.05, within_variance=0.01), None)
    return make_plan(assumed, Aim(margins, repeats=repeats))


def page(*plans: Plan) -> Page:
    return Page(plan_html(plans, command="quantgate plan", created="2026-11-27T10:00:00+00:00", software={}))


def box(shown: Page) -> str:
    return " ".join(shown.text.split(": 1,319 items")[0].split())


def test_one_margin_is_answered_by_one_number():
    shown = page(plan())
    assert "Plan for gsm8k 1,626 requests" in box(shown)
    assert "813 of 1,319 items once" in box(shown)
    assert "(target: questions)" in box(shown)
    assert shown.headings == ["gsm8k: 1,319 items, power 0.8, alpha 0.05", "Plan it again"]


def test_several_margins_stand_side_by_side_and_one_out_of_reach_says_so():
    told = box(page(plan(margins=(0.005, 0.02))))
    assert "What each margin takes" in told
    assert "out of reach with up to 1 repeats" in told


def test_several_tasks_are_summed():
    told = box(page(plan(), plan("ifeval")))
    assert "What each task takes all tasks at 2: 3,252 requests" in told
    assert "ifeval, margin 2" in told


def test_looks_are_told_beside_the_whole_plan():
    one = plan()
    endings = tuple(
        Ending(loss, 0.77, regressed, 0.1, requests, 1626)
        for loss, regressed, requests in (
            (0.0, 0.0, 1155.0),
            (0.01, 0.1, 1271.0),
            (0.02, 0.3, 1135.0),
            (0.04, 0.65, 895.0),
        )
    )
    early = replace(one, rows=(replace(one.rows[0], sequential=Sequential(((400, 1), (813, 1)), 2000, endings)),))
    shown = page(early)
    assert "1,626 (1,155)" in box(shown)
    text = " ".join(shown.text.split())
    assert "Stopping early: requests on average" in text
    assert "2 looks at most" in text
    assert "half the margin lost" in text


@pytest.mark.parametrize("kind", ["script", "breaks out of attributes", "right to left", "template"])
def test_hostile_names_are_text(kind):
    assert page(plan(TEXTS[kind])).elements == page(plan("x")).elements
