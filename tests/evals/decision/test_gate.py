"""What the gate decides, and what it says."""

import json
import random
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from quantgate.evals.contract.records import Status
from quantgate.evals.decision.figures import check_noise_run
from quantgate.evals.decision.gate import decide
from quantgate.evals.decision.types import NotComparable, ReleaseVerdict, TaskVerdict, Verdict
from quantgate.evals.errors import UsageError
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.runs.record import RepliesOf
from quantgate.evals.settings.policy import Policy
from quantgate.evals.stats.exact.bounds import exact_lower_bound
from tests.evals.made_runs import joined, pair_of, run_of


def gate(losses: int, gains: int, n: int, margin: float = 0.02) -> Verdict:
    return decide(pair_runs(*pair_of(losses, gains, n)), Policy(margin=margin))


@pytest.mark.slow
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


@pytest.mark.slow
@given(
    counts=st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 60)),
    margins=st.tuples(st.floats(0.001, 0.9), st.floats(0.001, 0.9)),
)
@settings(max_examples=60, deadline=None)
def test_a_wider_margin_never_turns_a_pass_into_a_fail(counts, margins):
    losses, gains, rest = counts
    narrow, wide = sorted(margins)
    n = losses + gains + rest
    # What does not pass at the narrow margin shows nothing, and what would settle it is dear to find.
    assume(exact_lower_bound(losses, gains, n) > -narrow)
    if gate(losses, gains, n, narrow).tasks[0].passes:
        assert gate(losses, gains, n, wide).tasks[0].passes


def test_every_task_must_pass():
    runs = several((5, 5, 1319), (100, 5, 1319))
    verdict = decide(pair_runs(*runs), Policy(margin=0.02))
    assert [task.verdict for task in verdict.tasks] == [TaskVerdict.EQUIVALENT, TaskVerdict.REGRESSED]
    assert verdict.verdict is ReleaseVerdict.REGRESSED
    assert verdict.reasons == (f"t1: {verdict.tasks[1].reason}",)


def test_no_task_at_all_is_invalid():
    empty = Run(replace(run_of([1.0]).record, tasks=()), {})
    assert decide(pair_runs(empty, empty), Policy()).verdict is ReleaseVerdict.INVALID


@pytest.mark.parametrize("build", ["baseline", "candidate"])
def test_a_missing_answer_makes_the_task_invalid_and_gives_no_number(build):
    whole, holed = run_of([1.0] * 50), run_of([1.0] * 49 + [None])
    pairs = pair_runs(holed, whole) if build == "baseline" else pair_runs(whole, holed)
    (task,) = decide(pairs, Policy()).tasks
    assert isinstance(task, NotComparable)
    told = task.as_dict()
    assert (task.verdict, told["difference"], told["lower"]) == (TaskVerdict.INVALID, None, None)
    assert f"1 of the {build}'s samples have no answer" in task.reason


def test_a_sample_that_neither_run_holds_is_missing_all_the_same():
    run = run_of([1.0] * 50)
    torn = Run(run.record, {key: sample for key, sample in run.samples.items() if key[1] != "7"})
    assert decide(pair_runs(torn, torn), Policy()).verdict is ReleaseVerdict.INVALID


def test_runs_that_cannot_be_compared_are_invalid_with_the_reason():
    verdict = decide(pair_runs(run_of([1.0]), run_of([1.0], version="9")), Policy())
    assert verdict.verdict is ReleaseVerdict.INVALID
    assert 'version "3.0" for the baseline, "9" for the candidate' in verdict.reasons[0]


def test_repeats_are_averaged_per_item_and_items_are_the_unit():
    baseline, candidate = run_of([1.0] * 150, repeats=4), run_of([1.0] * 149 + [0.0], repeats=4)
    (task,) = decide(pair_runs(baseline, candidate), Policy(margin=0.05)).tasks
    assert (task.method, task.items, task.repeats, task.losses) == ("bayesian", 150, 4, None)
    assert task.difference == pytest.approx(-1 / 150)
    assert task.verdict is TaskVerdict.EQUIVALENT
    assert task.lower is not None
    assert task.lower < -2 / 150


