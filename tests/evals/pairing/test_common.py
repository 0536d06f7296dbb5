"""Two runs cut to what both have: what is kept, what is told of the rest, and when that forbids a verdict."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from quantgate.evals.contract.design import Design, Look
from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.decision.obstacle import obstacle
from quantgate.evals.pairing.common import ALPHA, p_value
from quantgate.evals.pairing.left_out import LeftOut
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.runs.planned import written
from quantgate.evals.runs.record import Draw, RunRecord
from quantgate.evals.settings.policy import TaskPolicy
from tests.evals.made_runs import TASK


def run_of(items, repeats=1, *, failed=(), absent=(), label="fp8", stratum=lambda item: None, **task) -> Run:
    """A run of items, without some keys (item, repeat): those that failed have a line, those that are absent none."""
    names = list(map(str, items))
    record = replace(TASK, items=len(names), repeats=repeats, item_ids=written(names), **task)
    samples = {}
    for repeat in range(repeats):
        for item in names:
            if (item, repeat) in absent:
                continue
            fault = (item, repeat) in failed
            status, score = (Status.ERROR, None) if fault else (Status.OK, float((int(item) + repeat) % 3 > 0))
            sample = Sample(
                "gsm8k", item, repeat, f"hash {item}", status, score, stratum=stratum(item), extracted=label
            )
            samples[sample.key] = sample
    return Run(RunRecord(label, "m", {}, (record,), {}, "then"), samples)


def pair(baseline: Run, candidate: Run, *, common: bool = True):
    (task,) = pair_runs(baseline, candidate, common=common).tasks
    return task


def test_runs_that_share_all_are_left_as_they_are():
    one, other = run_of(range(5)), run_of(range(5), label="mxfp4")
    task = pair(one, other)
    assert (task.left_out, task.problems, len(task.table.items)) == (None, (), 5)


def test_items_that_one_build_alone_was_asked_are_left_out_and_repeats_stay():
    task = pair(run_of(range(10), 3), run_of(range(4, 14), 2, label="mxfp4"))
    assert task.problems == ()
    assert list(task.table.items) == ["4", "5", "6", "7", "8", "9"]
    assert task.asked == {"baseline": 3, "candidate": 2}
    assert task.left_out == LeftOut(6, (4, 4), 0, (0, 0), (0, 0), (0, 0))
    assert not np.isnan(task.answers("baseline")).any()
    assert {counts.missing for counts in task.validity.values()} == {0}


def test_an_item_without_its_answer_is_left_out_of_both():
    failed = {("3", 0), ("5", 0)}
    task = pair(run_of(range(10), failed={("3", 0)}), run_of(range(10), failed=failed, label="mxfp4"))
    assert task.problems == ()
    assert task.left_out == LeftOut(8, (0, 0), 2, (0, 1), (0, 0), (0, 0))
    assert "3" not in set(task.table.items)


def test_few_missing_repeats_cost_a_repeat_or_the_item_whichever_keeps_more():
    few = pair(run_of(range(10), 4, failed={("3", 1)}), run_of(range(10), 4, label="mxfp4"))
    assert (few.asked["baseline"], few.left_out.kept) == (4, 9)
    many = {(str(item), item % 4) for item in range(9)}
    spread = pair(run_of(range(10), 4, failed=many), run_of(range(10), 4, failed=many, label="mxfp4"))
    assert spread.problems == ()
    assert (spread.asked, spread.left_out.kept) == ({"baseline": 3, "candidate": 3}, 10)
    assert spread.left_out.answers == (1, 1)
    assert not np.isnan(spread.answers("candidate")).any()


def test_repeats_that_are_kept_are_those_of_the_same_questions():
    failed = {(str(item), 0) for item in range(6)}
    task = pair(run_of(range(6), 2, failed=failed), run_of(range(6), 2, failed=failed, label="mxfp4"))
    assert task.asked == {"baseline": 1, "candidate": 1}
    assert task.answers("baseline").ravel().tolist() == [float((item + 1) % 3 > 0) for item in range(6)]
    rows = task.rows("candidate")[:, 0]
    assert [task.builds["candidate"].held.sample(row).repeat for row in rows] == [1] * 6


def test_what_one_build_fails_on_beyond_chance_forbids_a_verdict():
    failed = {(str(item), 0) for item in range(20, 26)}
    task = pair(run_of(range(40)), run_of(range(40), failed=failed, label="mxfp4"))
    assert (
        "differs by build beyond chance: the candidate lacks answers to 6 items, the baseline to 0" in task.problems[0]
    )
    assert "run the same `quantgate run` again" in task.problems[0]
    assert pair(run_of(range(40)), run_of(range(40), failed=set(list(failed)[:5]), label="mxfp4")).problems == ()


def test_an_answer_that_never_came_counts_as_failed_and_what_a_stopped_run_had_not_come_to_does_not():
    hung = {(str(item), 0) for item in range(5, 15)}
    tail = {(str(item), 0) for item in range(20, 40)}
    task = pair(run_of(range(40)), run_of(range(40), absent=hung, label="mxfp4"))
    assert "the candidate lacks answers to 10 items" in task.problems[0]
    task = pair(run_of(range(40)), run_of(range(40), absent=tail, label="mxfp4"))
    assert (task.problems, task.left_out.unreached, task.left_out.kept) == ((), (0, 20), 20)


@pytest.mark.parametrize(("ours", "theirs"), [(0, 0), (1, 10), (0, 6), (7, 2), (30, 12), (400, 460)])
def test_the_test_is_the_exact_one_of_scipy(ours, theirs):
    found = p_value(LeftOut(1000, (0, 0), ours + theirs, (ours, theirs), (0, 0), (0, 0)))
    assert found == pytest.approx(binomtest(ours, ours + theirs).pvalue if ours + theirs else 1.0, rel=1e-9)


def test_chance_alone_is_stopped_at_most_as_often_as_it_says():
    draw = np.random.default_rng(1)
    lacking = draw.binomial(30, 0.5, size=4000).tolist()
    found = [p_value(LeftOut(1, (0, 0), 30, (each, 30 - each), (0, 0), (0, 0))) for each in lacking]
    assert 0.02 < np.mean(np.array(found) < ALPHA) < 0.05


@pytest.mark.parametrize(
    ("baseline", "candidate", "said"),
    [
        ({}, {"items": range(40)}, "the baseline has 30 items, the candidate 40"),
        ({"draw": Draw.RANDOM}, {"items": range(5, 35), "draw": Draw.FIRST}, "--limit draws alike"),
        ({}, {"failed": {("3", 0)}}, "1 of the candidate's samples have no answer; run the same `quantgate run` again"),
    ],
)
def test_a_refusal_names_the_remedy_where_it_helps(baseline, candidate, said):
    runs = run_of(range(30), **baseline), run_of(**{"items": range(30), **candidate}, label="mxfp4")
    task = pair(*runs, common=False)
    assert said in obstacle(task, TaskPolicy())
    assert task.in_common == pair(*runs).left_out.kept
    assert obstacle(task, TaskPolicy()).endswith(f"decides on the {task.in_common} items that both have answered")


@pytest.mark.parametrize(
    ("candidate", "why"),
    [
        ({"items": range(100, 140)}, "nothing in common"),
        ({"items": range(40), "version": "4.0"}, "another version"),
        ({"items": range(30), "failed": {(str(item), 0) for item in range(10)}}, "it would differ by build"),
        ({"items": range(30)}, "all is there"),
    ],
)
def test_and_does_not_where_it_would_be_in_vain(candidate, why):
    task = pair(run_of(range(30)), run_of(label="mxfp4", **candidate), common=False)
    assert "--common" not in obstacle(task, TaskPolicy())


def test_nothing_in_common_is_said():
    assert "no item in common" in pair(run_of(range(5)), run_of(range(5, 9), label="mxfp4")).problems[0]


def test_a_part_of_the_score_that_is_gone_is_said():
    def stratum(item):
        return "retail" if int(item) > 8 else "airline"

    strata = {"strata": {"airline": 9, "retail": 1}, "stratum": stratum}
    task = pair(run_of(range(10), **strata), run_of(range(10), failed={("9", 0)}, label="mxfp4", **strata))
    assert "of retail no item is left" in task.problems[0]


def test_a_task_that_is_looked_at_on_the_way_is_not_cut():
    design = Design(30, 1, 0.02, 0.05, 0.05, 0.0, (Look(30, 1, 0.05),), "quantgate draw 1")
    runs = run_of(range(30), design=design), run_of(range(30), failed={("3", 0)}, label="mxfp4", design=design)
    task = pair(*runs)
    assert (task.left_out, task.problems, len(task.table.items)) == (None, (), 30)
    assert pair(*runs, common=False).in_common == 0


def test_runs_of_before_items_were_kept_are_cut_by_what_they_have():
    def older(run):
        return replace(run, record=replace(run.record, tasks=(replace(run.record.tasks[0], item_ids=None),)))

    task = pair(older(run_of(range(10))), older(run_of(range(10), absent={("4", 0)}, label="mxfp4")))
    assert task.left_out == LeftOut(9, (0, 0), 1, (0, 1), (0, 0), (0, 0))
