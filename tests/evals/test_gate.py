"""What the gate decides, and what it says."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.gate import decide
from evals.pairing import Run, pair_runs
from evals.policy import Policy
from evals.records import Status
from evals.verdict import ReleaseVerdict, TaskVerdict, Verdict
from tests.evals.runs import joined, pair_of, run_of


def gate(losses: int, gains: int, n: int, margin: float = 0.02) -> Verdict:
    return decide(pair_runs(*pair_of(losses, gains, n)), Policy(margin))


@pytest.mark.parametrize(
    ("losses", "gains", "n", "margin", "verdict"),
    [
        (10, 10, 1319, 0.02, TaskVerdict.EQUIVALENT),
        (0, 60, 1319, 0.02, TaskVerdict.NON_INFERIOR),
        (20, 10, 1319, 0.02, TaskVerdict.EQUIVALENT),
        (36, 23, 1319, 0.02, TaskVerdict.EQUIVALENT),
        (36, 23, 1319, 0.01, TaskVerdict.INCONCLUSIVE),
        (100, 5, 1319, 0.02, TaskVerdict.REGRESSED),
        (2, 0, 200, 0.03, TaskVerdict.INCONCLUSIVE),
        (2, 0, 200, 0.05, TaskVerdict.EQUIVALENT),
        (44, 6, 100, 0.05, TaskVerdict.REGRESSED),
        (4, 4, 100, 0.05, TaskVerdict.INCONCLUSIVE),
        (0, 0, 100, 0.05, TaskVerdict.EQUIVALENT),
        (0, 0, 98, 0.03, TaskVerdict.INCONCLUSIVE),
        (0, 0, 99, 0.03, TaskVerdict.EQUIVALENT),
    ],
)
def test_the_bounds_decide(losses, gains, n, margin, verdict):
    decision = gate(losses, gains, n, margin)
    (task,) = decision.tasks
    assert task.verdict is verdict
    assert (task.losses, task.gains, task.items) == (losses, gains, n)
    assert task.difference == pytest.approx((gains - losses) / n)


@given(
    counts=st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 60)),
    margins=st.tuples(st.floats(0.001, 0.9), st.floats(0.001, 0.9)),
)
@settings(max_examples=60, deadline=None)
def test_a_wider_margin_never_turns_a_pass_into_a_fail(counts, margins):
    losses, gains, rest = counts
    narrow, wide = sorted(margins)
    n = losses + gains + rest
    if gate(losses, gains, n, narrow).tasks[0].verdict.passes:
        assert gate(losses, gains, n, wide).tasks[0].verdict.passes


def test_every_task_must_pass():
    good, bad = pair_of(5, 5, 1319), pair_of(100, 5, 1319)
    named = [
        Run(
            replace(run.record, tasks=(replace(run.record.tasks[0], name="other"),)),
            {("other", *key[1:]): replace(sample, task="other") for key, sample in run.samples.items()},
        )
        for run in bad
    ]
    verdict = decide(pair_runs(joined(good[0], named[0]), joined(good[1], named[1])), Policy(0.02))
    assert [task.verdict for task in verdict.tasks] == [TaskVerdict.EQUIVALENT, TaskVerdict.REGRESSED]
    assert verdict.verdict is ReleaseVerdict.REGRESSED
    assert verdict.reasons == (verdict.tasks[1].reason,)


def test_no_task_at_all_is_invalid():
    empty = Run(replace(run_of([1.0]).record, tasks=()), {})
    assert decide(pair_runs(empty, empty), Policy()).verdict is ReleaseVerdict.INVALID


@pytest.mark.parametrize("build", ["baseline", "candidate"])
def test_a_missing_answer_makes_the_task_invalid_and_gives_no_number(build):
    whole, holed = run_of([1.0] * 50), run_of([1.0] * 49 + [None])
    pairs = pair_runs(holed, whole) if build == "baseline" else pair_runs(whole, holed)
    (task,) = decide(pairs, Policy()).tasks
    assert (task.verdict, task.difference, task.lower) == (TaskVerdict.INVALID, None, None)
    assert f"1 of the {build}'s samples have no answer" in task.reason


def test_a_sample_that_neither_run_holds_is_missing_all_the_same():
    run = run_of([1.0] * 50)
    torn = Run(run.record, {key: sample for key, sample in run.samples.items() if key[1] != "7"})
    assert decide(pair_runs(torn, torn), Policy()).verdict is ReleaseVerdict.INVALID


def test_runs_that_cannot_be_compared_are_invalid_with_the_reason():
    verdict = decide(pair_runs(run_of([1.0]), run_of([1.0], version="9")), Policy())
    assert verdict.verdict is ReleaseVerdict.INVALID
    assert 'version "3.0" for the baseline, "9" for the candidate' in verdict.reasons[0]


@pytest.mark.parametrize("runs", [(run_of([0.5, 1.0]), run_of([1.0, 1.0])), (run_of([1.0], repeats=2),) * 2])
def test_repeats_and_fractional_scores_are_not_decided_yet(runs):
    verdict = decide(pair_runs(*runs), Policy())
    assert verdict.verdict is ReleaseVerdict.INVALID
    assert "not yet" in verdict.reasons[0]


def test_flags_tell_what_a_verdict_alone_does_not():
    assert gate(36, 10, 1319, 0.05).tasks[0].flags == ("measurably_worse",)
    assert gate(0, 60, 1319).tasks[0].flags == ("superior",)
    assert gate(0, 0, 50, 0.02).tasks[0].flags == ("cannot_pass_at_this_n",)


@pytest.mark.parametrize("status", [Status.TRUNCATED, Status.EMPTY])
def test_truncated_and_empty_answers_are_flagged(status):
    run = run_of([1.0] * 200)
    key, sample = next(iter(run.samples.items()))
    cut = Run(run.record, {**run.samples, key: replace(sample, status=status, score=0.0)})
    assert status.value in decide(pair_runs(run, cut), Policy()).tasks[0].flags


def test_an_inconclusive_says_how_many_items_would_settle_it():
    (task,) = gate(4, 4, 100, 0.05).tasks
    assert task.needed is not None
    assert task.needed["items"] is not None
    assert task.needed["items"] > 100
    assert f"About {task.needed['items']:,} items" in task.reason


def test_a_loss_at_the_margin_is_not_promised_to_pass_with_more():
    (task,) = gate(5, 0, 100, 0.05).tasks
    assert task.verdict is TaskVerdict.INCONCLUSIVE
    assert task.needed == {"items": None, "repeats": 1}


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ((100, 5, 1319), "gsm8k: regressed. With 95% confidence the candidate loses at least 5.99 points, more than"),
        ((36, 23, 1319), "gsm8k: equivalent. The candidate differs from the baseline by −1.98 to −0.02 points (95%"),
        ((0, 60, 1319), "gsm8k: passes. With 95% confidence the candidate gains at least"),
    ],
)
def test_the_reason_is_a_sentence_for_a_release_manager(counts, sentence):
    assert gate(*counts).tasks[0].reason.startswith(sentence)


def test_the_json_is_the_contracts():
    document = json.loads(gate(36, 23, 1319).to_json())
    assert set(document) == {
        *("schema_version", "verdict", "reasons", "baseline", "candidate", "policy", "tasks"),
    }
    assert (document["schema_version"], document["verdict"]) == (1, "pass")
    (task,) = document["tasks"]
    assert set(task) >= {
        *("task", "items", "repeats", "baseline", "candidate", "difference", "lower", "upper", "alpha", "method"),
        *("descriptive_interval", "margin", "verdict", "flags", "losses", "gains", "mcnemar_p", "recovery", "strata"),
        *("needed", "validity"),
    }
    assert task["validity"]["baseline"] == {
        "ok": 1319, "truncated": 0, "empty": 0, "error": 0, "unparsed": 0, "missing": 0,
    }  # fmt: skip
    assert task["mcnemar_p"] == pytest.approx(0.117477, abs=1e-6)
    assert task["descriptive_interval"] == pytest.approx([-0.019802, -0.000283], abs=1e-6)


def test_exit_codes_are_the_contracts():
    assert [verdict.exit_code for verdict in ReleaseVerdict] == [0, 1, 3, 4]