def test_fractional_scores_are_decided_by_the_bootstrap():
    (task,) = decide(pair_runs(run_of([0.5] * 100), run_of([0.1] * 100)), Policy()).tasks
    assert (task.method, task.verdict) == ("bayesian", TaskVerdict.REGRESSED)


def test_strata_weigh_alike_whatever_their_size():
    strata = ["airline"] * 50 + ["retail"] * 150

    def stratified(scores: list[float], label: str) -> Run:
        run = run_of(scores, label=label)
        return Run(run.record, {k: replace(s, stratum=strata[int(k[1])]) for k, s in run.samples.items()})

    baseline = stratified([1.0] * 200, "fp8")
    candidate = stratified([0.0] * 25 + [1.0] * 175, "mxfp4")
    (task,) = decide(pair_runs(baseline, candidate), Policy()).tasks
    assert task.candidate == pytest.approx((0.5 + 1.0) / 2)
    assert task.difference == pytest.approx(-0.25)
    assert task.method == "bayesian"


def cut(run: Run, count: int) -> Run:
    keys = sorted(run.samples)[:count]
    return Run(run.record, {**run.samples, **{k: replace(run.samples[k], status=Status.TRUNCATED) for k in keys}})


@pytest.mark.parametrize(("in_baseline", "in_candidate"), [(0, 25), (25, 25), (0, 11)])
def test_too_many_cut_answers_block_a_pass(in_baseline, in_candidate):
    runs = cut(run_of([1.0] * 1000), in_baseline), cut(run_of([1.0] * 1000), in_candidate)
    verdict = decide(pair_runs(*runs), Policy())
    assert "truncation" in verdict.tasks[0].flags
    assert verdict.verdict is ReleaseVerdict.INCONCLUSIVE
    assert "It does not pass all the same" in verdict.reasons[0]
    assert "cut" in verdict.reasons[0]


def test_a_few_cut_answers_on_both_sides_do_not():
    runs = cut(run_of([1.0] * 1000), 15), cut(run_of([1.0] * 1000), 20)
    assert decide(pair_runs(*runs), Policy()).verdict is ReleaseVerdict.PASS


def test_builds_that_answered_nothing_do_not_pass():
    silent = cut(run_of([0.0] * 300), 300)
    verdict = decide(pair_runs(silent, silent), Policy())
    assert verdict.verdict is ReleaseVerdict.INVALID
    assert "the baseline and the candidate have no complete answer" in verdict.reasons[0]


def test_a_baseline_below_its_floor_is_not_trusted():
    runs = run_of([1.0] * 3 + [0.0] * 97), run_of([1.0] * 3 + [0.0] * 97)
    verdict = decide(pair_runs(*runs), Policy(baseline_at_least=0.5))
    assert verdict.verdict is ReleaseVerdict.INVALID
    assert "scores 3.0%, under the 50.0%" in verdict.reasons[0]


def test_allowed_missing_answers_count_against_the_candidate():
    runs = run_of([1.0] * 99 + [0.0]), run_of([1.0] * 98 + [None, 0.0])
    (task,) = decide(pair_runs(*runs), Policy(max_missing=0.02)).tasks
    assert (task.losses, task.gains, task.candidate) == (1, 0, 0.98)
    assert "missing_counted_against" in task.flags
    holed = run_of([1.0] * 98 + [0.0, None]), run_of([1.0] * 99 + [0.0])
    assert decide(pair_runs(*holed), Policy(max_missing=0.02)).tasks[0].losses == 1


def test_a_sample_missing_from_both_runs_is_a_loss_where_it_is_allowed():
    run = run_of([1.0] * 100)
    torn = Run(run.record, {key: sample for key, sample in run.samples.items() if key[1] != "7"})
    assert decide(pair_runs(torn, torn), Policy(max_missing=0.02)).tasks[0].losses == 1


