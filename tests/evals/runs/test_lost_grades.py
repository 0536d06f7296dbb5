"""Grades that a regrade has replaced never come back because its lines are gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quantgate.evals.runs.lost_grades import lost_lines, lost_of_task
from quantgate.evals.runs.record import Regrade, RunRecord
from quantgate.evals.samples.columns import labelled


def regrade(name: str, changed: int, *tasks: str, **lost: int) -> Regrade:
    return Regrade(name, "then", {}, tasks or ("t",), changed, lost=lost)


def lost(*regrades: Regrade, held: str, task: str = "t") -> int:
    record = replace(RunRecord("fp8", "m", {}, (), {}, "then"), regraded=regrades)
    return lost_of_task(record, task, lost_lines(record, labelled([*held, None])))


@pytest.mark.parametrize(
    ("regrades", "held", "count"),
    [
        ([regrade("a", 3)], "aaa", 0),
        ([regrade("a", 3)], "a", 2),
        ([regrade("a", 3, "other")], "a", 0),
        ([regrade("a", 3), regrade("b", 1)], "ab", 2),
        ([regrade("a", 3), regrade("b", 1, a=2)], "ab", 0),
        ([regrade("a", 3), regrade("b", 1, a=2)], "b", 3),
        ([regrade("a", 3), regrade("b", 1, "other", a=2)], "ab", 2),
    ],
)
def test_lines_are_lost_unless_a_later_regrade_of_the_task_knew_of_it(regrades, held, count):
    assert lost(*regrades, held=held) == count
