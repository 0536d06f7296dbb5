"""Each doubt about a build's answers is a finding that says what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from quantgate.evals.checks.finding import Finding, Severity
from quantgate.evals.checks.of_build import percent, run_findings
from quantgate.evals.contract.published import published_for
from quantgate.evals.contract.records import Status
from quantgate.evals.decision.gate import decide
from quantgate.evals.decision.types import ReleaseVerdict
from quantgate.evals.endpoint.served import served_model
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.settings.expected import Expectation
from quantgate.evals.settings.policy import Policy
from quantgate.tasks import gsm8k
from tests.evals.made_runs import run_of


def changed(run: Run, count: int, **fields: Any) -> Run:
    """The run with so many of its samples changed."""
    keys = list(run.samples)[:count]
    return Run(run.record, {**run.samples, **{key: replace(run.samples[key], **fields) for key in keys}})


def lettered(run: Run, letters: Sequence[str]) -> Run:
    return Run(
        run.record,
        {
            key: replace(sample, extracted=letter)
            for (key, sample), letter in zip(run.samples.items(), letters, strict=True)
        },
    )


def findings(baseline: Run, candidate: Run, **policy: Any) -> dict[str, Finding]:
    (task,) = decide(pair_runs(baseline, candidate), Policy(**policy)).tasks
    return {finding.code: finding for finding in task.findings}


def sound(count: int = 200, score: float = 1.0, **task: Any) -> Run:
    return run_of([score] * count, **task)


def test_sound_builds_have_no_findings():
    assert findings(sound(), sound()) == {}


def test_the_first_items_of_a_whole_that_is_not_known_are_told():
    first = sound(200, draw="first", whole=None)
    assert "these are the first 200 items" in findings(first, first)["first_documents"].message


def test_cut_answers_are_told_with_share_count_budget_and_advice():
    cut = changed(sound(200, sampling={"max_tokens": 2048}), 56, status=Status.TRUNCATED)
    found = findings(sound(200, sampling={"max_tokens": 2048}), cut)["truncated"]
    assert found.message == (
        "28% of the candidate's answers (56 of 200) were cut at 2,048 tokens: raise --max-tokens; a truncated answer "
        "is not a wrong one"
    )
    assert (found.severity, found.build) == (Severity.BLOCKS, "candidate")


def test_one_cut_answer_in_a_hundred_warns_and_blocks_nothing():
    cut = changed(sound(), 2, status=Status.TRUNCATED)
    assert findings(cut, cut)["truncated"].severity is Severity.WARNS
    assert decide(pair_runs(cut, cut), Policy()).verdict is ReleaseVerdict.PASS


def test_builds_that_are_cut_unlike_are_not_compared_in_silence():
    found = findings(sound(), changed(sound(), 3, status=Status.TRUNCATED))
    assert found["truncated_unlike"].severity is Severity.BLOCKS
    assert "None of the baseline's answers were cut and 1.5% of the candidate's" in found["truncated_unlike"].message


def test_prompts_that_overflow_the_context_are_told_apart_from_a_budget():
    full = changed(sound(), 10, status=Status.TRUNCATED, response=None, error="context", score=0.0)
    found = findings(full, full)
    assert set(found) == {"context_overflow"}
    assert "serve a longer one, or lower --max-tokens" in found["context_overflow"].message


def test_empty_answers_say_whether_there_were_thoughts():
    thinking = changed(sound(), 4, status=Status.EMPTY, score=0.0, extracted=None, reasoning="Hmm.")
    assert "4 of them nothing but thoughts" in findings(sound(), thinking)["empty"].message
    silent = changed(sound(), 4, status=Status.EMPTY, score=0.0, extracted=None)
    assert "chat template" in findings(sound(), silent)["empty"].message
    assert "hold no text and score 0: " in findings(sound(), silent)["empty"].message
    fitting = changed(silent, 1, score=1.0)
    assert "score 0 but for 1 where nothing was to be said: " in findings(sound(), fitting)["empty"].message


def test_answers_that_cannot_be_read_are_told_when_they_are_many():
    assert "unparsed" not in findings(sound(), changed(sound(), 4, extracted=None, score=0.0))
    assert "unparsed" in findings(sound(), changed(sound(), 5, extracted=None, score=0.0))


def test_answers_that_loop_are_counted():
    looping = changed(sound(), 7, response="Let me think. " + "No, wait. " * 60)
    assert (
        "3.5% of the candidate's answers (7 of 200) end by repeating" in findings(sound(), looping)["looping"].message
    )
    thinking = changed(sound(), 7, response=None, reasoning="No, wait. " * 60)
    assert "looping" in findings(sound(), thinking)


def test_a_build_that_answers_one_letter_is_told_so():
    broken = lettered(sound(), ["A"] * 140 + ["B", "C", "D"] * 20)
    found = findings(lettered(sound(), ["A", "B", "C", "D"] * 50), broken)["letter_bias"]
    assert found.message.startswith("A is 70% of the candidate's answers, where each letter should be right")


def test_a_sound_build_on_a_task_of_two_choices_is_not_biased():
    run = lettered(sound(), ["(A)", "(B)"] * 100)
    assert "letter_bias" not in findings(run, run)


def test_an_agents_own_failures_are_counted_by_their_reason():
    failed = changed(sound(score=0.0), 3, finish_reason="agent_broken_tool_call")
    failed = changed(failed, 1, finish_reason="max_steps")
    ended = changed(sound(), 100, finish_reason="agent_stop")
    found = findings(ended, failed)
    assert found["agent_failures"].build == "candidate"
    assert "(3 of 200)" in found["agent_failures"].message
    assert "(2 broken tool call, 1 max steps)" in found["agent_failures"].message


def test_another_length_of_answers_is_told_with_its_interval():
    short = changed(sound(), 200, usage={"completion_tokens": 100})
    long = changed(sound(), 200, usage={"completion_tokens": 180})
    found = findings(short, long)["lengths_unlike"]
    assert "1.80 times as long" in found.message
    assert "95% interval 1.80 to 1.80" in found.message
    assert "lengths_unlike" not in findings(short, changed(sound(), 200, usage={"completion_tokens": 110}))


def test_the_lengths_of_a_handful_of_items_tell_nothing():
    short = changed(sound(12), 12, usage={"completion_tokens": 100})
    assert findings(short, changed(sound(12), 12, usage={"completion_tokens": 180})) == {}


def test_another_served_context_is_told():
    def served(length: int) -> Run:
        run = sound()
        return Run(replace(run.record, endpoint={"served": {"max_model_len": length}}), run.samples)

    assert "32,768 tokens, the candidate with 8,192" in findings(served(32768), served(8192))["context_unlike"].message
    assert findings(served(8192), served(8192)) == {}


@pytest.mark.parametrize(
    "entry",
    [
        lambda length: {"max_model_len": length},
        lambda length: {"context_length": length},
        lambda length: {"meta": {"n_ctx": length}},
        lambda length: {"meta": {"n_ctx_train": length}},
        lambda length: {"max_input_tokens": length},
        lambda length: {"loaded_context_length": length, "max_context_length": 131072},
        lambda length: {"max_context_length": length},
        lambda length: {"top_provider": {"context_length": float(length)}, "context_length": 262144},
        lambda length: {"max_total_tokens": length},
    ],
)
def test_another_context_is_told_by_whatever_name_the_server_has_for_it(entry):
    def served(length: int, host: str) -> Run:
        run = sound()
        said = served_model([{"id": "m", **entry(length)}], "m")
        return Run(replace(run.record, endpoint={"base_url": f"http://{host}/v1", **said.record()}), run.samples)

    found = findings(served(32768, "a"), served(8192, "b"))["context_unlike"]
    assert "32,768 tokens, the candidate with 8,192" in found.message
    assert findings(served(8192, "a"), served(8192, "b")) == {}


def half_right(count: int = 400) -> Run:
    return run_of([1.0, 0.0] * (count // 2))


def test_a_baseline_off_the_users_expectation_blocks():
    found = findings(half_right(), half_right(), expected="0.92 +- 0.03")["baseline_off"]
    assert found.severity is Severity.BLOCKS
    assert "The baseline scores 50.0%, not 92.0% ± 3 points as you expect" in found.message
    assert decide(pair_runs(half_right(), half_right()), Policy(expected="0.92 +- 0.03")).verdict is not (
        ReleaseVerdict.PASS
    )
    assert findings(half_right(), half_right(), expected="0.5 +- 0.01") == {}


def test_a_score_at_the_very_edge_of_the_tolerance_is_within_it():
    run = run_of([1.0] * 89 + [0.0] * 11)
    assert findings(run, run, expected="0.92 +- 0.03") == {}


def test_a_baseline_off_a_published_score_warns_and_names_the_source():
    run = half_right()
    published = published_for(gsm8k.INFO.published, "zai-org/GLM-5.2-FP8")
    named = Run(replace(run.record, tasks=(replace(run.record.tasks[0], published=published),)), run.samples)
    found = findings(named, named)["baseline_off"]
    assert found.severity is Severity.WARNS
    assert "96.5% ± 4 points as published (the published MXFP4 card's FP8 baseline" in found.message


def test_few_items_get_the_room_of_their_sampling_error():
    run = run_of([1.0] * 8 + [0.0] * 2)
    task = run.task("gsm8k")
    limits = Policy().for_task("gsm8k")
    assert run_findings(task, limits, Expectation(0.95, 0.02, "a card")) == ()
    assert run_findings(task, limits, Expectation(0.95, 0.02))[0].code == "baseline_off"


def test_a_difference_that_is_gone_without_the_cut_items_is_told():
    baseline = sound(400)
    candidate = changed(sound(400), 60, status=Status.TRUNCATED, score=0.0)
    found = findings(baseline, candidate)["difference_is_truncation"]
    assert "Without the 60 items on which an answer was cut the difference is +0.00 points" in found.message
    assert "and not -15.00" in found.message


def test_a_difference_that_stays_without_them_is_not_explained_away():
    baseline = sound(400)
    worse = run_of([0.0] * 80 + [1.0] * 320)
    cut = Run(worse.record, dict(list(changed(worse, 10, status=Status.TRUNCATED).samples.items())))
    found = findings(baseline, cut)
    assert "difference_is_truncation" not in found
    remains = found["loss_without_cut"]
    assert remains.severity is Severity.WARNS
    assert "Without the 10 items on which an answer was cut the difference is -17.95 points" in remains.message
    assert "390 items) and not -20.00: more than the margin is lost where nothing was cut, too" in remains.message
    assert remains.message.endswith("no fair sample: told beside, this decides nothing")


def test_what_remains_within_reach_of_the_margin_names_the_budget():
    candidate = changed(run_of([0.0] * 36 + [1.0] * 364), 28, status=Status.TRUNCATED)
    remains = findings(sound(400), candidate)["loss_without_cut"].message
    assert "the token budget may be a part of the loss; raise --max-tokens" in remains


def test_a_regression_with_nearly_every_answer_cut_says_that_nothing_is_left():
    cut = changed(run_of([0.0] * 100), 99, status=Status.TRUNCATED)
    message = findings(sound(100), cut)["loss_without_cut"].message
    assert message == "An answer was cut on 99 of 100 items: without them nothing is left to tell a loss by"


def test_cut_answers_of_a_build_that_has_not_regressed_are_not_taken_apart():
    candidate = changed(run_of([0.0] * 4 + [1.0] * 396), 2, status=Status.TRUNCATED)
    assert "loss_without_cut" not in findings(sound(400), candidate)


def test_missing_answers_are_told_in_a_run_by_itself():
    run = run_of([1.0] * 90 + [None] * 10)
    (found,) = run_findings(run.task("gsm8k"), Policy().for_task("gsm8k"))
    assert found.message == "10 of the 100 samples have no answer: the same `quantgate run` asks them again"


def test_ungraded_answers_are_told_apart_with_the_reason_and_what_to_do():
    asked = run_of([1.0] * 90 + [None] * 10)
    run = Run(
        asked.record,
        {
            key: replace(sample, status=Status.UNGRADED, ended=Status.OK, error="the grader failed: X")
            if sample.score is None and int(sample.item_id) < 97
            else sample
            for key, sample in asked.samples.items()
        },
    )
    ungraded, missing = run_findings(run.task("gsm8k"), Policy().for_task("gsm8k"))
    assert ungraded.code == "ungraded"
    assert ungraded.message.startswith("7 answers are ungraded and count as missing (7: the grader failed: X)")
    assert "quantgate regrade RUN" in ungraded.message
    assert missing.message.startswith("3 of the 100 samples have no answer")
    (task,) = decide(pair_runs(run_of([1.0] * 100), run), Policy()).tasks
    assert task.verdict == "invalid"
    assert "3 of the candidate's samples have no answer; run the same" in task.reason
    assert "7 of the candidate's samples are ungraded; `quantgate regrade RUN`" in task.reason
    assert pair_runs(run, run_of([1.0] * 100)).tasks[0].validity["baseline"].as_dict()["ungraded"] == 7


def test_findings_that_block_come_first():
    baseline = changed(sound(), 3, status=Status.EMPTY, score=0.0)
    candidate = changed(sound(), 50, status=Status.TRUNCATED)
    (task,) = decide(pair_runs(baseline, candidate), Policy()).tasks
    severities = [finding.severity for finding in task.findings]
    assert severities == sorted(severities, key=lambda severity: severity is not Severity.BLOCKS)


@pytest.mark.parametrize(
    ("share", "said"), [(0.28, "28%"), (0.02, "2%"), (0.025, "2.5%"), (0.0001, "under 0.1%"), (0, "none"), (1, "100%")]
)
def test_shares_are_said_shortly(share, said):
    assert percent(share) == said
