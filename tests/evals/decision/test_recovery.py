"""What a margin of recovery decides, alone and beside points, and what is said of it."""

from dataclasses import replace

import pytest

from quantgate.evals.decision.compare import compare
from quantgate.evals.decision.gate import decide
from quantgate.evals.decision.json import parse_decision
from quantgate.evals.decision.types import Flag, ReleaseVerdict, TaskVerdict
from quantgate.evals.pairing.pairing import pair_runs
from quantgate.evals.settings.policy import Policy
from quantgate.reports.words.row import strata_cells, task_cells
from quantgate.reports.words.targets import target_lines
from tests.evals.made_runs import joined, run_of

RECOVERY = {"recovery": 0.98}
BOTH = {"points": 0.02, "recovery": 0.98}


def pairs(losses, gains, both, neither, **task):
    baseline = [1.0] * losses + [0.0] * gains + [1.0] * both + [0.0] * neither
    candidate = [0.0] * losses + [1.0] * gains + [1.0] * both + [0.0] * neither
    return pair_runs(run_of(baseline, **task), run_of(candidate, label="mxfp4", **task))


def task_of(counts, margin, **rules):
    verdict = decide(pairs(*counts), Policy(margin=margin, baseline_may_guess=True, **rules))
    assert parse_decision(verdict.to_json()) == verdict
    return verdict.tasks[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("counts", "margin", "verdict"),
    [
        ((12, 10, 1240, 57), RECOVERY, TaskVerdict.EQUIVALENT),
        ((0, 40, 1200, 79), RECOVERY, TaskVerdict.NON_INFERIOR),
        ((90, 10, 1162, 57), RECOVERY, TaskVerdict.REGRESSED),
        ((1, 1, 8, 20), RECOVERY, TaskVerdict.INCONCLUSIVE),
        ((12, 10, 1240, 57), BOTH, TaskVerdict.EQUIVALENT),
        # Few points of a low baseline are much of it: the points would pass.
        ((6, 1, 60, 1252), {"points": 0.02}, TaskVerdict.EQUIVALENT),
        ((6, 1, 60, 1252), BOTH, TaskVerdict.INCONCLUSIVE),
        ((30, 1, 60, 1228), BOTH, TaskVerdict.REGRESSED),
        # And much of a high one few points: the recovery would pass.
        ((30, 15, 1255, 19), {"points": 0.01, "recovery": 0.9}, TaskVerdict.INCONCLUSIVE),
    ],
)
def test_the_bounds_of_the_recovery_decide(counts, margin, verdict):
    assert task_of(counts, margin).verdict is verdict


@pytest.mark.parametrize("margin", [{"recovery": 0.5}, {"points": 0.9, "recovery": 0.5}])
@pytest.mark.parametrize("counts", [(0, 0, 0, 200), (0, 200, 0, 0)])
def test_a_baseline_with_nothing_right_never_passes(counts, margin):
    task = task_of(counts, margin)
    assert (task.verdict, task.passes, task.recovery) == (TaskVerdict.INCONCLUSIVE, False, None)
    assert "there is no recovery to tell" in task.reason
    assert task.needed == {"items": None, "repeats": None}


def test_nor_does_one_whose_right_answers_are_all_missing():
    candidate = run_of([0.0] * 5 + [1.0] * 195, label="mxfp4")
    verdict = decide(
        pair_runs(run_of([None] * 5 + [0.0] * 195), candidate),
        Policy(margin={"recovery": 0.5}, baseline_may_guess=True, max_missing=0.1),
    )
    assert verdict.verdict is ReleaseVerdict.INCONCLUSIVE


