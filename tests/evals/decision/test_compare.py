"""Several formats at once: bounds that hold together, verdicts, sorting, and the cheapest that passes."""

import json
import math
from dataclasses import replace

import pytest

from quantgate.evals.decision.compare import compare
from quantgate.evals.decision.gate import decide
from quantgate.evals.decision.types import ReleaseVerdict, TaskVerdict
from quantgate.evals.errors import UsageError
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.settings.policy import Policy, TaskPolicy
from quantgate.evals.stats import exact_lower_bound, exact_upper_bound
from tests.evals.made_runs import joined, run_of

ITEMS, RIGHT = 1319, 1170


def candidate(losses, gains, **changes):
    scores = [0.0] * losses + [1.0] * (RIGHT - losses) + [1.0] * gains + [0.0] * (ITEMS - RIGHT - gains)
    return run_of(scores, **changes)


BASELINE = candidate(0, 0)


def compared(outcomes, policy=None, costs=None, baseline=BASELINE):
    """A comparison of formats named `f0`, `f1`, ... given as (losses, gains) or as runs."""
    runs = [candidate(*outcome) if isinstance(outcome, tuple) else outcome for outcome in outcomes]
    named = [(f"f{i}", f"runs/f{i}", pair_runs(baseline, run)) for i, run in enumerate(runs)]
    return compare(named, policy or Policy(), costs)


def row(comparison, name):
    return next(build for build in comparison.formats if build.name == name).tasks[0]


def test_one_format_is_decided_as_the_gate_decides_it():
    found = compared([(36, 23)])
    alone = decide(pair_runs(BASELINE, candidate(36, 23)), Policy())
    assert found.verdict is alone.verdict is ReleaseVerdict.PASS
    assert row(found, "f0") == alone.tasks[0]


@pytest.mark.slow
def test_a_format_that_passes_alone_may_not_when_it_was_picked_out_of_several():
    # p = .0462 at two points: enough for one look, not for three at .05 / 3.
    three = compared([(36, 23), (36, 23), (36, 23)])
    assert [build.verdict for build in three.formats] == [ReleaseVerdict.INCONCLUSIVE] * 3
    assert row(three, "f0").lower == pytest.approx(exact_lower_bound(36, 23, ITEMS, 0.05 / 3))


def test_a_step_down_spends_what_clear_passes_leave_over():
    found = compared([(0, 0), (3, 2), (36, 23)])
    assert [build.passes for build in found.formats] == [True] * 3
    assert found.verdict is ReleaseVerdict.PASS


def test_of_a_pass_beside_a_failure_no_more_is_claimed_than_the_margin():
    found = compared([(3, 2), (100, 5)])
    assert row(found, "f0").verdict is TaskVerdict.EQUIVALENT
    assert row(found, "f0").lower == math.nextafter(-0.02, 1)
    assert row(found, "f1").lower == pytest.approx(exact_lower_bound(100, 5, ITEMS, 0.05))
    assert row(found, "f1").upper == math.nextafter(-0.02, -1)


def test_where_all_pass_the_bounds_are_those_at_alpha_over_their_number():
    found = compared([(3, 2), (2, 2)])
    assert row(found, "f0").lower == pytest.approx(exact_lower_bound(3, 2, ITEMS, 0.025))
    assert row(found, "f0").upper == pytest.approx(exact_upper_bound(3, 2, ITEMS, 0.025))


@pytest.mark.slow
def test_adding_formats_never_raises_a_lower_bound_or_turns_a_fail_into_a_pass():
    outcomes = [(36, 23), (3, 2), (60, 30), (100, 5), (20, 15)]
    for count in range(1, len(outcomes)):
        fewer, more = compared(outcomes[:count]), compared(outcomes[: count + 1])
        for i in range(count):
            assert row(more, f"f{i}").lower <= row(fewer, f"f{i}").lower + 1e-12


