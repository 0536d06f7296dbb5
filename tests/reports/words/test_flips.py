"""Flipped items in words."""

from __future__ import annotations

import shlex

import pytest

from quantgate.evals.contract.records import Status
from quantgate.evals.decision.described import FlipAnswer, FlipAnswers
from quantgate.evals.decision.types import ReleaseVerdict
from quantgate.reports.words.flipped import flipped
from quantgate.reports.words.flips import ended, flipped_tasks, in_natural_order, sentence, turned, worst_first
from tests.reports import made


@pytest.mark.parametrize(
    ("answers", "told", "how"),
    [
        (made.answers("175", "176"), "175 -> 176", "ok"),
        (made.answers("175", None, Status.TRUNCATED), "175 -> no result", "ok -> cut"),
        (made.answers("175", None, Status.EMPTY), "175 -> empty", "ok -> empty"),
        (made.answers("", None, Status.REFUSED), '"" -> refused', "ok -> refused"),
        (FlipAnswers(FlipAnswer(Status.OK, "B"), None), "B -> missing", "ok -> missing"),
        (FlipAnswers(FlipAnswer(Status.OK, None, withheld=True), FlipAnswer(Status.OK, "B")), "(not shown) -> B", "ok"),
        (None, "—", "—"),
    ],
)
def test_it_says_what_both_builds_said_or_why_nothing_was_read(answers, told, how):
    flip = made.flip(1, answers=answers)
    assert (turned(flip), ended(flip)) == (told, how)


def test_a_sentence_names_item_both_results_and_the_right_one():
    flip = made.flip(1, item="12", answers=made.answers("175", None, Status.TRUNCATED), reference="175")
    assert sentence(flip) == "12 lost: 175 in the baseline, no result in the candidate; right is 175 (ok -> cut)"


def test_a_sentence_tells_the_scores_where_not_every_repeat_has_turned():
    flip = made.flip(1, item="12", baseline=0.9375, candidate=0.5, answers=made.answers("7", "2"), reference="7")
    assert sentence(flip) == "12 lost, 0.94 -> 0.5: 7 in the baseline, 2 in the candidate; right is 7"


def test_hostile_text_is_one_short_line():
    flip = made.flip(
        1, answers=made.answers("\x1b[31m\u202ea\nb" + "x" * 98_000, "::error::no"), reference="::error::no"
    )
    assert sentence(flip).isprintable()
    assert len(sentence(flip)) < 300


def test_losses_come_first_in_natural_order_and_the_largest_first_where_few_are_shown():
    items = [("100", 1.0, 0.9), ("1091", 1.0, 0.0), ("11", 1.0, 0.0), ("9", 0.0, 1.0)]
    flips = [made.flip(1, item=item, baseline=ours, candidate=theirs) for item, ours, theirs in items]
    assert [flip.item_id for flip in in_natural_order(flips)] == ["11", "100", "1091", "9"]
    assert [flip.item_id for flip in worst_first(flips)] == ["11", "1091", "100", "9"]


def test_the_command_shows_these_items_whatever_they_are_called():
    task = made.regressed(flips=(made.flip(1, item="a b/c"), made.flip(2, item="-5")))
    (told,) = flipped_tasks([task], ReleaseVerdict.REGRESSED, ("runs/my fp8", "runs/mxfp4"))
    command = told.diff_command(task.flips)
    assert command is not None
    assert shlex.split(command) == ["quantgate", "diff", "runs/my fp8", "runs/mxfp4", "--", "a b/c", "-5"]


def test_among_several_tasks_an_item_is_named_with_its_own():
    tasks = [made.decision(), made.regressed()]
    told = flipped_tasks(tasks, ReleaseVerdict.REGRESSED, ("a", "b"))[0]
    assert told.diff_command(told.task.flips[:1]) == "quantgate diff a b mmlu_pro/item-0"


def test_an_item_that_nobody_could_type_is_left_out_of_the_command():
    task = made.regressed(flips=tuple(made.flip(1, item=item) for item in ("1\n2", "##[error]x", "3", "\x1b[1m")))
    (told,) = flipped_tasks([task], ReleaseVerdict.REGRESSED, ("a", "b"))
    assert told.diff_command(task.flips) == "quantgate diff a b 3"


@pytest.mark.parametrize("folders", [("", ""), ("a\x1b[1m", "b")])
def test_no_command_is_told_that_could_not_be_given(folders):
    task = made.regressed()
    (told,) = flipped_tasks([task], ReleaseVerdict.REGRESSED, folders)
    assert told.diff_command(task.flips) is None


def test_what_a_regression_rests_on_comes_first_and_nothing_fell_where_none_is():
    tasks = (made.decision(), made.regressed())
    told = flipped(made.verdict(*tasks, release=ReleaseVerdict.REGRESSED))
    assert [(one.task.task, one.fell) for one in told] == [("mmlu_pro", True), ("gsm8k", False)]
    assert not any(one.fell for one in flipped(made.verdict(*tasks, release=ReleaseVerdict.INCONCLUSIVE)))
