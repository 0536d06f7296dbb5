"""The page of the last gates: each with its build and verdict, drawn over time, and nothing of it runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from quantgate.evals.decision.types import ReleaseVerdict
from quantgate.reports.html.history import history_html
from quantgate.reports.words.history import counted, gates
from tests.reports import made
from tests.reports.hostile import TEXTS, with_text
from tests.reports.html.test_gate import Page

pytestmark = pytest.mark.slow


def taken(*decisions):
    return [(Path(f"gate-{place}.json"), decision) for place, decision in enumerate(decisions)]


def page_of(shown, passed_over=()) -> str:
    return history_html(shown, passed_over, title="release/1.2", created="", software={})


def gate(**changes):
    return replace(made.verdict(made.decision()), **changes)


def test_the_last_of_them_are_shown_and_keep_their_numbers():
    shown = gates(taken(*(gate(created=f"2026-11-{day:02}T10:00:00+00:00") for day in range(1, 26))), 20)
    assert [one.number for one in shown] == list(range(6, 26))
    html = page_of(shown)
    assert "2026-11-25 10:00" in html
    assert "2026-11-05" not in html
    # The newest stands first.
    assert html.index("2026-11-25 10:00") < html.index("2026-11-24 10:00")


def test_a_comparison_is_a_gate_for_each_of_its_formats():
    shown = gates(taken(made.comparison(awaited={"late": "its server is not up"})), 20)
    assert [(one.build, one.verdict.value, one.awaited) for one in shown] == [
        ("nvfp4", "pass", 1),
        ("mxfp4", "inconclusive", 1),
        ("int4", "invalid", 1),
    ]


def test_each_task_is_drawn_and_told_with_its_bounds_and_margin():
    html = page_of(gates(taken(gate(), gate(tasks=(made.regressed("gsm8k"),), verdict=ReleaseVerdict.REGRESSED)), 20))
    assert html.count("<svg") == 2 * len({"gsm8k", made.decision().task})
    assert "margin 2" in html
    assert "1 passes, 1 has regressed" in html


def test_how_they_ended_is_counted():
    assert counted(gates(taken(gate(), gate(created="x")), 20)) == "2 gates: 2 pass."


def test_what_was_passed_over_is_named():
    assert "gate-torn.json: cannot be read" in page_of(gates(taken(gate()), 20), ["gate-torn.json: cannot be read"])


@pytest.mark.parametrize("name", TEXTS)
def test_hostile_text_is_text(name):
    def written(text: str) -> str:
        decisions = [with_text(decision, text) for decision in (gate(), made.comparison())]
        return page_of(gates(taken(*decisions), 20), [text])

    html = written(TEXTS[name])
    assert Page(html).elements == Page(written("plain")).elements
    assert "\x1b" not in html
