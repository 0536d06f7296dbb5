"""A task that is looked at on the way: where it is settled rests on its answers alone."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from quantgate.evals.contract.design import Design, Look
from quantgate.evals.contract.records import Item, Status
from quantgate.evals.decision.deciding import bounds_of
from quantgate.evals.decision.sequential.doubts import Doubts
from quantgate.evals.decision.sequential.following import Following
from quantgate.evals.decision.sequential.state import Stage
from quantgate.evals.settings.policy import TaskPolicy

pytestmark = pytest.mark.slow

N = 400
DESIGN = Design(
    items=N,
    repeats=1,
    margin=0.05,
    alpha=0.05,
    regression_alpha=0.05,
    futility=0.0,
    looks=(Look(100, 1, 0.01, 0.01), Look(200, 1, 0.025, 0.018), Look(400, 1, 0.05, 0.04)),
    order="quantgate draw 1",
)
POLICY = TaskPolicy(margin=0.05)
ITEMS = tuple(Item(f"q{place}") for place in range(N))


def following(policy=POLICY, design=DESIGN, items=ITEMS, **options):
    return Following(design, policy, items, bounds_of, **options)


def answers(losses=(), gains=(), count=N, wrong=()):
    """What both builds score on the first items: right but where the candidate loses, or the baseline does."""
    found = []
    for place in range(count):
        found.append(("baseline", f"q{place}", 0, 0.0 if place in gains or place in wrong else 1.0, Status.OK))
        found.append(("candidate", f"q{place}", 0, 0.0 if place in losses or place in wrong else 1.0, Status.OK))
    return found


def fed(each, task=None):
    task = following() if task is None else task
    for answer in each:
        task.answered(*answer)
    return task.state()


def test_a_build_without_loss_passes_at_the_first_look_and_not_before():
    assert fed(answers(count=99)).stage is Stage.OPEN
    state = fed(answers(count=100))
    assert (state.stage, state.looks_done, state.items) == (Stage.PASSED, 1, 100)
    assert state.lower > -0.05
    assert state.message == "passed at look 1 of 3, after 100 of 400 items"


def test_a_broken_build_is_stopped_between_the_looks():
    state = fed(answers(losses=range(0, N, 2)))
    assert (state.stage, state.looks_done) == (Stage.REGRESSED, 0)
    assert 5 < state.items < 40
    assert state.upper < -0.05
    assert state.evidence >= 20


def test_what_cannot_be_told_ends_at_the_full_size():
    state = fed(answers(losses=range(0, N, 20)))
    assert (state.stage, state.looks_done, state.items) == (Stage.ENDED, 3, N)
    assert state.lower <= -0.05 <= state.upper


@pytest.mark.parametrize("seed", range(5))
def test_the_order_in_which_answers_come_changes_nothing(seed):
    draw = random.Random(seed)
    told = answers(losses=draw.sample(range(N), 12 * seed), gains=())
    there = fed(told)
    draw.shuffle(told)
    assert fed(told) == there
    assert fed([*told[: N // 2], *told]) == there


@pytest.mark.parametrize("losses", [(), range(0, N, 2), range(0, 60, 10)])
def test_answers_behind_those_that_decide_count_for_nothing(losses):
    state = fed(answers(losses=losses))
    assert fed(answers(losses=losses, count=state.items)) == state
    assert fed(answers(losses={*losses, *range(state.items, N)})) == state


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_answered_in_whatever_order_and_with_whatever_behind_it_is_the_same(seed):
    draw = random.Random(seed)
    repeats = draw.choice([1, 2])
    looks = DESIGN.looks if repeats == 1 else (Look(N, 1, 0.02), Look(N, 2, 0.05))
    design = replace(DESIGN, repeats=repeats, looks=looks, futility=0.05)
    items = tuple(Item(f"q{place}", stratum=draw.choice("ab") if seed % 3 == 0 else None) for place in range(N))
    losing, cut = draw.choice([0.01, 0.04, 0.06, 0.3]), draw.choice([0.0, 0.0, 0.01, 0.2])
    told = [
        (
            build,
            item.item_id,
            repeat,
            float(build == "baseline" or draw.random() > losing),
            Status.TRUNCATED if draw.random() < cut else Status.OK,
        )
        for repeat in range(repeats)
        for item in items
        for build in ("baseline", "candidate")
    ]
    whole = fed(told, following(design=design, items=items))
    shuffled = draw.sample(told, len(told))
    assert fed(shuffled, following(design=design, items=items)) == whole
    interrupted = following(design=design, items=items)
    for start in range(0, len(shuffled), 97):
        fed(shuffled[start : start + 97], interrupted)
    assert interrupted.state() == interrupted.conclusion().state() == whole
    counted = {item.item_id for item in items[: whole.items]}
    prefix = [each for each in told if each[1] in counted and each[2] < whole.repeats]
    assert fed(prefix, following(design=design, items=items)) == whole


def test_each_answer_beyond_a_gap_waits_for_the_one_that_is_not_there():
    task = following()
    assert fed(answers()[1:], task).items == 0
    task.answered("baseline", "q0", 0, 1.0, Status.OK)
    assert task.state().stage is Stage.PASSED


def test_a_fault_is_awaited_and_counted_for_the_worst_once_nothing_more_comes():
    told = [("baseline", "q7", 0, None, Status.ERROR), *answers()]
    del told[1 + 2 * 7]
    task = following(replace_policy(max_missing=0.01))
    assert fed(told, task).stage is Stage.OPEN
    state = task.conclusion().state()
    assert (state.stage, state.items, state.missing) == (Stage.PASSED, N, 1)
    assert task.state().stage is Stage.OPEN
    task.answered("baseline", "q7", 0, 1.0, Status.OK)
    assert (task.state().stage, task.state().items) == (Stage.PASSED, 100)


def test_more_missing_than_the_policy_allows_passes_nothing():
    task = following()
    told = [("baseline", "q7", 0, None, Status.ERROR), *answers()]
    del told[1 + 2 * 7]
    fed(told, task)
    state = task.conclusion().state()
    assert state.stage is Stage.BLOCKED
    assert "1 of the baseline's answers are missing" in state.message


def test_what_was_not_asked_to_the_end_stays_open():
    task = following()
    fed(answers(losses=range(0, N, 20), count=150), task)
    state = task.conclusion().state()
    assert (state.stage, state.looks_done, state.items, state.next_items) == (Stage.OPEN, 1, 150, 200)


def test_answers_that_are_cut_stop_a_task_once_it_is_certain():
    told = [(*each[:4], Status.TRUNCATED if place % 5 else Status.OK) for place, each in enumerate(answers())]
    state = fed(told)
    assert state.stage is Stage.BLOCKED
    assert state.items < 20
    assert "truncated" in state.message


@pytest.mark.parametrize(("complete", "looks"), [(False, 1), (True, 3)])
def test_builds_without_one_complete_answer_are_given_up_at_the_first_look(complete, looks):
    """With one there may come more, and only the last look gives up."""
    task = following(doubts=lambda *_: Doubts(reason="not to be trusted: nothing was read"))
    for build, item_id, repeat, _, _ in answers():
        status = Status.OK if complete and item_id == "q5" else Status.EMPTY
        task.answered(build, item_id, repeat, 0.0, status)
    state = task.state()
    assert (state.stage, state.looks_done) == (Stage.BLOCKED, looks)
    assert "nothing was read" in state.message


def test_a_few_answers_that_are_cut_stop_nothing():
    told = [(*each[:4], Status.TRUNCATED if place % 100 == 0 else Status.OK) for place, each in enumerate(answers())]
    assert fed(told).stage is Stage.PASSED


def test_among_several_tasks_a_regression_needs_more_evidence():
    alone, among = (fed(answers(losses=range(0, N, 4)), following(members=members)) for members in (1, 4))
    assert alone.stage is among.stage is Stage.REGRESSED
    assert alone.items < among.items
    assert among.evidence >= 80


def test_another_margin_than_the_designed_one_is_decided_by_each_looks_own_part_of_alpha():
    wide = following(replace_policy(margin=0.06))
    assert not wide.rule.designed_margin
    state = fed(answers(), wide)
    assert state.lower == pytest.approx(bounds_of(wide.grid.scores(100, 1), POLICY, 0.01).lower)


def replace_policy(**changes):
    return TaskPolicy(**{"margin": 0.05, **changes})


def test_items_must_be_as_many_as_the_designs():
    with pytest.raises(ValueError, match="399 items, and the design has 400"):
        following(items=ITEMS[1:])


def test_repeats_are_looked_at_after_whole_passes():
    looks = (Look(N, 1, 0.02), Look(N, 2, 0.05))
    design = replace(DESIGN, repeats=2, looks=looks)
    told = answers(losses=range(0, N, 20))
    again = [(build, item, 1, 1.0, status) for build, item, _, _, status in told]
    task = following(design=design)
    assert fed(told, task).stage is Stage.OPEN
    state = fed(again, task)
    assert (state.stage, state.items, state.repeats) == (Stage.PASSED, N, 2)
    assert state.message == "passed at look 2 of 2, after all 2 answers to each of 400 items"


def test_no_look_passes_before_each_stratum_that_weighs_has_an_item():
    items = (*(Item(f"q{place}", stratum="ab"[place % 2]) for place in range(N - 1)), Item(f"q{N - 1}", stratum="c"))
    state = fed(answers(losses=[N - 1]), following(items=items))
    assert (state.stage, state.looks_done) == (Stage.ENDED, 3)
    assert fed(answers(losses=[N - 1]), following(items=items, strata_weigh=False)).stage is Stage.PASSED
