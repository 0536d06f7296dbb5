"""Answers that a run was never to ask count for nothing, and never hide that others are missing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quantgate.evals.decision.gate import decide
from quantgate.evals.decision.types import TaskVerdict
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.runs.planned import written
from quantgate.evals.settings.policy import Policy
from tests.evals.made_runs import run_of


def asked(run: Run, *, known: bool = True) -> Run:
    """A run whose record knows its items, where that is said."""
    ids = written(str(number) for number in range(run.record.tasks[0].items))
    tasks = tuple(replace(task, item_ids=ids if known else None) for task in run.record.tasks)
    return replace(run, record=replace(run.record, tasks=tasks))


def filled_up(run: Run, count: int, **foreign: object) -> Run:
    """The run with so many answers moved to what was never to be asked."""
    moved = [replace(sample, **foreign) for sample in list(run.samples.values())[:count]]
    kept = dict(list(run.samples.items())[count:])
    renamed = [replace(s, item_id=f"x{n}") if not foreign else s for n, s in enumerate(moved)]
    return replace(run, samples={**kept, **{sample.key: sample for sample in renamed}})


def codes(baseline: Run, candidate: Run) -> set[str]:
    (task,) = decide(pair_runs(baseline, candidate), Policy(same_build=True)).tasks
    return {str(finding.code) for finding in task.findings}


def test_answers_to_other_items_leave_the_planned_ones_missing():
    run = asked(run_of([1.0] * 50))
    (pairs,) = pair_runs(run, filled_up(run, 1)).tasks
    assert (pairs.validity["candidate"].ok, pairs.validity["candidate"].missing) == (49, 1)
    assert np.isnan(pairs.table.candidate).sum() == 1
    assert {"foreign", "missing"} <= codes(run, filled_up(run, 1))


def test_answers_to_repeats_that_were_never_to_be_asked_are_none_even_in_old_runs():
    run = asked(run_of([1.0] * 50), known=False)
    (pairs,) = pair_runs(run, filled_up(run, 1, repeat=7)).tasks
    assert pairs.validity["candidate"].missing == 1
    assert "foreign" in codes(run, filled_up(run, 1, repeat=7))


@pytest.mark.parametrize("foreign", ["candidate", "baseline"])
def test_old_runs_that_together_hold_more_items_than_were_asked_are_not_comparable(foreign):
    run = asked(run_of([1.0] * 50), known=False)
    other = filled_up(run, 1)
    (task,) = decide(pair_runs(*((run, other) if foreign == "candidate" else (other, run))), Policy()).tasks
    assert task.verdict is TaskVerdict.INVALID
    assert "51 items, and 50 were to be asked" in task.reason


def test_a_run_that_holds_what_it_was_asked_has_no_such_finding():
    run = asked(run_of([1.0] * 50, repeats=2))
    assert not {"foreign", "missing", "damaged"} & codes(run, run)


def test_a_list_of_items_that_is_not_the_tasks_own_is_not_believed():
    run = asked(run_of([1.0] * 50))
    tasks = tuple(replace(task, item_ids=("0-9",)) for task in run.record.tasks)
    (pairs,) = pair_runs(run, replace(run, record=replace(run.record, tasks=tasks))).tasks
    assert pairs.validity["candidate"].missing == 0