def test_equivalence_may_be_required_on_both_sides():
    runs = pair_of(0, 60, 1319)
    assert decide(pair_runs(*runs), Policy()).verdict is ReleaseVerdict.PASS
    strict = decide(pair_runs(*runs), Policy(require="equivalent"))
    assert strict.verdict is ReleaseVerdict.INCONCLUSIVE
    assert "requires equivalence on both sides" in strict.reasons[0]


def named(run: Run, name: str) -> Run:
    record = replace(run.record, tasks=(replace(run.record.tasks[0], name=name),))
    return Run(record, {(name, *key[1:]): replace(sample, task=name) for key, sample in run.samples.items()})


def several(*counts: tuple[int, int, int]) -> tuple[Run, Run]:
    pairs = [pair_of(*each) for each in counts]
    builds = [[named(pair[side], f"t{number}") for number, pair in enumerate(pairs)] for side in (0, 1)]
    return joined(*builds[0]), joined(*builds[1])


def test_an_advisory_task_never_blocks():
    policy = Policy.model_validate({"tasks": {"t1": {"tier": "advisory"}}})
    verdict = decide(pair_runs(*several((5, 5, 1319), (100, 5, 1319))), policy)
    assert verdict.verdict is ReleaseVerdict.PASS
    assert verdict.tasks[1].verdict is TaskVerdict.REGRESSED


@pytest.mark.slow
def test_a_regression_that_only_stands_alone_is_not_confirmed_among_many_tasks():
    weak = (50, 10, 1319)
    alone = decide(pair_runs(*several(weak)), Policy())
    assert alone.verdict is ReleaseVerdict.REGRESSED
    among = decide(pair_runs(*several(weak, *[(5, 5, 1319)] * 9)), Policy())
    assert among.verdict is ReleaseVerdict.INCONCLUSIVE
    assert "unconfirmed_among_tasks" in among.tasks[0].flags


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


