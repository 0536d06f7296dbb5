"""What a verdict is to hold for: questions like these, or a benchmark's very questions."""

import random
from dataclasses import replace

import pytest

from quantgate.evals.decision.gate import decide
from quantgate.evals.decision.json import parse_decision
from quantgate.evals.decision.types import TaskVerdict
from quantgate.evals.errors import UsageError
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.settings.policy import Policy, load_policy
from quantgate.evals.settings.requirements import Target
from quantgate.evals.stats.exact.bounds import exact_lower_bound
from tests.evals.made_runs import joined, pair_of, run_of

ON_THESE = Policy(target=Target.BENCHMARK)


def sampled(rates, repeats, seed, **task):
    chance = random.Random(seed)
    run = run_of([1.0] * len(rates), repeats=repeats, **{"sampling": {"temperature": 1.0}, **task})
    keys = sorted(run.samples)
    return Run(
        run.record, {key: replace(run.samples[key], score=float(chance.random() < rates[int(key[1])])) for key in keys}
    )


def decided(baseline, candidate, policy=ON_THESE):
    return decide(pair_runs(baseline, candidate), policy).tasks[0]


def test_of_these_very_questions_repeats_show_far_more():
    rates = [1.0] * 150 + [0.5] * 48
    runs = sampled(rates, 16, 1), sampled(rates, 16, 2)
    these, like = decided(*runs), decided(*runs, Policy())
    assert these.upper - these.lower < 0.75 * (like.upper - like.lower)
    assert (these.target, like.target) == (Target.BENCHMARK, Target.QUESTIONS)
    assert these.reason.split(".")[0].endswith(", on these 198 questions")


@pytest.mark.parametrize("policy", [Policy(), ON_THESE])
def test_both_are_told_and_the_policy_s_decides(policy):
    runs = sampled([0.8] * 60, 4, 1), sampled([0.8] * 60, 4, 2)
    task = decided(*runs, policy)
    told = {one.target: one for one in task.targets}
    assert [one.target for one in task.targets if one.decides] == [policy.target]
    assert (told[policy.target].lower, told[policy.target].upper) == (task.lower, task.upper)
    other = decided(*runs, Policy(target=policy.target.other))
    assert told[policy.target.other].lower == other.lower


def test_one_answer_each_is_decided_alike_for_both():
    runs = pair_of(6, 2, 198)
    assert decided(*runs).lower == decided(*runs, Policy()).lower == exact_lower_bound(6, 2, 198)


def test_the_target_may_be_a_task_s_own():
    policy = Policy(tasks={"gsm8k": {"target": "benchmark"}})
    assert decided(*pair_of(6, 2, 198), policy).target is Target.BENCHMARK


def test_repeats_of_greedy_answers_count_once():
    greedy = {"sampling": {"temperature": 0.0}}
    runs = run_of([1.0] * 60, repeats=16, **greedy), run_of([1.0] * 60, repeats=16, label="mxfp4", **greedy)
    task = decided(*runs)
    assert task.lower == pytest.approx(-(1 - 0.05 ** (1 / 60)))
    assert "Each item counts once: decoding is greedy" in task.method_reason
    assert task.verdict is TaskVerdict.INCONCLUSIVE
    assert task.reason.endswith("Asked again, these questions get the same answers: they cannot settle it.")


@pytest.mark.parametrize(("rates", "said"), [([1.0] * 60, "Each item counts once"), ([0.5] * 60, "240 pairs")])
def test_where_no_temperature_is_known_repeats_count_when_they_differ(rates, said):
    assert said in decided(*(sampled(rates, 4, seed, sampling={}) for seed in (1, 2))).method_reason


def test_a_flip_of_batching_makes_no_independent_answers_of_a_run_of_unknown_temperature():
    def flipped(label):
        run = run_of([1.0] * 100, repeats=16, label=label, sampling={})
        key = ("gsm8k", "7", 3)
        return Run(run.record, {**run.samples, key: replace(run.samples[key], score=0.0)})

    task = decided(flipped("fp8"), flipped("mxfp4"))
    assert "all repeats of all but 1 of 100 items score alike" in task.method_reason
    assert task.lower < -(1 - 0.05 ** (1 / 100)) + 1e-9


def test_greedy_by_what_the_server_is_told_beside_the_temperature_counts_once():
    greedy = {"sampling": {"temperature": 1.0, "extra_body": {"top_k": 1}}}
    runs = [sampled([1.0] * 57 + [0.5] * 3, 8, seed, **greedy) for seed in (1, 2)]
    assert "Each item counts once: decoding is greedy" in decided(*runs).method_reason


def test_items_that_are_alike_are_none_the_less_these_ones():
    def clustered(run):
        samples = {key: replace(one, cluster=str(int(one.item_id) // 5)) for key, one in run.samples.items()}
        return Run(run.record, samples)

    runs = [clustered(sampled([0.8] * 60, 4, seed)) for seed in (1, 2)]
    plain = [sampled([0.8] * 60, 4, seed) for seed in (1, 2)]
    assert decided(*runs).lower == decided(*plain).lower
    assert decided(*runs, Policy()).lower < decided(*plain, Policy()).lower


def test_a_part_of_a_benchmark_is_not_called_the_whole():
    runs = sampled([0.8] * 60, 4, 1, whole=500), sampled([0.8] * 60, 4, 2, whole=500)
    assert "on these 60 questions of the benchmark's 500" in decided(*runs).reason


def test_more_repeats_of_these_questions_are_what_would_settle_it():
    rates = [1.0] * 150 + [0.5] * 48
    task = decided(sampled(rates, 2, 1), sampled(rates, 2, 2), Policy(margin=0.015, target=Target.BENCHMARK))
    assert task.verdict is TaskVerdict.INCONCLUSIVE
    assert {one.over for one in task.prospects} == {"repeats"}
    assert task.prospects[0].items == 198
    assert task.precision.over == "repeats"


def test_a_saved_decision_is_read_back():
    verdict = decide(pair_runs(*pair_of(6, 2, 198)), ON_THESE)
    assert parse_decision(verdict.to_json()).tasks == verdict.tasks


def test_an_unknown_target_is_refused():
    with pytest.raises(UsageError, match="--target items: write questions"):
        load_policy(None, target="items")


def test_repeats_of_greedy_answers_settle_no_suite():
    """What the greedy task's 30 items may hide is beyond the margin, however often they are asked."""

    def build(seed, label):
        greedy = run_of([1.0] * 30, label=label, name="greedy")
        return joined(greedy, sampled([0.7] * 60, 4, seed, label=label, name="drawn"))

    policy = Policy(target=Target.BENCHMARK, margin=0.3, suite={"tasks": ["greedy", "drawn"], "margin": 0.03})
    suite = decide(pair_runs(build(1, "fp8"), build(2, "mxfp4")), policy).suite.mean
    assert suite.verdict is TaskVerdict.INCONCLUSIVE
    assert not any(one.settles for one in suite.prospects)


def test_a_suite_says_of_how_many_items_repeats_count_once():
    def build(seed, label):
        greedy = run_of([1.0] * 30, label=label, name="greedy", repeats=4)
        return joined(greedy, sampled([0.7] * 60, 4, seed, label=label, name="drawn"))

    policy = Policy(target=Target.BENCHMARK, margin=0.3, suite={"tasks": ["greedy", "drawn"], "margin": 0.3})
    said = decide(pair_runs(build(1, "fp8"), build(2, "mxfp4")), policy).suite.mean.method_reason
    assert "over 270 pairs of answers" in said
    assert "Each of 30 items counts once: decoding is greedy" in said
