"""A first look has all of alpha, a second one that nobody planned a fiftieth, and later ones nothing."""

from dataclasses import replace

import numpy as np
import pytest

from quantgate.evals.checks.finding import FindingCode, Severity
from quantgate.evals.contract.design import Design, Look
from quantgate.evals.contract.look_size import Size
from quantgate.evals.decision.compare import compare
from quantgate.evals.decision.gate import decide
from quantgate.evals.decision.look import CountedLook
from quantgate.evals.decision.looks import count_looks, is_new, sizes_of
from quantgate.evals.decision.suite import SUITE
from quantgate.evals.decision.types import ReleaseVerdict, TaskVerdict
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.runs.looks import TakenLook
from quantgate.evals.settings.policy import Policy
from tests.evals.made_runs import joined, pair_of, run_of

DESIGN = Design(200, 1, 0.02, 0.05, 0.05, 0.05, (Look(200, 1, 0.05, 0.05),), "order")


def taken(declared=None, **sizes: Size) -> TakenLook:
    return TakenLook("now", "base", "cand", sizes, declared)


def of(items: int, baseline: int = 1, candidate: int | None = None, *, planned: bool = False) -> Size:
    return Size(items, baseline, baseline if candidate is None else candidate, planned)


def numbers(past, sizes, **more):
    return {name: look.number for name, look in count_looks(past, sizes, **more).items()}


def test_more_items_or_more_repeats_of_either_build_are_another_look():
    past = [taken(gsm8k=of(200))]
    for size in (of(400), of(200, 4), of(200, 4, 1), of(200, 1, 4)):
        assert numbers(past, {"gsm8k": size}) == {"gsm8k": 2}
        assert numbers([*past, taken(gsm8k=size)], {"gsm8k": of(800, 8)}) == {"gsm8k": 3}


def test_the_same_size_again_is_the_same_look_however_often():
    past = [taken(gsm8k=of(200))] * 5 + [taken(gsm8k=of(400))] * 2
    assert numbers(past, {"gsm8k": of(200)}) == {"gsm8k": 1}
    assert numbers(past, {"gsm8k": of(400)}) == {"gsm8k": 2}


def test_each_task_is_counted_by_itself():
    past = [taken(gsm8k=of(200), gpqa=of(198, 4)), taken(gsm8k=of(400), gpqa=of(198, 4))]
    assert numbers(past, {"gsm8k": of(400), "gpqa": of(198, 8), "aime": of(30)}) == {"gsm8k": 2, "gpqa": 2, "aime": 1}


def test_a_suite_is_looked_at_again_when_any_of_its_tasks_has_grown():
    past = [taken(a=of(100), b=of(100)), taken(a=of(200), b=of(100))]
    grown = {"a": of(200), "b": of(200)}
    assert numbers(past, grown, suite=["a", "b"]) == {"a": 2, "b": 2, SUITE: 3}
    assert count_looks(past, grown, ["a", "b"])[SUITE].before == (of(200), of(300))


def test_what_nobody_can_read_counts_as_a_look_of_every_task():
    counted = count_looks([None, taken(gsm8k=of(200)), None], {"gsm8k": of(200), "gpqa": of(198)})
    assert counted["gsm8k"] == CountedLook(2, (None, None))
    assert counted["gpqa"].number == 3


def test_what_is_declared_counts_from_there_on():
    past = [taken(gsm8k=of(200)), taken(gsm8k=of(400)), taken(1, gsm8k=of(400))]
    assert numbers(past, {"gsm8k": of(400)}) == {"gsm8k": 1}
    assert count_looks(past, {"gsm8k": of(400)})["gsm8k"] == CountedLook(1, (of(200),), declared=True)
    assert numbers(past, {"gsm8k": of(800)}) == {"gsm8k": 2}
    assert numbers([], {"gsm8k": of(800)}, declared=3) == {"gsm8k": 3}
    assert numbers([taken(3, gsm8k=of(800))], {"gsm8k": of(1319)}) == {"gsm8k": 4}