def test_the_json_is_the_contracts():
    document = json.loads(gate(36, 23, 1319).to_json())
    assert set(document) == {
        *("schema_version", "verdict", "reasons", "baseline", "candidate", "policy", "tasks"),
        *("command", "created", "software"),
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
    assert task["description"]["intervals"]["tango"] == pytest.approx([-0.019802, -0.000283], abs=1e-6)
    assert task["descriptive_interval"] == task["description"]["intervals"]["percentile"]
    assert task["description"]["discordance"]["count"] == 59


def test_a_second_run_of_the_baseline_shows_what_serving_alone_flips():
    baseline, candidate = pair_of(30, 10, 500)
    keys = sorted(baseline.samples)
    again = Run(baseline.record, {**baseline.samples, keys[0]: replace(baseline.samples[keys[0]], score=0.0)})
    verdict = decide(pair_runs(baseline, candidate), Policy(), pair_runs(baseline, again))
    noise = verdict.tasks[0].description.noise
    assert (noise.flips.count, noise.noise.count) == (40, 1)
    assert noise.excess == pytest.approx(39 / 500)
    assert noise.explained == pytest.approx(1 / 40)


def test_a_noise_run_of_other_questions_is_refused():
    with pytest.raises(UsageError, match="--noise must be a complete second run of the baseline; gsm8k: "):
        check_noise_run(pair_runs(run_of([1.0]), run_of([1.0], version="2")))
    with pytest.raises(UsageError, match="1 of its samples have no answer"):
        check_noise_run(pair_runs(run_of([1.0]), run_of([None])))


def test_a_noise_run_of_several_models_is_refused_unless_it_is_meant():
    again = run_of([1.0])
    told = tuple(RepliesOf(name, None, 1, "then", "now") for name in ("m", "other"))
    noise = pair_runs(run_of([1.0]), Run(replace(again.record, replies=told), again.samples))
    with pytest.raises(UsageError, match="--noise: The run holds answers of more than one model"):
        check_noise_run(noise)
    check_noise_run(noise, model_changed=True)


def test_strata_are_shown_one_by_one():
    names = ["airline", "retail"] * 50

    def stratified(scores: list[float]) -> Run:
        run = run_of(scores)
        return Run(run.record, {key: replace(s, stratum=names[int(key[1])]) for key, s in run.samples.items()})

    (task,) = decide(pair_runs(stratified([1.0] * 100), stratified([0.0, 1.0] * 50)), Policy()).tasks
    assert [(s.stratum, s.items, s.difference) for s in task.strata] == [("airline", 50, -1.0), ("retail", 50, 0.0)]
    json.dumps(task.as_dict())


def test_exit_codes_are_the_contracts():
    assert [verdict.exit_code for verdict in ReleaseVerdict] == [0, 1, 3, 4]


def test_each_stratum_has_its_own_bounds_and_an_advisory_verdict():
    names = ["airline"] * 100 + ["retail"] * 300

    def stratified(scores: list[float], label: str) -> Run:
        run = run_of(scores, label=label)
        return Run(run.record, {key: replace(s, stratum=names[int(key[1])]) for key, s in run.samples.items()})

    worse = stratified([0.0] * 40 + [1.0] * 360, "mxfp4")
    (task,) = decide(pair_runs(stratified([1.0] * 400, "fp8"), worse), Policy(margin=0.05)).tasks
    airline, retail = task.strata
    assert (airline.verdict, retail.verdict) == (TaskVerdict.REGRESSED, TaskVerdict.EQUIVALENT)
    assert airline.upper < -0.05 < retail.lower
    assert task.verdict is TaskVerdict.REGRESSED


def test_repeats_of_too_few_items_are_not_said_to_settle_it():
    # Of 30 items the bound cannot come nearer than 1 - 0.05 ** (1 / 30) = 9.5 points, however often they are asked.
    scores = [1.0, 0.0] * 15
    baseline, candidate = run_of(scores, repeats=4), run_of(scores, repeats=4)
    noisy = {
        key: replace(sample, score=1.0 - (sample.score or 0.0)) if key[2] == int(key[1]) % 4 else sample
        for key, sample in candidate.samples.items()
    }
    task = decide(pair_runs(baseline, Run(candidate.record, noisy)), Policy(margin=0.05)).tasks[0]
    assert task.verdict is TaskVerdict.INCONCLUSIVE
    assert task.needed == {"items": None, "repeats": None}
    assert "More repeats of these 30 items cannot settle it" in task.reason


def test_one_item_asked_often_is_told_to_need_items():
    task = decide(pair_runs(run_of([1.0], repeats=16), run_of([1.0], repeats=16)), Policy()).tasks[0]
    assert task.needed is not None
    assert task.needed["items"] > 1
    assert "items with as many flips, asked 16 times each, would" in task.reason


def test_repeats_too_can_be_too_few_items_to_pass_at_all():
    few = run_of([1.0] * 50, repeats=4)
    assert "cannot_pass_at_this_n" in decide(pair_runs(few, few), Policy(margin=0.05)).tasks[0].flags
    more = run_of([1.0] * 60, repeats=4)
    assert "cannot_pass_at_this_n" not in decide(pair_runs(more, more), Policy(margin=0.05)).tasks[0].flags


@pytest.mark.parametrize("repeats", [1, 4])
def test_a_build_that_is_better_is_not_told_that_it_cannot_pass(repeats):
    baseline, better = run_of([0.0] * 15 + [1.0] * 15, repeats=repeats), run_of([1.0] * 30, repeats=repeats)
    (task,) = decide(pair_runs(baseline, better), Policy(margin=0.05)).tasks
    assert task.passes
    assert task.flags == ("superior",)


def test_where_more_repeats_of_the_items_would_settle_it_they_are_not_said_to_be_too_few():
    # Of 50 items an equal build cannot pass at five points, however often they are asked; one that gains eight may.
    chance, run = random.Random(6), run_of([1.0] * 50, repeats=2)

    def right(share: float) -> Run:
        keys = sorted(run.samples)
        return Run(run.record, {key: replace(run.samples[key], score=float(chance.random() < share)) for key in keys})

    (task,) = decide(pair_runs(right(0.5), right(0.62)), Policy(margin=0.05)).tasks
    assert task.needed["items"] == 50
    assert task.needed["repeats"] > 2
    assert "cannot_pass_at_this_n" not in task.flags
