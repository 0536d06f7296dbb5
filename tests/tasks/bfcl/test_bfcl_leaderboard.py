"""The leaderboard's figures are those that bfcl_eval 2026.3.23 writes for the same accuracies (`data_overall.csv`)."""

import pytest

from quantgate.tasks.bfcl.leaderboard import leaderboard

ACCURACY = {
    "simple_python": 0.885,
    "simple_java": 0.8,
    "simple_javascript": 0.9,
    "multiple": 0.925,
    "parallel": 0.875,
    "parallel_multiple": 0.9,
    "irrelevance": 0.9125,
    "live_simple": 230 / 258,
    "live_multiple": 959 / 1053,
    "live_parallel": 0.8125,
    "live_parallel_multiple": 0.875,
    "live_irrelevance": 758 / 884,
    "live_relevance": 0.8125,
}
OF_BFCL_EVAL = {"non_live": "89.04%", "live": "90.53%", "irrelevance": "88.50%", "relevance": "81.25%"}
OVERALL = "26.81%"


def test_every_figure_is_bfcl_evals():
    figures = leaderboard(ACCURACY)
    assert {name: f"{figures[name]:.2%}" for name in OF_BFCL_EVAL} == OF_BFCL_EVAL
    assert f"{0.3 * figures['single_turn']:.2%}" == OVERALL


@pytest.mark.parametrize(
    ("missing", "figures"),
    [
        ("simple_java", {"live", "irrelevance", "relevance"}),
        ("live_parallel", {"non_live", "irrelevance", "relevance"}),
        ("irrelevance", {"non_live", "live", "relevance"}),
        ("live_relevance", {"non_live", "live", "irrelevance", "single_turn"}),
    ],
)
def test_what_was_not_asked_in_full_has_no_figure(missing, figures):
    asked = {name: value for name, value in ACCURACY.items() if name != missing}
    assert set(leaderboard(asked)) == figures
