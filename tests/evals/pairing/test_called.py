"""A task of lm-eval by its two names: `lm-eval:gsm8k` of our own runs is `gsm8k` of lm-eval's files."""

from __future__ import annotations

import pytest

from quantgate.evals.pairing.pairing import pair_runs
from quantgate.evals.runs.record import Imported, SameBy
from tests.evals.made_runs import joined, run_of

FILES = Imported("lm-eval", SameBy.PROMPT, unknown=("data_hash",))
OURS = run_of([1, 0, 1], name="lm-eval:gsm8k")
THEIRS = run_of([1, 1, 0], name="gsm8k", imported=FILES)


@pytest.mark.parametrize("runs", [(OURS, THEIRS), (THEIRS, OURS)])
def test_our_run_and_lm_evals_files_are_one_task(runs):
    (task,) = pair_runs(*runs).tasks
    assert (task.task, task.problems, len(task.table.items)) == ("lm-eval:gsm8k", (), 3)


@pytest.mark.parametrize("imported", [None, Imported("inspect", SameBy.PROMPT)])
def test_a_like_name_of_anything_else_is_another_task(imported):
    tasks = pair_runs(OURS, run_of([1, 1, 0], name="gsm8k", imported=imported)).tasks
    assert [task.task for task in tasks] == ["lm-eval:gsm8k", "gsm8k"]


def test_where_both_runs_have_our_own_task_it_is_that_one():
    both = joined(OURS, run_of([1, 0, 1], name="gsm8k"))
    tasks = pair_runs(both, joined(run_of([1, 0, 0], name="lm-eval:gsm8k"), THEIRS)).tasks
    assert [task.task for task in tasks] == ["lm-eval:gsm8k", "gsm8k"]
