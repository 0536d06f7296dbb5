"""The tolerant metric beside lm-eval's own."""

import json

import pytest

from quantgate.evals.contract.task import TaskOptions
from quantgate.tasks.gsm8k import gsm8k
from quantgate.tasks.lm_eval.tolerant import own_text
from quantgate.tasks.registry import load_task

FLEXIBLE = "exact_match,flexible-extract"


@pytest.fixture(scope="module")
def task(gsm8k_files):
    return gsm8k(test=gsm8k_files[0])


@pytest.fixture
def right(task, gsm8k_files):
    """The first item, and its right answer."""
    return task.items()[0], json.loads(gsm8k_files[0].read_text().splitlines()[0])["answer"].split("#### ")[1].replace(
        ",", ""
    )


@pytest.mark.parametrize(
    "form", ["${}.00.", "The answer is {} + 0 = {}. That took 2 steps.", "\\boxed{{{}}} in 3 steps"]
)
def test_a_right_answer_that_lm_evals_filter_misreads_is_right(task, right, form):
    item, number = right
    grade = task.grade(item, 0, form.format(number, number))
    assert (grade.score, grade.metrics[FLEXIBLE], grade.metrics["tolerant"]) == (0.0, 0.0, 1.0)


def test_a_wrong_answer_is_wrong_by_both(task, right):
    item, number = right
    grade = task.grade(item, 0, f"The answer is {int(number) + 1}, and not {number} or 3.")
    assert grade.metrics["tolerant"] == grade.metrics[FLEXIBLE] == 0.0


def test_the_right_answer_is_told_as_the_number_alone(task, right):
    assert task.reference(right[0], 0) == right[1]


def test_the_metric_can_be_the_score(right, gsm8k_files):
    grade = gsm8k(test=gsm8k_files[0], metric="tolerant").grade(right[0], 0, f"It is ${right[1]}.00.")
    assert (grade.score, grade.extracted) == (1.0, right[1])


def test_lm_evals_own_tasks_on_these_data_have_it_too(gsm8k_files):
    given = TaskOptions(data={"": gsm8k_files[0], "train": gsm8k_files[1]})
    task = load_task("lm-eval:gsm8k_cot_zeroshot", given)
    assert task.identity.metric != "tolerant"
    assert "tolerant" in task.grade(task.items()[0], 0, "5").metrics


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("#### 18\n\nQuestion: How many?\nAnswer: #### 5", "#### 18\n\n"),
        ("Question: How many?\nAnswer: 18", "Question: How many?\nAnswer: 18"),
        ("It is 18.<|im_end|>7", "It is 18."),
    ],
)
def test_a_question_that_the_model_goes_on_with_is_not_read(text, own):
    assert own_text(text, ("Question:", "</s>", "<|im_end|>")) == own