def test_each_bound_of_the_recovery_takes_missing_answers_for_the_worst():
    whole = task_of((0, 0, 900, 100), RECOVERY).recovery_bounds
    holed = pair_runs(run_of([1.0] * 895 + [None] * 5 + [0.0] * 100), run_of([1.0] * 900 + [0.0] * 95 + [None] * 5))
    (task,) = decide(holed, Policy(margin=RECOVERY, max_missing=0.01, baseline_may_guess=True)).tasks
    assert task.recovery_bounds.lower == pytest.approx(whole.lower, abs=1e-3)
    assert task.recovery_bounds.upper > whole.upper + 0.008


@pytest.mark.slow
def test_of_points_and_recovery_the_upper_bounds_are_at_half_of_alpha_and_the_lower_ones_at_alpha():
    counts = (40, 15, 1200, 64)
    both, alone, points = (task_of(counts, margin) for margin in (BOTH, RECOVERY, 0.02))
    half, half_points = (task_of(counts, margin, alpha=0.025) for margin in (RECOVERY, 0.02))
    assert both.recovery_bounds.lower == alone.recovery_bounds.lower
    assert (both.lower, both.upper) == (points.lower, half_points.upper)
    assert both.recovery_bounds.upper == half.recovery_bounds.upper > alone.recovery_bounds.upper


def test_equivalence_is_mirrored_the_baseline_must_recover_as_much_of_the_candidate():
    gained = task_of((0, 40, 1200, 79), RECOVERY, require="equivalent")
    assert (gained.verdict, gained.passes) == (TaskVerdict.NON_INFERIOR, False)
    assert gained.recovery_bounds.upper > 1 / 0.98


@pytest.mark.parametrize(
    ("counts", "margin", "said"),
    [
        (
            (12, 10, 1240, 57),
            RECOVERY,
            "equivalent. The candidate recovers 99.84% of the baseline's accuracy, 99.17%",
        ),
        ((0, 40, 1200, 79), RECOVERY, "passes. The candidate recovers 103.33% of the baseline's accuracy, with 95%"),
        ((90, 10, 1162, 57), RECOVERY, "regressed. The candidate recovers 93.61% of the baseline's accuracy, with 95%"),
        ((90, 10, 1162, 57), BOTH, "regressed. With 97.5% confidence the candidate loses at least"),
        ((30, 1, 60, 1228), BOTH, "with 97.5% confidence at most"),
        ((6, 1, 60, 933), BOTH, "less than the 98% that must be recovered, or as much as"),
        ((6, 1, 60, 933), BOTH, "In points it is within 2 points."),
    ],
)
def test_the_sentence_says_what_is_recovered(counts, margin, said):
    assert said in task_of(counts, margin).reason


@pytest.mark.slow
def test_what_would_settle_a_recovery_is_planned_by_its_own_test():
    task = task_of((1, 1, 8, 20), {"recovery": 0.9})
    assert Flag.CANNOT_PASS_AT_THIS_N in task.flags
    # At a third of the items a loss of 10% is one of 3 points.
    assert task.prospects[0].settles
    assert 300 < task.needed["items"] < 700


def test_several_formats_claim_no_more_of_a_recovery_than_the_step_down_showed():
    builds = [("good", "a", pairs(12, 10, 1240, 57)), ("bad", "b", pairs(100, 10, 1152, 57))]
    compared = compare(builds, Policy(margin=RECOVERY))
    good, bad = (build.tasks[0].recovery_bounds for build in compared.formats)
    assert [build.verdict.value for build in compared.formats] == ["pass", "regressed"]
    assert 0.98 < good.lower < 0.98 + 1e-9
    assert 0.98 - 1e-9 < bad.upper < 0.98
    assert parse_decision(compared.to_json()) == compared


