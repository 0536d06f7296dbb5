"""What a run has come to: the exit code counts the tasks that were asked now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quantgate.evals.checks.finding import FindingCode
from quantgate.evals.checks.summarise import summarise
from quantgate.evals.pairing.pairing import Run
from tests.evals.made_runs import joined, run_of


def test_a_complete_run_exits_with_0_and_has_its_score_first():
    summary = summarise(run_of([1.0, 0.0, 1.0, 1.0], repeats=2), ["gsm8k"], {})
    (task,) = summary.tasks
    assert (summary.exit_code, summary.missing, task.planned, task.answered) == (0, 0, 8, 8)
    assert [(score.name, score.mean, score.primary) for score in task.scores] == [
        ("exact_match", 0.75, True),
        ("pass@2", 0.75, False),
        ("pass^2", 0.75, False),
        ("majority vote", 0.75, False),
    ]


def test_a_fault_makes_it_incomplete_and_is_told():
    summary = summarise(run_of([1.0, None]), ["gsm8k"], {})
    assert (summary.exit_code, summary.missing, summary.tasks[0].answered) == (5, 1, 1)


@pytest.mark.parametrize("said", ["HTTP 400: the secret", "HTTP 400 (the secret)", "HTTP 400"])
def test_a_fault_of_a_private_task_is_told_without_the_words_of_the_server(said):
    made = run_of([1.0, None], private="Keep it offline.")
    run = Run(
        made.record, {key: replace(one, error=said if one.score is None else None) for key, one in made.samples.items()}
    )
    (fault,) = summarise(run, ["gsm8k"], {}).faults
    assert fault.startswith("HTTP 400")
    assert "secret" not in fault
    assert ("--reveal" in fault) == ("secret" in said)
    open_run = Run(replace(made.record, tasks=run_of([1.0, None]).record.tasks), run.samples)
    assert summarise(open_run, ["gsm8k"], {}).faults == (said,)


def test_what_is_missing_of_a_task_that_was_not_asked_now_does_not_count():
    run = joined(run_of([1.0]), run_of([None, None], name="other"))
    assert summarise(run, ["gsm8k"], {}).exit_code == 0
    assert summarise(run, ["gsm8k", "other"], {}).missing == 2


def test_a_task_of_nothing_but_faults_has_no_score():
    assert summarise(run_of([None]), ["gsm8k"], {}).tasks[0].scores == ()


def test_a_score_outside_what_is_expected_is_a_finding():
    (task,) = summarise(run_of([1.0, 0.0] * 50), ["gsm8k"], {"gsm8k": "0.9 +- 0.1"}).tasks
    assert [finding.code for finding in task.findings] == [FindingCode.BASELINE_OFF]
