"""GSM-Symbolic: GSM8K's kind of problem without end."""

import pytest

from quantgate.evals.contract.task import TaskOptions
from quantgate.tasks.registry import load_task

reasoning_gym = pytest.importorskip("reasoning_gym")


@pytest.fixture(scope="module")
def task():
    return load_task("gsm_symbolic", TaskOptions(limit=1420))


def test_one_user_message_asks_without_examples(task):
    (message,) = task.prompt(task.items()[0], 0).messages
    assert message["role"] == "user"
    assert message["content"].startswith(reasoning_gym.create_dataset("gsm_symbolic", seed=0, size=1000)[0]["question"])


@pytest.mark.parametrize("stored", ["The answer is {}.", "#### {}", r"\boxed{{{}}}", "1 + 1 = 2, so **{}**", "{}"])
def test_stored_answers_score_as_the_verifier_of_the_package_scores_the_number(task, stored):
    own = reasoning_gym.create_dataset("gsm_symbolic", seed=0, size=1000)
    for place, item in enumerate(task.items()[:100]):
        entry = own[int(item.item_id)]
        said = entry["answer"] if place % 3 else str(int(float(entry["answer"])) + 1)
        grade = task.grade(item, 0, stored.format(said))
        assert grade.metrics["score_answer"] == own.score_answer(said, entry)
        assert grade.score == float(grade.metrics["score_answer"] == 1)


def test_a_negative_answer_is_right_although_the_verifier_loses_its_sign(task):
    (item,) = [each for each in task.items() if each.item_id == "1417"]
    assert task.reference(item, 0) == "-1"
    assert task.grade(item, 0, "The answer is -1.").metrics == {"exact_match": 1.0, "score_answer": 0.01}
    assert task.grade(item, 0, "The answer is 1.").score == 0.0


def test_a_fraction_is_not_taken_for_its_numerator(task):
    item = task.items()[0]
    grade = task.grade(item, 0, f"The answer is {task.reference(item, 0)}/7.")
    assert grade.metrics == {"exact_match": 0.0, "score_answer": 0.01}


def test_an_answer_without_a_number_is_read_as_none(task):
    grade = task.grade(task.items()[0], 0, "I cannot tell.")
    assert (grade.score, grade.extracted) == (0.0, None)
