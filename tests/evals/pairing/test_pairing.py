"""Pair or refuse."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.pairing.counting import count_statuses
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.pairing.status_counts import StatusCounts
from tests.evals.made_runs import by_columns, joined, pair_of, run_of


def test_items_are_joined_by_their_ids_whatever_their_order():
    baseline, candidate = run_of([1, 0, 1]), run_of([0, 0, 1])
    shuffled = Run(candidate.record, dict(reversed(candidate.samples.items())))
    (pairs,) = pair_runs(baseline, shuffled).tasks
    assert pairs.problems == ()
    assert pairs.table.items == ("0", "1", "2")
    assert pairs.table.baseline.tolist() == [[1.0], [0.0], [1.0]]
    assert pairs.table.candidate.tolist() == [[0.0], [0.0], [1.0]]


@pytest.mark.slow
@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0, None]), st.sampled_from([0.0, 1.0])), max_size=30))
def test_no_sample_is_dropped_or_made_up(scores):
    baseline, candidate = run_of([ours for ours, _ in scores]), run_of([theirs for _, theirs in scores])
    (pairs,) = pair_runs(baseline, candidate).tasks
    assert len(pairs.table.items) == pairs.table.baseline.size == len(scores)
    assert np.isnan(pairs.table.baseline).sum() == pairs.validity["baseline"].error
    assert pairs.table.candidate.sum() == sum(theirs for _, theirs in scores)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": "2.0"}, 'version "3.0" for the baseline, "2.0" for the candidate'),
        ({"grader": "lm-eval 0.5"}, "grader"),
        ({"metric": "strict"}, "metric"),
        ({"data_hash": "e" * 64}, "data_hash"),
        ({"sampling": {"temperature": 1.0}}, "temperature 0.0 for the baseline, 1.0 for the candidate"),
    ],
)
def test_runs_that_were_not_asked_alike_are_refused_with_the_reason(changes, said):
    (pairs,) = pair_runs(run_of([1, 0]), run_of([1, 0], **changes)).tasks
    assert len(pairs.problems) == 1
    assert said in pairs.problems[0]
    assert pairs.table.empty


def test_where_the_data_came_from_does_not_matter_when_they_are_the_same():
    (pairs,) = pair_runs(run_of([1, 0]), run_of([1, 0], provenance={"file": "elsewhere"})).tasks
    assert pairs.problems == ()


def test_other_prompts_are_refused_by_item():
    baseline, candidate = pair_of(1, 1, 10)
    changed = {
        key: replace(sample, prompt_hash="other") if key[1] == "3" else sample
        for key, sample in candidate.samples.items()
    }
    (pairs,) = pair_runs(baseline, Run(candidate.record, changed)).tasks
    assert pairs.problems == ("1 items were asked with different prompts, the first of them 3 (repeat 0)",)


def test_another_number_of_items_is_refused():
    (pairs,) = pair_runs(run_of([1, 0, 1]), run_of([1, 0], repeats=2)).tasks
    assert pairs.problems == ("the baseline has 3 items, the candidate 2",)


def test_a_task_that_only_one_run_has_is_refused():
    both = joined(run_of([1, 0]), run_of([1], name="tau2"))
    _, tau2 = pair_runs(both, run_of([1, 0])).tasks
    assert tau2.problems == ("only the baseline was asked this task",)


def test_every_sample_is_counted_once_by_how_it_ended():
    samples = [
        Sample("t", "1", 0, "h", Status.OK, 1.0, extracted="5"),
        Sample("t", "2", 0, "h", Status.OK, 0.0),
        Sample("t", "3", 0, "h", Status.TRUNCATED, 0.0),
        Sample("t", "4", 0, "h", Status.EMPTY, 0.0),
        Sample("t", "5", 0, "h", Status.ERROR, None),
    ]
    counts = count_statuses(by_columns(samples), 7)
    assert counts == StatusCounts(ok=2, truncated=1, empty=1, error=1, unparsed=2, missing=2)
