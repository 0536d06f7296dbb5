"""What a run is expected to score by what was published of its model."""

from __future__ import annotations

from dataclasses import replace

from quantgate.evals.checks.published_scores import published_expectation
from quantgate.evals.contract.published import PublishedScore
from quantgate.evals.settings.expected import Expectation
from tests.evals.made_runs import run_of

SCORE = PublishedScore("m", 0.9, 0.05, "a card")


def test_what_a_run_recorded_is_expected_of_it():
    record = run_of([1.0], published=SCORE).record
    assert published_expectation("gsm8k", record) == Expectation(0.9, 0.05, "a card")


def test_a_run_that_knew_of_none_and_a_task_that_it_does_not_hold_have_no_expectation():
    record = run_of([1.0]).record
    assert published_expectation("gsm8k", record) is None
    assert published_expectation("tau2", replace(record, tasks=())) is None