@pytest.mark.slow
def test_where_every_margin_is_a_recovery_formats_are_sorted_by_it():
    """Three points of a high baseline are a small part of it, two of a low one a third."""
    high, low = [1.0] * 90 + [0.0] * 10, [1.0] * 6 + [0.0] * 94
    baseline = joined(run_of(high, name="a"), run_of(low, name="b"))

    def build(name, first, second):
        return name, name, pair_runs(baseline, joined(run_of(first, name="a"), run_of(second, name="b")))

    builds = [build("of low", high, [0.0] * 2 + low[2:]), build("of high", [0.0] * 3 + high[3:], low)]

    def order(margin):
        return [one.name for one in compare(builds, Policy(margin=margin, baseline_may_guess=True)).formats]

    assert order({"recovery": 0.5}) == ["of high", "of low"]
    assert order({"points": 0.5, "recovery": 0.5}) == order(0.5) == ["of low", "of high"]


def test_strata_show_the_bounds_that_gave_their_verdict():
    def stratified(run):
        named = {key: replace(one, stratum="xy"[int(key[1]) % 2]) for key, one in run.samples.items()}
        return replace(run, samples=named)

    runs = [run_of([1.0] * 300 + [0.0] * 100), run_of([1.0, 0.0] * 150 + [0.0] * 100, label="mxfp4")]
    verdict = decide(pair_runs(*map(stratified, runs)), Policy(margin={"recovery": 0.9}))
    assert parse_decision(verdict.to_json()) == verdict
    kept, lost = verdict.tasks[0].strata
    assert (kept.verdict, lost.verdict) == (TaskVerdict.EQUIVALENT, TaskVerdict.REGRESSED)
    assert lost.recovery_bounds.upper < 0.9 < kept.recovery_bounds.lower
    first, second = strata_cells(verdict.tasks[0])
    assert (first.recovery, second.recovery) == ("100.0%", "0.0%")
    assert first.bounds == f"{100 * kept.recovery_bounds.lower:.1f}% to {100 * kept.recovery_bounds.upper:.1f}%"


@pytest.mark.parametrize(
    ("margin", "said"),
    [
        (RECOVERY, "that is {recovery:.0%} of the recovery's interval."),
        (BOTH, "that is {points:.0%} of the interval and {recovery:.0%} of the recovery's interval."),
    ],
)
def test_missing_answers_are_told_as_a_share_of_the_interval_that_decides(margin, said):
    holed = pair_runs(run_of([1.0] * 100 + [None] * 10 + [0.0] * 200), run_of([1.0] * 110 + [0.0] * 200, label="x"))
    (task,) = decide(holed, Policy(margin=margin, max_missing=0.1, baseline_may_guess=True)).tasks
    ratio = task.recovery_bounds
    # The ten may have been right, as the candidate's are, or all wrong.
    assert ratio.missing == pytest.approx(110 / 100 - 1)
    of_points, of_recovery = task.missing / (task.upper - task.lower), ratio.missing / (ratio.upper - ratio.lower)
    assert said.format(points=of_points, recovery=of_recovery) in task.reason


def test_the_line_of_the_target_has_the_bounds_that_decide():
    task = task_of((12, 10, 1240, 57), RECOVERY)
    (line,) = target_lines(task)
    assert f"{task_cells(task).bounds} of the recovery, equivalent" in line
    assert "points" not in line


@pytest.mark.slow
def test_the_mean_of_a_suite_may_be_held_to_a_recovery():
    policy = Policy(
        margin={"recovery": 0.5},
        suite={"tasks": ["a", "b"], "margin": {"recovery": 0.95}, "weights": {"a": 3}},
        baseline_may_guess=True,
    )
    first, second = ([1.0] * 300 + [0.0] * 100, [1.0] * 40 + [0.0] * 360)
    runs = [joined(run_of(first, name="a", label=label), run_of(second, name="b", label=label)) for label in "xy"]
    mean = decide(pair_runs(*runs), policy).suite.mean
    assert mean.recovery == pytest.approx(1.0)
    assert mean.recovery_bounds.lower < 1 < mean.recovery_bounds.upper
    assert mean.passes


def test_points_only_have_no_bounds_of_a_recovery():
    assert task_of((12, 10, 1240, 57), 0.02).recovery_bounds is None
