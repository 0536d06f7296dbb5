"""Scores by length of context, each build's with its own bounds."""

import numpy as np

from quantgate.evals.decision.by_length import length_figures, length_of
from quantgate.evals.pairing.item_scores import Answers, scores_of
from quantgate.evals.stats.bounds import paired_bounds


def scores(parts, candidate, clusters=None):
    count = len(parts)
    answers = Answers(np.ones((count, 1)), np.array(candidate, dtype=float).reshape(count, 1))
    items = [str(place) for place in range(count)]
    return scores_of(answers, items, strata=parts, clusters=clusters or [None] * count, strata_weigh=False)


def test_kinds_of_one_length_are_taken_together_shortest_first():
    found = length_figures(scores(["016k a", "000.5k a", "016k b", "000.5k b"], [0, 1, 1, 1]), 0.05)
    assert [(row.length, row.items, row.baseline.score, row.candidate.score) for row in found] == [
        (512, 2, 1.0, 1.0),
        (16_384, 2, 1.0, 0.5),
    ]


def test_bounds_are_those_of_a_mean_from_0_to_1_over_clusters():
    right = [1, 0, 1, 1, 0, 1, 1, 1]
    clusters = ["a", "a", "b", "b", "c", "c", "d", "d"]
    (row,) = length_figures(scores(["004k x", "004k y"] * 4, right, clusters), 0.05)
    means = 2 * np.array(right).reshape(4, 2).mean(axis=1) - 1
    wanted = paired_bounds(means, alpha=0.05, method="bayesian")
    assert np.isclose(row.candidate.lower, (wanted.lower + 1) / 2)
    assert np.isclose(row.candidate.upper, (wanted.upper + 1) / 2)
    assert 0 < row.candidate.lower < 0.75 < row.candidate.upper <= 1
    assert row.baseline.upper == 1


def test_a_missing_answer_widens_the_bounds_to_both_sides():
    whole = length_figures(scores(["004k x"] * 8, [1, 0, 1, 1, 0, 1, 1, 0]), 0.05)[0].candidate
    lacks = length_figures(scores(["004k x"] * 8, [1, 0, 1, 1, 0, 1, 1, np.nan]), 0.05)[0].candidate
    assert (lacks.lower, lacks.upper > whole.upper) == (whole.lower, True)


def test_strata_that_say_no_length_have_none():
    assert length_figures(scores(["airline", "retail"], [1, 1]), 0.05) == ()
    assert length_figures(scores(["004k x", "retail"], [1, 1]), 0.05) == ()
    assert length_of("4k") is None