@pytest.mark.slow
@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        ([(3, 2), (2, 2)], "pass"),
        ([(3, 2), (60, 40)], "inconclusive"),
        ([(3, 2), (60, 40), (100, 5)], "regressed"),
        ([(3, 2), (100, 5), candidate(3, 2, version="2")], "invalid"),
    ],
)
def test_the_verdict_is_the_worst_of_the_formats(outcomes, verdict):
    assert compared(outcomes).verdict.value == verdict


def test_a_run_that_cannot_be_paired_is_invalid_says_why_and_does_not_weigh_on_the_others():
    found = compared([(36, 23), candidate(36, 23, version="2")])
    assert row(found, "f1").verdict is TaskVerdict.INVALID
    assert 'version "3.0" for the baseline' in row(found, "f1").reason
    assert row(found, "f0") == row(compared([(36, 23)]), "f0")
    assert [build.name for build in found.formats] == ["f0", "f1"], "what has no figures comes last"


@pytest.mark.slow
def test_equivalence_where_it_is_required_is_decided_on_both_sides_together():
    policy = Policy(require="equivalent")
    found = compared([(3, 2), (5, 60), (36, 23)], policy)
    assert row(found, "f1").verdict is TaskVerdict.NON_INFERIOR, "better by more than the margin"
    assert {build.name for build in found.formats if build.passes} == {"f0"}
    assert row(found, "f2").verdict is not TaskVerdict.EQUIVALENT


@pytest.mark.slow
def test_formats_come_best_first_or_cheapest_first():
    outcomes = [(60, 40), (3, 2), (100, 5)]
    assert [build.name for build in compared(outcomes).formats] == ["f1", "f0", "f2"]
    priced = compared(outcomes, costs={"f0": 2, "f1": 3, "f2": 1})
    assert [build.name for build in priced.formats] == ["f2", "f0", "f1"]
    assert priced.cheapest == ("f1",)


def test_the_sizes_that_all_servers_tell_are_the_costs_and_change_no_order():
    sizes = {"f0": 900_000_000, "f1": 500_000_000}
    runs = []
    for (losses, gains), size in zip([(3, 2), (4, 2)], sizes.values(), strict=True):
        run = candidate(losses, gains)
        runs.append(Run(replace(run.record, endpoint={"served": {"meta": {"size": size}}}), run.samples))
    found = compared(runs)
    assert [(build.name, build.cost) for build in found.formats] == [("f0", 900.0), ("f1", 500.0)]
    assert (found.cheapest, found.cost_unit) == (("f1",), "MB of weights")
    assert compared(runs, costs={"f0": 1, "f1": 2}).cost_unit == ""


def test_a_tie_marks_both_and_no_pass_marks_none():
    assert compared([(3, 2), (2, 2)], costs={"f0": 1, "f1": 1}).cheapest == ("f1", "f0")
    assert compared([(100, 5)], costs={"f0": 1}).cheapest == ()


def repeated(drop, label="fp8"):
    """200 items asked four times, with the last two answers of the first `drop` items wrong."""
    run = run_of([1.0] * 200, repeats=4, label=label)
    wrong = {key for key in run.samples if int(key[1]) < drop and key[2] > 1}
    samples = {k: s if k not in wrong else type(s)(**{**fields(s), "score": 0.0}) for k, s in run.samples.items()}
    return type(run)(run.record, samples)


def fields(sample):
    return {name: getattr(sample, name) for name in sample.__dataclass_fields__}


def test_repeats_are_bounded_by_the_bayesian_bootstrap_in_the_same_step_down():
    policy = Policy(margin=0.05)
    found = compared([repeated(3), repeated(30)], policy, baseline=repeated(0))
    assert {row(found, name).method for name in ("f0", "f1")} == {"bayesian"}
    assert [build.passes for build in found.formats] == [True, False]
    alone = decide(pair_runs(repeated(0), repeated(30)), policy).tasks[0]
    assert row(found, "f1").lower == alone.lower, "left alone at the end, it has the whole of alpha"


