"""The mean over a suite decides beside its tasks, each at a margin of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quantgate.evals.decision.compare import compare
from quantgate.evals.decision.gate import decide
from quantgate.evals.decision.json import parse_decision
from quantgate.evals.decision.suite import joined_scores
from quantgate.evals.decision.types import Decided, Flag, NotComparable, ReleaseVerdict, TaskVerdict, Verdict
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.settings.policy import Policy
from quantgate.evals.stats.bounds import paired_bounds
from tests.evals.made_runs import joined, run_of

SIZES = {"a": 200, "b": 100, "c": 50}


def run(label: str, **wrong: int) -> Run:
    """A run of three tasks, each with its last third wrong in every build, and so many of its first items besides.

    One item of each is half right, so that the quicker bound decides about the tasks too.
    """
    runs = []
    for task, size in SIZES.items():
        scores = [0.0] * wrong.get(task, 0) + [1.0] * (2 * size // 3 - wrong.get(task, 0))
        runs.append(run_of(scores + [0.0] * (size - len(scores) - 1) + [0.5], label=label, name=task, whole=size))
    return joined(*runs)


BASELINE = run("fp8")


def policy(margin: float = 0.04, guard: float = 0.15, tasks: dict | None = None, **suite) -> Policy:
    named = {"tasks": list(SIZES), "margin": margin, **suite}
    return Policy.model_validate({"margin": guard, "suite": named, "tasks": tasks or {}})


def gate(asked: Policy, baseline: Run = BASELINE, candidate: Run | None = None, **wrong: int) -> Verdict:
    return decide(pair_runs(baseline, candidate or run("mxfp4", **wrong)), asked)


def mean_of(verdict: Verdict) -> Decided:
    assert verdict.suite is not None
    assert isinstance(verdict.suite.mean, Decided)
    return verdict.suite.mean


def test_the_mean_weighs_tasks_and_has_the_bounds_of_strata():
    verdict = gate(policy(weights={"a": 2}), a=4, b=1, c=1)
    mean = mean_of(verdict)
    assert verdict.suite.weights == pytest.approx({"a": 0.5, "b": 0.25, "c": 0.25})
    assert mean.difference == pytest.approx(-(0.5 * 4 / 200 + 0.25 / 100 + 0.25 / 50))
    assert mean.baseline == pytest.approx(0.5 * 133.5 / 200 + 0.25 * 66.5 / 100 + 0.25 * 33.5 / 50)
    assert mean.candidate == pytest.approx(mean.baseline + mean.difference)
    assert mean.recovery == pytest.approx(mean.candidate / mean.baseline)
    values = [
        value for task, lost in (("a", 4), ("b", 1), ("c", 1)) for value in [-1] * lost + [0] * (SIZES[task] - lost)
    ]
    strata = [task for task, size in SIZES.items() for _ in range(size)]
    alone = paired_bounds(values, strata=strata, weights={"a": 2, "b": 1, "c": 1})
    assert (mean.lower, mean.upper) == (alone.lower, alone.upper)


def test_a_task_with_strata_shares_its_weight_among_them():
    def scores(strata: tuple[str, ...] | None, lost: int, size: int) -> ItemScores:
        candidate = np.array([0.0] * lost + [1.0] * (size - lost))
        names = tuple(str(place) for place in range(size))
        return ItemScores(np.ones(size), candidate, strata, True, names, None, np.zeros(size), np.zeros(size))

    tau2 = scores(("air",) * 2 + ("shop",) * 8, 2, 10)
    both = joined_scores({"tau2": tau2, "a": scores(None, 1, 10)}, {"tau2": 0.8, "a": 0.2})
    assert sorted(both.weights.values()) == pytest.approx([0.2, 0.4, 0.4])
    # Every answer of the first stratum is lost: half of the task, and so 40% of the mean.
    assert both.mean(both.differences) == pytest.approx(-0.4 - 0.02)


def test_clusters_of_one_name_in_two_tasks_are_two():
    def scores(clusters: tuple[str, ...] | None) -> ItemScores:
        return ItemScores(np.ones(4), np.ones(4), None, True, tuple("pqrs"), clusters, np.zeros(4), np.zeros(4))

    both = joined_scores(
        {"a": scores(tuple("xxyy")), "b": scores(tuple("xxxx")), "c": scores(None)}, dict.fromkeys("abc", 1 / 3)
    )
    assert len(set(both.clusters)) == 2 + 1 + 4
    assert joined_scores({"a": scores(None), "b": scores(None)}, {"a": 0.5, "b": 0.5}).clusters is None


def test_suite_and_guards_must_all_pass():
    assert gate(policy()).verdict is ReleaseVerdict.PASS
    tight = gate(policy(margin=0.01))
    assert (tight.verdict, mean_of(tight).verdict) == (ReleaseVerdict.INCONCLUSIVE, TaskVerdict.INCONCLUSIVE)
    assert all(task.passes for task in tight.tasks)
    guarded = gate(policy(margin=0.1), c=4)
    assert mean_of(guarded).passes
    assert [task.passes for task in guarded.tasks] == [True, True, False]
    assert guarded.verdict is ReleaseVerdict.INCONCLUSIVE


def test_without_a_suite_nothing_is_said_of_one():
    verdict = gate(Policy(margin=0.15))
    assert verdict.suite is None
    assert '"suite": {' not in verdict.to_json()


def test_the_sentence_of_the_suite_comes_first_and_has_the_averages():
    verdict = gate(policy(), a=2)
    mean = mean_of(verdict)
    assert verdict.reasons[0] == mean.named_reason
    assert mean.named_reason.startswith(
        "suite of 3 tasks: 66.4% against 66.8%, recovery 99.5%, difference −0.33 points (−"
    )
    assert "equivalent." in mean.reason


def test_a_suite_that_regressed_is_searched_among_its_tasks():
    """At alpha divided by four members: three guards and the suite."""
    found = gate(policy(margin=0.03), a=20, b=10, c=5)
    assert TaskVerdict.REGRESSED not in [task.verdict for task in found.tasks]
    assert (found.verdict, mean_of(found).verdict) == (ReleaseVerdict.REGRESSED, TaskVerdict.REGRESSED)
    near = gate(policy(margin=0.05), a=20, b=10, c=4)
    mean = mean_of(near)
    assert mean.verdict is TaskVerdict.REGRESSED
    assert Flag.UNCONFIRMED_AMONG_TASKS in mean.flags
    assert near.verdict is ReleaseVerdict.INCONCLUSIVE


def test_an_advisory_task_counts_in_the_mean_and_guards_nothing():
    asked = policy(margin=0.1, tasks={"c": {"tier": "advisory"}})
    verdict = gate(asked, c=4)
    assert mean_of(verdict).difference == pytest.approx(-4 / 50 / 3)
    assert verdict.verdict is ReleaseVerdict.PASS


def test_a_suite_of_advisory_tasks_decides_alone():
    asked = policy(tasks={task: {"tier": "advisory"} for task in SIZES})
    assert [gate(asked).verdict, gate(asked, a=90, b=40).verdict] == [ReleaseVerdict.PASS, ReleaseVerdict.REGRESSED]


def with_missing(task: str, count: int) -> Run:
    whole = run("mxfp4")
    gone = {key for key in list(whole.samples) if key[0] == task and int(key[1]) < count}
    return Run(whole.record, {key: sample for key, sample in whole.samples.items() if key not in gone})


@pytest.mark.parametrize("tier", ["required", "advisory"])
def test_a_task_that_cannot_be_compared_leaves_the_suite_without_a_mean(tier):
    verdict = gate(policy(tasks={"c": {"tier": tier}}), candidate=with_missing("c", 5))
    assert verdict.verdict is ReleaseVerdict.INVALID
    assert isinstance(verdict.suite.mean, NotComparable)
    assert "it has no mean, for one of its tasks cannot be judged: c: " in verdict.reasons[0]


def test_what_is_missing_in_a_task_counts_for_the_worst_in_either_bound_of_the_mean():
    asked = policy(margin=0.2, guard=0.3, tasks={"c": {"max_missing": 0.1}})
    whole, holed = mean_of(gate(asked)), mean_of(gate(asked, candidate=with_missing("c", 5)))
    # Five of fifty are missing, of a third of the mean, and the baseline has them right: they can be no gain.
    assert holed.missing == pytest.approx(5 / 50 / 3)
    assert holed.lower < whole.lower - 0.02
    assert holed.upper == whole.upper


def test_what_blocks_a_task_blocks_the_suite():
    verdict = gate(policy(tasks={"c": {"tier": "advisory", "expected": "0.9 +- 0.05"}}))
    mean = mean_of(verdict)
    assert (mean.verdict, mean.blocked, verdict.verdict) == (TaskVerdict.EQUIVALENT, True, ReleaseVerdict.INCONCLUSIVE)
    assert [finding.message[:2] for finding in mean.findings] == ["c:"]
    assert "It does not pass all the same. c: " in mean.reason


def test_the_json_of_a_suite_is_read_back():
    for candidate in (run("mxfp4", a=2), with_missing("c", 5)):
        verdict = gate(policy(), candidate=candidate)
        assert parse_decision(verdict.to_json()).to_json() == verdict.to_json()


def compared(asked: Policy, *candidates: Run):
    return compare([(f"f{place}", "", pair_runs(BASELINE, one)) for place, one in enumerate(candidates)], asked)


def test_one_format_has_the_suite_of_the_gate():
    candidate = run("mxfp4", a=2, b=1)
    alone = gate(policy(), candidate=candidate)
    (build,) = compared(policy(), candidate).formats
    assert (build.suite, build.verdict) == (alone.suite, alone.verdict)


@pytest.mark.slow
def test_the_suites_of_several_formats_share_one_alpha():
    equal, worse, lost = run("x"), run("y", a=12, b=6, c=3), run("z", a=60, b=30, c=15)
    found = compared(policy(), equal, worse, lost)
    rows = {build.name: build.suite.mean for build in found.formats}
    alone = mean_of(gate(policy(), candidate=worse))
    assert rows["f1"].lower < alone.lower
    assert [build.verdict for build in found.formats] == ["pass", "inconclusive", "regressed"]
    assert rows["f2"].verdict is TaskVerdict.REGRESSED
    assert "below −4)" in rows["f2"].reason
    assert parse_decision(found.to_json()).to_json() == found.to_json()


def test_formats_are_sorted_by_their_suites():
    light, heavy = run("light", a=2), run("heavy", c=1)
    asked = policy(weights={"a": 8}, guard=0.3)
    assert [build.name for build in compared(asked, light, heavy).formats] == ["f1", "f0"]


def answered(label: str, seed: int, whole: int | None = 80) -> Run:
    """Two tasks of noisy answers, one asked once and one eight times."""
    chance = np.random.default_rng(seed)
    many = run_of([0.0] * 80, label=label, name="often", repeats=8, whole=whole)
    samples = {key: replace(sample, score=float(chance.random() < 0.5)) for key, sample in many.samples.items()}
    once = run_of([1.0] * 200, label=label, name="once", whole=200)
    return joined(once, Run(many.record, samples))


@pytest.mark.parametrize("whole", [80, None])
def test_where_some_tasks_were_asked_more_often_more_repeats_are_told_as_times(whole):
    asked = Policy.model_validate({"margin": 0.3, "suite": {"tasks": ["once", "often"], "margin": 0.03}})
    mean = mean_of(gate(asked, answered("fp8", 3, whole), answered("mxfp4", 4, whole)))
    assert mean.verdict is TaskVerdict.INCONCLUSIVE
    assert mean.repeats == 1
    first = mean.prospects[0]
    assert (first.over, first.items, first.settles) == ("times", 280, True)
    assert first.repeats > 1
    assert f"About {first.repeats} times as many repeats of every item would settle it" in mean.reason
    assert mean.reason.endswith("280 were asked, some tasks' more often.")


def test_items_grow_to_what_each_tasks_benchmark_has():
    """A task that is asked in full cannot grow, and more of the other are what settles it."""
    runs = [
        joined(
            run_of([0.5] * 100 + [score] * 4 + [1 - score] * 4, name="full", whole=108, label=label),
            run_of([score] * 6 + [1 - score] * 6 + [0.5] * 60, name="part", whole=2000, label=label),
        )
        for label, score in (("fp8", 1.0), ("mxfp4", 0.0))
    ]
    asked = Policy.model_validate({"margin": 0.3, "suite": {"tasks": ["full", "part"], "margin": 0.05}})
    mean = mean_of(gate(asked, *runs))
    first = mean.prospects[0]
    assert (first.over, first.settles) == ("items", True)
    assert mean.items < first.items <= 2108
