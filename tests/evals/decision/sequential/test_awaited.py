"""A task that has no pair of answers yet, beside one that has settled the release."""

from __future__ import annotations

from quantgate.evals.decision.compare import compare
from quantgate.evals.decision.gate import decide
from quantgate.evals.decision.types import ReleaseVerdict, TaskVerdict
from quantgate.evals.pairing.pairing import pair_runs
from quantgate.evals.settings.policy import Policy
from quantgate.reports.words.headline import headline
from tests.evals.decision.sequential.test_replay import N, build
from tests.evals.made_runs import joined


def test_a_task_that_had_no_turn_does_not_make_a_release_invalid_that_another_has_ended():
    """Whether it had one by then rests on time, and the verdict must not."""
    baseline = joined(build(), build(asked=0, name="other"))
    broken = joined(build(range(0, N, 2), label="mxfp4"), build(asked=1, label="mxfp4", name="other"))
    pairs, policy = pair_runs(baseline, broken), Policy(margin=0.05)
    verdict = decide(pairs, policy)
    assert [task.verdict for task in verdict.tasks] == [TaskVerdict.REGRESSED, TaskVerdict.INVALID]
    (alike,) = compare([("mxfp4", "", pairs)], policy).formats
    assert (verdict.verdict, alike.verdict) == (ReleaseVerdict.REGRESSED, ReleaseVerdict.REGRESSED)
    assert headline(verdict) == verdict.tasks[0].named_reason


def test_without_one_of_its_tasks_a_release_does_not_pass():
    baseline = joined(build(), build(asked=0, name="other"))
    pairs = pair_runs(baseline, joined(build(label="mxfp4"), build(asked=0, label="mxfp4", name="other")))
    (alike,) = compare([("mxfp4", "", pairs)], Policy(margin=0.05)).formats
    assert decide(pairs, Policy(margin=0.05)).verdict is alike.verdict is ReleaseVerdict.INCONCLUSIVE
