"""A maker's published figure of tool calls, held against what a build does."""

from dataclasses import replace

import pytest

from quantgate.evals.checks.finding import Severity
from quantgate.evals.decision.gate import decide
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.settings.policy import Policy
from tests.evals.made_runs import run_of

VALID = {"called": 1.0, "due": 1.0, "schema_valid": 1.0, "json_valid": 1.0, "name_known": 1.0}
LOST = dict.fromkeys(VALID, 0.0) | {"due": 1.0}


def calling(valid: int, invalid: int, lost: int) -> Run:
    """A run in which so many replies call well, call badly, and do not call."""
    run = run_of([1.0] * valid + [0.0] * (invalid + lost))
    metrics = [VALID] * valid + [{**VALID, "schema_valid": 0.0}] * invalid + [LOST] * lost
    told = zip(run.samples.items(), metrics, strict=True)
    return Run(run.record, {key: replace(sample, metrics=each) for (key, sample), each in told})


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("schema_accuracy 0.90 +- 0.01", None),
        ("schema_accuracy 1.00 +- 0.01", "has a schema accuracy of 90.0%, not 100.0% ± 1 points as you expect"),
        ("trigger_f1 0.8889 +- 0.001", None),
        ("trigger_f1 0.98 +- 0.01", "has a Trigger F1 of 88.9%, not 98.0% ± 1 points"),
        ("0.72 +- 0.01", None),
    ],
)
def test_a_figure_is_held_against_that_of_the_baseline(expected, said):
    run = calling(144, 16, 40)
    (task,) = decide(pair_runs(run, run), Policy(expected=expected)).tasks
    found = [finding for finding in task.findings if finding.code == "baseline_off"]
    assert bool(found) is (said is not None)
    if said is not None:
        assert said in found[0].message
        assert found[0].severity is Severity.BLOCKS


def test_a_task_without_calls_has_no_such_figure_and_is_not_believed():
    run = run_of([1.0] * 50)
    (task,) = decide(pair_runs(run, run), Policy(expected="schema_accuracy 1.0 +- 0.1")).tasks
    (found,) = [finding for finding in task.findings if finding.code == "baseline_off"]
    assert "only calls of tools do" in found.message
    assert found.severity is Severity.BLOCKS
