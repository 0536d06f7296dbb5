"""What every report tells of a task of log-probabilities."""

import random

import pytest

from quantgate.evals.decision.compare import compare
from quantgate.evals.decision.gate import decide
from quantgate.evals.pairing.pairing import pair_runs
from quantgate.evals.settings.policy import load_policy
from quantgate.reports.files.junit import gate_junit
from quantgate.reports.files.markdown import comparison_markdown, gate_markdown
from quantgate.reports.plots.divergence import draw_divergence
from quantgate.reports.words.divergences import divergence_rows
from quantgate.reports.words.fidelity import fidelity_lines, part_rows, worst_lines
from tests.evals.made_logprobs import document, logprob_run
from tests.evals.made_runs import joined, pair_of


def texts(share, first, seed=1, length=100):
    draw = random.Random(seed)
    return [
        document([at for at in range(1, length + 1) if draw.random() < share], first, length=length) for _ in range(40)
    ]


FLIPS = pair_of(12, 4, 200)
BASELINE = joined(FLIPS[0], logprob_run(texts(0, 0.9)))


@pytest.fixture(scope="module")
def verdict():
    candidate = joined(FLIPS[1], logprob_run(texts(0.02, 0.85), "q4"))
    again = pair_runs(BASELINE, joined(FLIPS[0], logprob_run(texts(0.001, 0.9, seed=2), "again")))
    return decide(pair_runs(BASELINE, candidate), load_policy(None), again)


def test_agreement_divergence_positions_and_floor_are_told(verdict):
    said = " | ".join(fidelity_lines(verdict.tasks[1]))
    for part in ("the baseline's at 9", "KL(baseline || candidate)", "by position: 0–63", "64–255", "second run"):
        assert part in said


def test_the_table_by_position_ends_with_the_whole(verdict):
    rows = part_rows(verdict.tasks[1].fidelity)
    assert [row.positions for row in rows] == ["0–63", "64–255", "all"]
    assert rows[-1].documents == "40"


def test_the_documents_that_are_furthest_apart_are_named_with_where(verdict):
    first = worst_lines(verdict.tasks[1].fidelity)[0]
    assert first.startswith("text ")
    assert "first apart at position" in first
    assert "(7 -> 8)" in first


def test_files_for_reviewers_tell_it_too(verdict):
    for text in (gate_markdown(verdict), gate_junit(verdict)):
        assert "the likeliest token is the baseline's at" in text
        assert "furthest apart: text" in text


def test_a_comparison_has_divergence_beside_flips_and_draws_what_was_lost_against_it():
    formats = [
        (name, "", pair_runs(BASELINE, joined(FLIPS[1], logprob_run(texts(share, first), name))))
        for name, share, first in (("q8", 0.001, 0.89), ("q4", 0.02, 0.8))
    ]
    comparison = compare(formats, load_policy(None))
    rows = divergence_rows(comparison)
    assert {row.format for row in rows} == {"q8", "q4"}
    assert all(flips.replace(" ", "") == "12/4" for row in rows for _, flips in row.others)
    assert "q4: likelihood: 9" in comparison_markdown(comparison)
    assert draw_divergence(comparison, "gsm8k") is not None
    assert draw_divergence(comparison, "likelihood") is None
