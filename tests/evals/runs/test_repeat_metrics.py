"""Majority votes, pass@k and pass^k of one run."""

from __future__ import annotations

import pytest

from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.runs.repeat_metrics import majority_scores, repeat_metrics
from tests.evals.made_runs import by_columns


def answer(item: str, repeat: int, extracted: str | None, score: float, vote: str | None = None) -> Sample:
    return Sample("t", item, repeat, "h", Status.OK, score, extracted=extracted, vote=vote)


def item(*results: tuple[str | None, float]) -> list[Sample]:
    return [answer("1", repeat, extracted, score) for repeat, (extracted, score) in enumerate(results)]


def majority_score(answers: list[Sample]) -> float:
    """The score of the majority's result, of the answers to one item."""
    (score,) = majority_scores(by_columns(answers))
    return float(score)


def test_the_majoritys_result_is_scored():
    assert majority_score(item(("5", 1.0), ("7", 0.0), ("5", 1.0))) == 1.0
    assert majority_score(item(("5", 1.0), ("7", 0.0), ("7", 0.0))) == 0.0


def test_a_plurality_is_enough():
    assert majority_score(item(("5", 1.0), ("5", 1.0), ("7", 0.0), ("8", 0.0), ("9", 0.0))) == 1.0


def test_a_tie_scores_what_a_toss_would():
    assert majority_score(item(("5", 1.0), ("7", 0.0))) == 0.5


def test_answers_without_a_result_have_no_vote():
    assert majority_score(item((None, 0.0), (None, 0.0), ("5", 1.0))) == 1.0
    assert majority_score(item((None, 0.0))) == 0.0


def test_shuffled_choices_are_counted_by_what_they_stand_for():
    answers = [
        answer("1", 0, "A", 1.0, "right"),
        answer("1", 1, "B", 1.0, "right"),
        answer("1", 2, "A", 0.0, "wrong 1"),
    ]
    assert majority_score(answers) == 1.0


def test_metrics_are_means_over_the_items_with_all_their_answers():
    samples = [
        *(answer("1", repeat, "5", 1.0) for repeat in range(2)),
        answer("2", 0, "5", 1.0),
        answer("2", 1, "6", 0.0),
        answer("3", 0, "5", 1.0),
    ]
    found = repeat_metrics(by_columns(samples), 2)
    assert found is not None
    assert (found.items, found.pass_at_k, found.pass_hat_k) == (2, 1.0, 0.5)
    assert found.majority == pytest.approx(0.75)


def test_single_answers_have_no_such_metrics():
    assert repeat_metrics(by_columns([answer("1", 0, "5", 1.0)]), 1) is None
    assert repeat_metrics(by_columns([]), 4) is None
