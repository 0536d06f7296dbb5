"""Another metric of the stored answers as the score."""

from dataclasses import replace

import pytest

from quantgate.evals.contract.records import Status
from quantgate.evals.errors import UsageError
from quantgate.evals.pairing.pairing import Run, pair_runs
from tests.evals.made_runs import run_of

BOTH = {"exact_match,flexible-extract": 0.0, "tolerant": 1.0}


def graded(n=4, **changes) -> Run:
    """Answers that are wrong by the metric that was graded by, and right by another."""
    run = run_of([0.0] * n, metric="exact_match,flexible-extract")
    samples = {key: replace(sample, **{"metrics": BOTH, **changes}) for key, sample in run.samples.items()}
    return Run(run.record, samples)


def test_the_chosen_metric_is_the_score():
    (task,) = pair_runs(graded(), graded(), {"gsm8k": "tolerant"}).tasks
    assert task.problems == ()
    assert task.table.candidate.ravel().tolist() == [1.0] * 4
    assert task.builds["candidate"].record.metric == "tolerant"


def test_runs_that_were_graded_by_two_metrics_pair_by_a_third():
    strict = graded()
    other = Run(replace(strict.record, tasks=(replace(strict.record.tasks[0], metric="else"),)), strict.samples)
    assert pair_runs(graded(), other).tasks[0].problems
    assert pair_runs(graded(), other, {"gsm8k": "tolerant"}).tasks[0].problems == ()


@pytest.mark.parametrize("fact", ["due", "called"])
def test_by_what_is_a_fact_of_a_request_with_tools_nothing_is_decided(fact):
    calls = graded(metrics={"called": 1.0, "schema_valid": 1.0, "due": 1.0})
    with pytest.raises(UsageError, match=r"it has schema_valid$"):
        pair_runs(calls, calls, {"gsm8k": fact})
    other = graded(metrics={"exact_match": 0.0, fact: 1.0})
    assert pair_runs(other, other, {"gsm8k": fact}).tasks[0].problems == ()


def test_a_filters_name_is_enough():
    assert (
        pair_runs(graded(), graded(), {"gsm8k": "flexible-extract"}).baseline.tasks[0].metric.startswith("exact_match")
    )


@pytest.mark.parametrize("status", [Status.EMPTY, Status.REFUSED])
def test_an_answer_without_text_scores_0_by_any_metric(status):
    silent = graded(status=status, metrics={}, extracted=None)
    mixed = Run(silent.record, {**graded().samples, ("gsm8k", "0", 0): silent.samples["gsm8k", "0", 0]})
    (task,) = pair_runs(mixed, graded(), {"gsm8k": "tolerant"}).tasks
    assert task.table.baseline.ravel().tolist() == [0.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (graded(), "it has exact_match,flexible-extract; tolerant"),
        (graded(metrics={"perplexity": 7.0}), "it has perplexity"),
    ],
)
def test_a_metric_that_is_not_there_is_refused_with_those_that_are(run, said):
    with pytest.raises(
        UsageError, match=f"--metric gsm8k=rouge: a run does not hold that metric of all its answers: {said}"
    ):
        pair_runs(run, run, {"gsm8k": "rouge"})


def test_a_metric_outside_0_and_1_is_refused():
    run = graded(metrics={"perplexity": 7.0})
    with pytest.raises(UsageError, match="a gate needs scores in"):
        pair_runs(run, run, {"gsm8k": "perplexity"})


def test_a_metric_that_some_answers_lack_is_refused():
    older = Run(graded().record, {**graded().samples, ("gsm8k", "0", 0): replace(_first(), metrics={"exact": 1.0})})
    with pytest.raises(UsageError, match="not all answers have it; `quantgate regrade`"):
        pair_runs(graded(), older, {"gsm8k": "tolerant"})


def _first():
    return graded().samples["gsm8k", "0", 0]
