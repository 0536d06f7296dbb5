"""The embedded default's own task."""

import pytest

from quantgate.tasks.arithmetic import Arithmetic


def test_the_items_are_the_same_on_every_machine():
    task = Arithmetic(5)
    questions = [task.prompt(item, 0).messages[-1]["content"] for item in task.items()]
    assert questions[0] == "Mia has 8 marbles and finds 5 more. How many marbles does Mia have in total?"
    assert len(questions) == 5


def test_three_worked_examples_come_first_and_are_no_items():
    task = Arithmetic(50)
    messages = task.prompt(task.items()[0], 0).messages
    assert [message["role"] for message in messages] == ["user", "assistant"] * 3 + ["user"]
    assert messages[1]["content"] == "3 + 2 = 5. The answer is 5."
    examples = {message["content"] for message in messages[:6]}
    assert all(task.prompt(item, 0).messages[-1]["content"] not in examples for item in task.items())


def test_fewer_items_are_the_first_of_more():
    few, many = Arithmetic(4), Arithmetic(40)
    assert [few.prompt(item, 0) for item in few.items()] == [many.prompt(item, 0) for item in many.items()[:4]]


def test_no_question_is_asked_twice():
    task = Arithmetic(500)
    assert len({task.prompt(item, 0).prompt_hash for item in task.items()}) == 500


@pytest.mark.parametrize(
    ("response", "score", "extracted"),
    [
        ("8 + 5 = 13. The answer is 13.", 1.0, "13"),
        ("The answer is 13 marbles. The answer is 99.", 1.0, "13"),
        ("The answer is $13", 1.0, "13"),
        ("She has 13", 1.0, "13"),
        ("8 - 5 = 3. The answer is 3.", 0.0, "3"),
        ("The answer is -13.", 0.0, "-13"),
        ("Many.", 0.0, None),
        ("", 0.0, None),
    ],
)
def test_the_stated_number_is_graded(response, score, extracted):
    task = Arithmetic(1)
    grade = task.grade(task.items()[0], 0, response)
    assert (grade.score, grade.extracted) == (score, extracted)


@pytest.mark.parametrize("count", [0, -1, 2001])
def test_a_number_of_items_that_cannot_be_made_is_refused(count):
    with pytest.raises(ValueError, match="between 1 and 2000"):
        Arithmetic(count)


def test_the_right_answer_is_told():
    task = Arithmetic(20)
    assert all(task.grade(item, 0, task.reference(item, 0)).score == 1.0 for item in task.items())
