"""Flipped items on a page: in natural order, both answers side by side, the place where they part marked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quantgate.evals.decision.described import Flip, FlipTexts
from quantgate.evals.decision.types import ReleaseVerdict, Verdict
from quantgate.reports.html.flipped import FlipList, Side, flip_lists
from quantgate.reports.html.gate import gate_html
from quantgate.reports.words.flipped import flipped
from tests.reports import made


def verdict(*flips: Flip) -> Verdict:
    told = made.verdict(made.regressed(flips=flips), release=ReleaseVerdict.REGRESSED)
    return replace(told, folders={"baseline": "runs/fp8", "candidate": "runs/mxfp4"})


def listed(*flips: Flip) -> FlipList:
    (found,) = flip_lists(flipped(verdict(*flips)))
    return found


def test_losses_come_first_and_both_stand_in_natural_order():
    items = [made.flip(1 if lost else 3, item=item) for item, lost in (("100", 1), ("2", 0), ("1091", 1), ("11", 1))]
    assert [row.item for row in listed(*items).flips] == ["11", "100", "1091", "2"]


def test_a_row_says_both_results_the_right_one_and_how_the_answers_ended():
    (row,) = listed(made.flip(1, item="12", answers=made.answers("175", "176"), reference="175")).flips
    told = (row.item, row.turn, row.turned, row.right, row.ended, row.score)
    assert told == ("12", "▼ lost", "175 -> 176", "175", "ok", "1 -> 0")


@pytest.mark.parametrize(
    ("ours", "theirs", "sides"),
    [
        ("it is 5.", "it is 6.", (Side("baseline", "it is ", "5", "."), Side("candidate", "it is ", "6", "."))),
        ("it is", "it is 6", (Side("baseline", "it is", "", ""), Side("candidate", "it is", " ", "6"))),
        ("same", "same", (Side("baseline", "same"), Side("candidate", "same"))),
        (None, "it is 6", (Side("baseline", None), Side("candidate", "it is 6"))),
        (None, None, ()),
    ],
)
def test_the_sides_part_at_the_first_word_that_differs(ours, theirs, sides):
    (row,) = listed(made.flip(1, texts=FlipTexts(ours, theirs))).flips
    assert row.sides == sides


def test_the_page_shows_question_and_answers_with_the_place_marked_and_the_command():
    html = gate_html(verdict(made.flip(1, texts=FlipTexts("a\n<5>", "a\n<6>", "How <many>?"))))
    assert '<pre class="question">How &lt;many&gt;?</pre>' in html
    assert "<h4>baseline</h4><pre>a\n&lt;<mark>5</mark>&gt;</pre>" in html
    assert "<h4>candidate</h4><pre>a\n&lt;<mark>6</mark>&gt;</pre>" in html
    assert "<code>quantgate diff runs/fp8 runs/mxfp4 ITEM</code>" in html


def test_where_one_ends_sooner_that_is_said():
    html = gate_html(verdict(made.flip(1, texts=FlipTexts("a", "a b"))))
    assert "<pre>a<mark>(ends here)</mark></pre>" in html
    assert "<pre>a<mark>␣</mark> b</pre>" in html


def test_a_few_items_stand_there_and_many_wait_for_a_click():
    assert listed(made.flip(1)).open
    assert not listed(*(made.flip(number) for number in range(201))).open
