"""What a run directory still lacks is counted at once and built as it is asked."""

from dataclasses import replace

import pytest

from quantgate.evals.contract.records import Answer, Sample, Status
from quantgate.evals.errors import ResumeMismatch
from quantgate.evals.runs.asking import to_sample
from quantgate.evals.runs.missing import MissingRequests
from quantgate.evals.runs.task_plan import TaskPlan
from tests.conftest import Sums, info_of


class Counted(Sums):
    """Sums that know how many prompts were built."""

    built = 0

    def prompt(self, item, repeat):
        self.built += 1
        return super().prompt(item, repeat)


def plan_of(task: Sums, repeats: int = 1) -> TaskPlan:
    return TaskPlan(task, task.sampling, repeats, info_of(task), "test-model")


def held_of(plan: TaskPlan, keys) -> dict[tuple, Sample]:
    answer = Answer(Status.OK, "The answer is 5.")
    samples = (to_sample(request, answer, plan.task) for request in plan.requests())
    return {sample.key: sample for sample in samples if sample.key[1:] in keys}


def test_no_prompt_is_built_before_its_request_is_asked():
    task = Counted(count=1000)
    missing = MissingRequests([plan_of(task, repeats=100)], {})
    assert (len(missing), task.built) == (100_000, 0)
    asked = iter(missing)
    for _ in range(5):
        next(asked)
    assert task.built == 5


def test_what_is_held_is_passed_over_and_counted_off():
    plan = plan_of(Sums(count=3), repeats=2)
    missing = MissingRequests([plan], held_of(plan, {("0", 0), ("2", 1)}))
    assert [request.key[1:] for request in missing] == [("1", 0), ("2", 0), ("0", 1), ("1", 1)]
    assert len(missing) == 4


def test_the_prompt_of_an_item_is_held_against_those_of_its_answers_once():
    task = Counted(count=3)
    plan = plan_of(task, repeats=100)
    held = held_of(plan, {(str(item), repeat) for item in range(3) for repeat in range(100)})
    task.built = 0
    assert list(MissingRequests([plan], held)) == []
    assert task.built == 3


def test_one_repeat_with_another_prompt_than_its_item_has_is_found():
    plan = plan_of(Sums(count=3), repeats=4)
    held = held_of(plan, {("1", repeat) for repeat in range(4)})
    held["sums", "1", 2] = replace(held["sums", "1", 2], prompt_hash="another")
    with pytest.raises(ResumeMismatch, match=r"item 1 \(repeat 2\) to another prompt: hash another there"):
        MissingRequests([plan], held)
