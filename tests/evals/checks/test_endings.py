"""How answers ended, as findings: each kind of being cut has its own advice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from quantgate.evals.checks.finding import Finding, Severity
from quantgate.evals.checks.of_build import run_findings
from quantgate.evals.contract.records import Status
from quantgate.evals.decision.gate import decide
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.settings.policy import Policy
from tests.evals.checks.test_of_build import changed, sound

BUDGET: dict[str, Any] = {"sampling": {"temperature": 0.0, "max_tokens": 4000}}
AT_THE_WINDOW = {"prompt_tokens": 1000, "completion_tokens": 3096, "total_tokens": 4096}
CUT = {"status": Status.TRUNCATED, "finish_reason": "length", "response": "text"}


def of_run(run: Run, window: int | None = None, **policy: Any) -> dict[str, Finding]:
    findings = run_findings(run.task("gsm8k"), Policy(**policy).for_task("gsm8k"), None, window)
    return {finding.code: finding for finding in findings}


def test_a_budget_that_the_server_clamped_at_the_window_is_no_budget_to_raise():
    found = of_run(changed(sound(200, **BUDGET), 10, **CUT, usage=AT_THE_WINDOW), 4096)
    assert set(found) == {"context_overflow"}
    assert "raise" not in found["context_overflow"].message


def test_a_used_up_budget_is_to_be_raised():
    found = of_run(
        changed(sound(200, **BUDGET), 10, **CUT, usage={"prompt_tokens": 1000, "completion_tokens": 4000}), 32768
    )
    assert "cut at 4,000 tokens: raise --max-tokens" in found["truncated"].message


def test_what_the_engine_broke_off_is_counted_by_its_reason():
    broken = {**CUT, "finish_reason": "repetition", "usage": AT_THE_WINDOW}
    found = of_run(changed(sound(200, **BUDGET), 10, **broken), 4096)
    assert set(found) == {"broken_off"}
    assert "(repetition 10)" in found["broken_off"].message


def test_builds_that_a_window_has_cut_unlike_are_to_be_served_with_a_longer_one():
    full = changed(sound(200, **BUDGET), 10, **CUT, usage=AT_THE_WINDOW)
    endpoint = {"context_length": 4096}
    baseline, full = (Run(replace(run.record, endpoint=endpoint), run.samples) for run in (sound(200, **BUDGET), full))
    (task,) = decide(pair_runs(baseline, full), Policy()).tasks
    found = {finding.code: finding for finding in task.findings}
    assert "serve both with a longer one" in found["truncated_unlike"].message
    assert "raise --max-tokens" not in " ".join(finding.message for finding in task.findings)


def test_refusals_warn_up_to_their_share_and_block_beyond():
    refused = {"status": Status.REFUSED, "finish_reason": "content_filter", "score": 0.0, "extracted": None}
    assert of_run(changed(sound(200), 4, **refused))["refused"].severity is Severity.WARNS
    found = of_run(changed(sound(200), 5, **refused))
    assert (set(found), found["refused"].severity) == ({"refused"}, Severity.BLOCKS)
    assert of_run(changed(sound(200), 5, **refused), max_refused=0.1)["refused"].severity is Severity.WARNS


def test_each_unknown_reason_is_named_and_tau2s_are_none():
    odd = changed(changed(sound(200), 37, finish_reason="y"), 5, finish_reason="x")
    found = run_findings(odd.task("gsm8k"), Policy().for_task("gsm8k"))
    assert [finding.message.partition(":")[0] for finding in found] == [
        "32 answers ended with finish_reason 'y', which is not known",
        "5 answers ended with finish_reason 'x', which is not known",
    ]
    for reason in ("user_stop", "agent_stop", "max_steps"):
        assert "unknown_finish_reason" not in of_run(changed(sound(200), 5, finish_reason=reason))


def test_leaked_tokens_are_named_with_their_counts():
    leaking = changed(changed(sound(200), 7, response="5</s>"), 3, response="5<|im_end|>")
    message = of_run(leaking)["leaked_tokens"].message
    assert message.startswith("3.5% of the answers (7 of 200) end in special tokens (</s> 4, <|im_end|> 3)")