def test_a_look_is_kept_once():
    past = [taken(gsm8k=of(200))]
    assert is_new(taken(gsm8k=of(200)), [])
    assert not is_new(taken(gsm8k=of(200)), past)
    assert is_new(taken(gsm8k=of(400)), past)
    assert is_new(taken(gsm8k=of(200), gpqa=of(198)), past)
    assert is_new(taken(1, gsm8k=of(200)), past)
    assert not is_new(taken(1, gsm8k=of(200)), [*past, taken(1, gsm8k=of(200))])


def test_planned_looks_are_not_counted_and_what_comes_after_them_is():
    runs = pair_of(1, 1, 200)
    planned = [replace(run, record=replace(run.record, tasks=(replace(run.record.tasks[0], design=DESIGN),)))
               for run in runs]  # fmt: skip
    sizes = sizes_of(pair_runs(*planned))
    assert sizes == {"gsm8k": of(200, planned=True)}
    assert count_looks([], sizes) == {}
    # Gone on with outside of the plan, at the same size and at a larger one.
    for later in (of(200), of(400)):
        assert numbers([taken(gsm8k=sizes["gsm8k"])], {"gsm8k": later}) == {"gsm8k": 2}


def test_a_baseline_that_had_its_looks_planned_for_another_candidate_plans_none_here():
    baseline, candidate = pair_of(1, 1, 200)
    planned = replace(baseline.record, tasks=(replace(baseline.record.tasks[0], design=DESIGN),))
    assert sizes_of(pair_runs(replace(baseline, record=planned), candidate)) == {"gsm8k": of(200)}


def test_an_answer_that_is_missing_changes_no_size():
    whole, holed = run_of([1.0] * 50), run_of([1.0] * 48 + [None] * 2)
    assert sizes_of(pair_runs(whole, holed)) == sizes_of(pair_runs(whole, whole)) == {"gsm8k": of(50)}


def look(number: int, name: str = "gsm8k") -> dict[str, CountedLook]:
    return {name: CountedLook(number, (of(200),) * (number - 1))}


def decided(losses: int, gains: int, n: int, number: int, **policy):
    return decide(pair_runs(*pair_of(losses, gains, n)), Policy(**policy), looks=look(number))


def test_the_first_look_is_the_fixed_test():
    first, unknown = decided(36, 23, 1319, 1), decide(pair_runs(*pair_of(36, 23, 1319)), Policy())
    assert first.tasks[0].look.number == 1
    assert replace(first.tasks[0], look=None) == unknown.tasks[0]
    assert (first.verdict, first.reasons) == (unknown.verdict, unknown.reasons)


def test_a_second_look_passes_only_at_a_fiftieth_of_alpha_and_says_so():
    close, clear = decided(36, 23, 1319, 2), decided(5, 4, 1319, 2)
    assert decided(36, 23, 1319, 1).verdict is ReleaseVerdict.PASS
    assert (close.verdict, clear.verdict) == (ReleaseVerdict.INCONCLUSIVE, ReleaseVerdict.PASS)
    task = close.tasks[0]
    assert task.alpha == task.look.alpha == pytest.approx(0.001)
    assert close.policy["alpha"] == 0.05
    (finding,) = [one for one in task.findings if one.code is FindingCode.LOOKED_BEFORE]
    assert finding.severity is Severity.WARNS
    assert finding.message.startswith("look 2 of this pair (before: 200 x 1): held against 0.001")
    assert "it takes a new pair" in task.reason
    assert not task.prospects


def test_a_regression_too_is_held_against_what_the_look_has():
    # 3.1 points with an upper bound just below -2 at .05, and well above it at .001.
    losses, gains = next((60 + more, 20) for more in range(100)
                         if decided(60 + more, 20, 1319, 1).verdict is ReleaseVerdict.REGRESSED)  # fmt: skip
    assert decided(losses, gains, 1319, 2).verdict is ReleaseVerdict.INCONCLUSIVE
    assert decided(400, 20, 1319, 2).verdict is ReleaseVerdict.REGRESSED