def two_tasks(first, second):
    return joined(candidate(*first), candidate(*second, name="other"))


@pytest.mark.slow
def test_every_required_task_must_pass_and_an_advisory_one_need_not():
    baseline = two_tasks((0, 0), (0, 0))
    runs = [two_tasks((3, 2), (3, 2)), two_tasks((3, 2), (100, 5))]
    strict = compared(runs, baseline=baseline)
    assert [build.verdict.value for build in strict.formats] == ["pass", "regressed"]
    advisory = Policy(tasks={"other": TaskPolicy(tier="advisory")})
    assert compared(runs, advisory, baseline=baseline).verdict is ReleaseVerdict.PASS


@pytest.mark.slow
def test_a_format_bad_at_one_task_each_does_not_get_the_whole_alpha_twice():
    # Per task the clear pass leaves .05 for the other format; over formats neither passes first, so each has .025.
    runs = [two_tasks((3, 2), (36, 23)), two_tasks((36, 23), (3, 2))]
    found = compared(runs, baseline=two_tasks((0, 0), (0, 0)))
    assert all(task.passes for build in found.formats for task in build.tasks)
    assert [build.unconfirmed for build in found.formats] == [True, True]
    assert found.verdict is ReleaseVerdict.INCONCLUSIVE


def test_more_formats_than_alpha_can_be_divided_by_are_refused():
    with pytest.raises(UsageError, match="compare fewer formats at a time"):
        compared([(3, 2), (3, 2), (3, 2)], Policy(alpha=0.002))


def test_the_json_holds_what_was_decided():
    found = compared([(3, 2), (100, 5)], costs={"f0": 2, "f1": 1})
    document = json.loads(found.to_json())
    assert (document["verdict"], document["cheapest"]) == ("regressed", ["f0"])
    assert [build["verdict"] for build in document["formats"]] == ["regressed", "pass"]
    assert document["formats"][0]["tasks"][0]["losses"] == 100
    assert [build["cheapest_that_passes"] for build in document["formats"]] == [False, True]


def test_what_would_settle_repeats_is_told_at_the_bounds_of_the_family():
    def wavering(shift):
        run = run_of([1.0] * 400, repeats=4)
        wrong = {key: replace(s, score=0.0) for key, s in run.samples.items() if (int(key[1]) + shift) % 8 == key[2]}
        return Run(run.record, {**run.samples, **wrong})

    policy = Policy(margin=0.017)
    alone = decide(pair_runs(wavering(0), wavering(1)), policy).tasks[0]
    assert alone.passes
    task = row(compared([wavering(shift) for shift in range(1, 7)], policy, baseline=wavering(0)), "f0")
    assert task.verdict is TaskVerdict.INCONCLUSIVE
    assert task.precision.here.half_width == pytest.approx(task.difference - task.lower)
    assert task.needed["repeats"] > 4
    assert f"About {task.needed['repeats']} repeats of the 400 items would settle it" in task.reason


def test_a_regression_that_the_search_does_not_confirm_is_flagged_and_that_of_an_invalid_format_is_not():
    baseline = two_tasks((0, 0), (0, 0))
    weak = (52, 10)
    found = compared([two_tasks((3, 2), weak), two_tasks((3, 2), (3, 2))], baseline=baseline)
    build = next(build for build in found.formats if build.name == "f0")
    assert [(task.verdict.value, task.flags) for task in build.tasks if task.task == "other"] == [
        ("regressed", ("unconfirmed_among_tasks",))
    ]
    assert build.verdict is ReleaseVerdict.INCONCLUSIVE
    torn = joined(candidate(3, 2, version="2"), candidate(*weak, name="other"))
    (alone,) = compared([torn], baseline=baseline).formats
    assert (alone.verdict, alone.tasks[1].verdict) == (ReleaseVerdict.INVALID, TaskVerdict.REGRESSED)
    assert alone.tasks[1].flags == ()
