"""MMLU-Pro: up to ten choices, subjects as strata, and a letter read as lm-eval and simple-evals read theirs."""

import random
import re
from collections import Counter

import pandas as pd
import pytest

from quantgate.evals.contract.task import TaskOptions
from quantgate.evals.errors import DataError
from quantgate.tasks.mmlu_pro import COUNT, INFO, SUBJECTS, mmlu_pro, read_questions
from quantgate.tasks.registry import load_task
from tests.tasks.lm_eval.side_by_side import write_documents
from tests.tasks.many_choices import mmlu_pro_documents

LM_EVALS = re.compile(r"answer is \(?([ABCDEFGHIJ])\)?")
"""lm-eval's filter `custom-extract`, which takes the first that is found."""

SIMPLE_EVALS = re.compile(r"(?i)[\*\_]{0,2}Answer[\*\_]{0,2}\s*:[\s\*\_]{0,2}\s*([A-Z])(?![a-zA-Z0-9])")
"""What NeMo Evaluator's simple-evals looks for."""


@pytest.fixture
def file(tmp_path):
    return write_documents(tmp_path / "test.jsonl", mmlu_pro_documents(42))


@pytest.fixture
def task(file):
    return mmlu_pro(file=file)


def test_a_question_is_asked_with_the_letters_of_its_own_choices(task):
    (message,) = task.prompt(task.items()[0], 0).messages
    lines = message["content"].splitlines()
    assert "'Answer: A/B/C/D/E/F/G/H/I/J' (e.g. 'Answer: A')" in lines[0]
    assert lines[2] == "In math, what is 0 plus 7?"
    assert [line[:2] for line in lines[4:]] == [f"{letter})" for letter in "ABCDEFGHIJ"]
    (short,) = task.prompt(task.items()[3], 0).messages
    assert "'Answer: A/B/C/D' (e.g. 'Answer: A')" in short["content"]
    assert short["content"].splitlines()[-1].startswith("D) ")


def test_the_right_letter_scores_and_no_other(task):
    for item, document in zip(task.items(), mmlu_pro_documents(42), strict=True):
        grades = {letter: task.grade(item, 0, f"So.\nAnswer: {letter}").score for letter in "ABCDEFGHIJ"}
        assert grades == {letter: float(letter == document["answer"]) for letter in "ABCDEFGHIJ"}
        assert (
            task.reference(item, 0) == f"{document['answer']}) {document['options'][document['answer_index']].strip()}"
        )


def test_scores_are_those_of_lm_evals_filter_and_of_simple_evals_on_500_answers(task):
    shapes = (
        "Let's think. 3 + 4 = 7. The answer is ({}).",
        "the answer is {}.",
        "Option A looks good, but B fails.\n\nThe answer is ({}).",
        "Reasons.\nAnswer: {}",
        "Reasons.\n**Answer: {}**",
        "Reasons.\n**Answer:** {}",
        "answer: {}",
        "I would say that nothing is known.",
        "",
    )
    draw = random.Random(3)
    right = {item.item_id: task.reference(item, 0)[0] for item in task.items()}
    compared = Counter()
    for _ in range(500):
        item, shape = draw.choice(task.items()), draw.choice(shapes)
        letter = draw.choice([right[item.item_id], draw.choice("ABCD")])
        answer = shape.format(letter)
        found = LM_EVALS.search(answer) or SIMPLE_EVALS.search(answer)
        theirs = float(found is not None and found.group(1) == right[item.item_id])
        assert task.grade(item, 0, answer).score == theirs, answer
        compared[theirs] += 1
    assert min(compared.values()) > 100


def test_subjects_are_strata_that_weigh_by_their_size(task):
    assert Counter(item.stratum for item in task.items()) == dict.fromkeys(SUBJECTS, 3)
    assert task.identity.settings == {"weights": "items"}
    assert (INFO.items, COUNT, len(SUBJECTS)) == (12_032, 12_032, 14)


def test_guessing_is_likelier_where_choices_were_taken_out(task):
    assert task.guess == pytest.approx((32 / 10 + 10 / 4) / 42)


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_every_format_and_order_gives_the_same_exam(task, tmp_path, ending):
    file, rows = tmp_path / f"other.{ending}", mmlu_pro_documents(42)[::-1]
    if ending == "parquet":
        pd.DataFrame(rows).to_parquet(file)
    else:
        write_documents(file, rows)
    other = mmlu_pro(file=file)
    assert other.identity.data_hash == task.identity.data_hash
    assert {item.item_id: other.prompt(item, 0) for item in other.items()} == {
        item.item_id: task.prompt(item, 0) for item in task.items()
    }


BROKEN = {
    "no options": ({"options": None}, "line 3 has no options"),
    "one choice": ({"options": ["7"]}, "line 3: options must be a list of 2 to 10 texts"),
    "options as text": ({"options": "['7', '8']"}, "line 3: options must be a list"),
    "eleven choices": ({"options": ["7"] * 11}, "line 3: options must be a list of 2 to 10 texts"),
    "a letter beyond the choices": (
        {"options": ["7", "8"], "answer": "C"},
        "line 3: answer must be a letter from A to B",
    ),
    "two right choices": ({"answer": "A", "answer_index": 1}, "line 3: answer and answer_index name two choices"),
    "a question that is no text": ({"question": {"text": "7?"}}, "line 3: question must be a text"),
    "an empty category": ({"category": " "}, "line 3: category must be a text"),
    "an id that is a list": ({"question_id": [70]}, "line 3: question_id must be a whole number or a text"),
    "an id twice": ({"question_id": 70}, "line 3: its question_id is that of an earlier row"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_file_is_refused_with_its_line(tmp_path, fault):
    change, said = BROKEN[fault]
    rows = mmlu_pro_documents(4)
    rows[2] |= change
    with pytest.raises(DataError, match=re.escape(said)):
        read_questions(write_documents(tmp_path / "mine.jsonl", rows))


def test_the_task_is_found_by_its_name_and_a_folder_is_refused(file, tmp_path):
    assert len(load_task("mmlu_pro", TaskOptions(data={"": file}, limit=5)).items()) == 5
    with pytest.raises(DataError, match="is a folder: name the file"):
        load_task("mmlu_pro", TaskOptions(data={"": tmp_path}))


def test_lm_evals_own_task_is_asked_on_the_same_file(file, tmp_path):
    examples = write_documents(
        tmp_path / "validation.jsonl",
        [
            {**row, "cot_content": f"A: Let's think step by step. The answer is ({row['answer']})."}
            for row in mmlu_pro_documents(84)
        ],
    )
    rows = [{**row, "cot_content": ""} for row in mmlu_pro_documents(42)]
    test = write_documents(tmp_path / "rows.jsonl", rows)
    data = {"test": test, "validation": examples}
    theirs = load_task("lm-eval:mmlu_pro_law", TaskOptions(data=data))
    ours = {question.text: question for question in read_questions(file)}
    for item in theirs.items():
        asked = theirs.prompt(item, 0).messages[-1]["content"]
        (question,) = [each for text, each in ours.items() if text in asked]
        for letter in question.letters:
            answer = f"Let's see. The answer is ({letter})."
            assert theirs.grade(item, 0, answer).score == float(letter == question.right)
