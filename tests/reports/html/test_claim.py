"""The page of a claim says the judgement first, shows every number as text, and looks like a gate's page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quantgate.evals.claims.judging import judge_claims
from quantgate.evals.claims.reading import claim_of_options
from quantgate.evals.claims.types import ClaimVerdict
from quantgate.reports.html.claim import claim_html
from tests.reports.hostile import TEXTS
from tests.reports.html.test_gate import Page


def judged(*accuracies: tuple[str, str]) -> ClaimVerdict:
    return judge_claims(
        [
            claim_of_options({"task": f"t{place}", "n": 200, "baseline": ours, "candidate": theirs, "margin": 0.02})
            for place, (ours, theirs) in enumerate(accuracies)
        ]
    )


def page(verdict: ClaimVerdict) -> Page:
    html = claim_html(verdict, command="quantgate claim", created="2026-11-27T10:00:00+00:00", software={})
    return Page(html)


def test_the_box_names_what_decided_and_the_table_has_every_claim():
    shown = page(judged(("0.965", "0.955"), ("0.965", "0.800")))
    text = " ".join(shown.text.split())
    box = text[: text.index("Differences")]
    assert "Published accuracies on t0 and t1" in box
    assert "✗ regressed t1: regressed. Whichever items flipped" in box
    assert "0.965 → 0.800 -16.50 points" in box
    assert "Verdict: regressed (exit code 1), by the printed numbers alone" in box
    assert "t0: not shown." in text
    assert "193 and 191 right of 200" in text
    assert shown.headings == ["Differences", "Claims", "What decided", "Decide it again"]


def test_numbers_that_cannot_be_are_told_and_not_drawn():
    shown = page(judged(("0.965", "95.5")))
    assert "! invalid" in " ".join(shown.text.split())
    assert "Differences" not in shown.headings


@pytest.mark.parametrize("kind", ["script", "breaks out of attributes", "right to left", "template"])
def test_hostile_text_is_text(kind):
    plain = judged(("0.965", "0.955"))
    named, hostile = (
        replace(plain, tasks=tuple(replace(task, task=text, notes=(text,)) for task in plain.tasks))
        for text in ("x", TEXTS[kind])
    )
    assert page(hostile).elements == page(named).elements
