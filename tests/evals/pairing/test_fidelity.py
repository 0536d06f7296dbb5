"""Two runs of log-probabilities, paired: agreement stands where scores do, and unlike tokens are no noise."""

from dataclasses import replace

import numpy as np
import pytest

from quantgate.evals.contract.fidelity import GENERATED, TOKENS
from quantgate.evals.pairing.pairing import pair_runs
from tests.evals.made_logprobs import LIKELIHOOD, document, logprob_run
from tests.evals.made_runs import run_of


def pairs_of(baseline, candidate, repeats=1, **task):
    both = logprob_run(baseline, repeats=repeats, **task), logprob_run(candidate, "mxfp4", repeats=repeats, **task)
    return pair_runs(*both).tasks[0]


def test_the_candidates_score_is_its_agreement_and_the_baselines_is_whole():
    task = pairs_of([document(), document()], [document(turned=range(1, 11)), document()])
    assert task.table.baseline.ravel().tolist() == [1, 1]
    assert task.table.candidate.ravel().tolist() == [0.9, 1]
    assert not task.item_scores().single_answers


def test_it_is_what_the_record_says_of_the_answers_and_not_the_tasks_name():
    assert pairs_of([document()], [document()], name="fineweb").fidelity is not None
    scores = run_of([0.5], name="likelihood"), run_of([0.25], name="likelihood")
    assert pair_runs(*scores).tasks[0].fidelity is None


@pytest.mark.parametrize(
    ("candidate", "told"),
    [
        (document(tokens=8), "document text 001: at position 1 the baseline has the token 7 and the candidate 8"),
        (document(length=99), "document text 001: the baseline has 100 tokens of it and the candidate 99"),
    ],
)
def test_unlike_tokens_are_a_problem_that_names_the_document(candidate, told):
    task = pairs_of([document(), document()], [document(), candidate])
    assert task.problems[0].startswith(told)
    assert task.table.empty


def test_texts_in_place_of_log_probabilities_are_a_problem():
    baseline, candidate = logprob_run([document()]), logprob_run([document()], "mxfp4")
    key, sample = next(iter(candidate.samples.items()))
    candidate = replace(candidate, samples={key: replace(sample, response="The answer is 5.")})
    assert (
        "of the candidate a stored response holds no log-probabilities"
        in pair_runs(baseline, candidate).tasks[0].problems[0]
    )


def test_generated_tokens_may_part():
    settings = {**LIKELIHOOD.settings, TOKENS: GENERATED}
    task = pairs_of([document()], [document(tokens=8)], settings=settings)
    assert task.fidelity is not None
    assert task.fidelity.positions.sum() == 1


def test_repeat_k_is_held_against_repeat_k_and_the_repeats_give_the_floor():
    task = pairs_of([document()], [document(turned=[5])], repeats=2)
    assert task.fidelity.top1.tolist() == [[0.99, 0.99]]
    assert (task.floor.top1, task.floor.kl, task.floor.source) == (1, 0, "the baseline's own repeats")


def test_what_is_missing_counts_against_the_candidate_in_one_bound_and_for_it_in_the_other():
    scores = pairs_of([document(), document()], [document(), None]).item_scores()
    assert scores.differences.tolist() == [0, -1]
    assert scores.divergences.lowest.tolist() == [0, 0]
    assert scores.divergences.highest.tolist() == [0, 1]
    assert np.isclose(scores.highest, [0, 0]).all()