@pytest.mark.parametrize(("losses", "gains"), [(0, 0), (0, 60), (400, 20)])
def test_a_third_look_shows_nothing_whatever_the_answers(losses, gains):
    verdict = decided(losses, gains, 1319, 3)
    task = verdict.tasks[0]
    assert verdict.verdict is ReleaseVerdict.INCONCLUSIVE
    assert task.verdict is TaskVerdict.INCONCLUSIVE
    assert {one.verdict for one in task.targets} == {TaskVerdict.INCONCLUSIVE}
    assert task.look.alpha == 0
    assert not task.flags
    assert task.reason.startswith("cannot be told. Nothing is left of alpha")
    assert any(one.blocks and one.code is FindingCode.LOOKED_BEFORE for one in task.findings)


def test_a_second_look_at_repeats_is_held_alike():
    rng = np.random.default_rng(3)
    base = run_of(list(rng.integers(0, 2, 400).astype(float)), repeats=4)
    pairs = pair_runs(base, replace(base, record=replace(base.record, created="later")))
    for number, passes in ((1, True), (2, True), (3, False)):
        assert decide(pairs, Policy(margin=0.05), looks=look(number)).tasks[0].passes is passes
    assert decide(pairs, Policy(margin=0.015), looks=look(1)).tasks[0].passes
    assert not decide(pairs, Policy(margin=0.015), looks=look(2)).tasks[0].passes


def test_what_is_less_than_the_bounds_hold_for_is_nothing():
    assert decided(0, 0, 1319, 2, alpha=0.04).tasks[0].look.spent
    both = decided(0, 0, 1319, 2, margin={"points": 0.02, "recovery": 0.95})
    assert both.tasks[0].look.spent
    assert both.verdict is ReleaseVerdict.INCONCLUSIVE
    assert decided(0, 0, 1319, 2, margin={"points": 0.02, "recovery": 0.95}, alpha=0.1).verdict is ReleaseVerdict.PASS


def two_tasks(n: int):
    """A pair with the task `gsm8k` and, in its likeness, the task `b`."""
    runs = pair_of(2, 2, n)
    others = [
        Run(
            replace(run.record, tasks=(replace(run.record.tasks[0], name="b"),)),
            {again.key: again for again in (replace(sample, task="b") for sample in run.samples.values())},
        )
        for run in runs
    ]
    return pair_runs(*(joined(*both) for both in zip(runs, others, strict=True)))


def test_only_what_was_looked_at_again_has_less():
    verdict = decide(two_tasks(400), Policy(), looks={**look(1), **look(2, "b")})
    assert [task.alpha for task in verdict.tasks] == [0.05, pytest.approx(0.001)]


def test_a_suite_has_the_alpha_of_its_own_look():
    policy = Policy.model_validate({"margin": 0.05, "suite": {"tasks": ["gsm8k", "b"], "margin": 0.05}})
    pairs = two_tasks(400)
    assert decide(pairs, policy, looks={SUITE: CountedLook(2)}).suite.mean.alpha == pytest.approx(0.001)
    spent = decide(pairs, policy, looks={SUITE: CountedLook(3)})
    assert (spent.suite.mean.verdict, spent.verdict) == (TaskVerdict.INCONCLUSIVE, ReleaseVerdict.INCONCLUSIVE)


def test_formats_that_share_alpha_have_nothing_left_at_a_second_look():
    pairs = pair_runs(*pair_of(2, 2, 1319))
    together = [("a", "a", pairs), ("b", "b", pairs)]
    found = compare(together, Policy(), looks={"a": look(2), "b": look(1)})
    verdicts = {build.name: build.verdict for build in found.formats}
    assert verdicts == {"a": ReleaseVerdict.INCONCLUSIVE, "b": ReleaseVerdict.PASS}
    alone = compare([("a", "a", pairs)], Policy(), looks={"a": look(2)})
    assert alone.verdict is ReleaseVerdict.PASS
    ample = compare(together, Policy(alpha=0.1), looks={"a": look(2), "b": look(1)})
    assert {build.verdict for build in ample.formats} == {ReleaseVerdict.PASS}
