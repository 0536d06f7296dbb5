"""GPQA-Diamond: one exam for every build and machine, fairly shuffled, its text kept out of every message."""

import json
import os
import subprocess
import sys
from collections import Counter
from itertools import permutations

import pytest
from scipy.stats import chisquare

from quantgate.evals.contract.task import TaskOptions
from quantgate.evals.errors import DataError, UsageError
from quantgate.tasks.gpqa_diamond import INFO, NAME, GpqaDiamond, choice_order, gpqa_diamond, read_questions
from quantgate.tasks.options import GivenOption, own_options
from quantgate.tasks.registry import load_task
from tests.tasks.invented import COLUMNS, invented_rows, write_csv, write_jsonl, write_parquet

WRITERS = {"csv": write_csv, "jsonl": write_jsonl, "parquet": write_parquet}


def option(wording):
    return GivenOption("prompt", wording, "--option prompt")


@pytest.fixture
def file(tmp_path):
    return write_csv(tmp_path / "gpqa.csv", invented_rows(12))


@pytest.fixture
def exam(file) -> GpqaDiamond:
    return gpqa_diamond(file=file)


def test_a_question_is_asked_with_its_four_choices_and_the_form_of_the_answer(exam):
    (message,) = exam.prompt(exam.items()[3], 0).messages
    lines = message["content"].splitlines()
    assert lines[:2] == ["Invented 3:", 'what is 5 times 17, in "units"?']
    assert sorted(line[3:] for line in lines if line[1:3] == ") ") == ["85", "86", "NA", "None"]
    assert [line[0] for line in lines if line[1:3] == ") "] == ["A", "B", "C", "D"]
    assert "ANSWER: X" in lines
    assert message["role"] == "user"


def test_the_items_are_named_by_their_record_ids_in_the_files_order(exam):
    assert [item.item_id for item in exam.items()] == [f"rec{number:04}" for number in range(12)]


def test_the_letter_of_the_right_choice_scores_and_the_others_do_not(exam):
    for item in exam.items():
        for repeat in range(4):
            lines = exam.prompt(item, repeat).messages[0]["content"].splitlines()
            right = str((int(item.item_id[3:]) + 2) * 17)
            (letter,) = [line[0] for line in lines if line[1:] == f") {right}"]
            grades = {each: exam.grade(item, repeat, f"Because.\nANSWER: {each}") for each in "ABCD"}
            assert {each: grade.score for each, grade in grades.items()} == {
                each: float(each == letter) for each in "ABCD"
            }
            assert grades[letter].metrics == {"exact_match": 1.0}
            assert grades[letter].extracted == letter
            assert sorted(grade.vote or "" for grade in grades.values()) == ["0", "1", "2", "3"]
            assert grades[letter].vote == "0"


def test_the_right_answer_is_told_with_the_letter_that_it_has_in_each_repeat(exam):
    item = exam.items()[3]
    told = {exam.reference(item, repeat) for repeat in range(40)}
    assert told == {f"{letter}) 85" for letter in "ABCD"}
    assert all(exam.grade(item, each, f"ANSWER: {exam.reference(item, each)[0]}").score == 1.0 for each in range(40))


def test_an_answer_without_a_letter_is_wrong_and_unparsed(exam):
    grade = exam.grade(exam.items()[0], 0, "I cannot tell.")
    assert (grade.score, grade.extracted) == (0.0, None)


def test_each_repeat_has_an_order_of_its_own_and_the_hash_says_so(exam):
    hashes = [exam.prompt(exam.items()[0], repeat).prompt_hash for repeat in range(8)]
    assert len(set(hashes)) > 4
    assert hashes == [exam.prompt(exam.items()[0], repeat).prompt_hash for repeat in range(8)]


def test_the_default_sampling_is_that_of_reasoning_models(exam):
    sampling = exam.sampling
    assert (sampling.temperature, sampling.top_p, sampling.max_tokens, exam.repeats) == (1.0, 0.95, 65536, 4)


IDS = [f"rec{number:04}" for number in range(198)]


def test_the_right_choice_stands_at_each_letter_equally_often():
    places = Counter(choice_order(item_id, repeat).index(0) for item_id in IDS for repeat in range(16))
    assert chisquare([places[place] for place in range(4)]).pvalue > 0.001


def test_every_order_of_the_choices_is_equally_frequent():
    orders = Counter(choice_order(item_id, repeat) for item_id in IDS for repeat in range(16))
    assert chisquare([orders[order] for order in permutations(range(4))]).pvalue > 0.001


def test_the_orders_of_two_repeats_of_an_item_are_independent():
    pairs = Counter(tuple(choice_order(item_id, repeat).index(0) for repeat in (0, 1)) for item_id in IDS)
    assert chisquare([pairs[first, second] for first in range(4) for second in range(4)]).pvalue > 0.001


def test_the_shuffle_stays_what_it_was():
    """Runs of different versions of quantgate pair with each other: a change here needs a new task version."""
    assert [choice_order("rec0000", repeat) for repeat in range(4)] == [
        (3, 0, 1, 2),
        (2, 0, 1, 3),
        (3, 1, 0, 2),
        (2, 1, 3, 0),
    ]


def test_another_process_with_another_hash_seed_shuffles_alike(file):
    script = (
        "import sys, pathlib; from quantgate.tasks.gpqa_diamond import gpqa_diamond\n"
        "exam = gpqa_diamond(file=pathlib.Path(sys.argv[1]))\n"
        "print([exam.prompt(item, repeat).prompt_hash for item in exam.items() for repeat in range(16)])\n"
        "print(exam.identity)"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", script, str(file)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "4242")
    ]
    assert told[0] == told[1]
    assert len(set(json.loads(told[0].splitlines()[0].replace("'", '"')))) > 12 * 8


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_every_format_gives_the_same_exam(exam, tmp_path, ending):
    other = gpqa_diamond(file=WRITERS[ending](tmp_path / f"gpqa.{ending}", invented_rows(12)))
    assert other.identity.data_hash == exam.identity.data_hash
    assert [other.prompt(item, 1) for item in other.items()] == [exam.prompt(item, 1) for item in exam.items()]


def test_the_hash_of_the_data_tells_other_questions_and_not_another_order_or_column(exam, tmp_path):
    rows = invented_rows(12)
    turned = gpqa_diamond(file=write_csv(tmp_path / "a.csv", [{**row, "Explanation": "!"} for row in rows[::-1]]))
    assert turned.identity.data_hash == exam.identity.data_hash
    rows[5]["Incorrect Answer 2"] += "0"
    assert gpqa_diamond(file=write_csv(tmp_path / "b.csv", rows)).identity.data_hash != exam.identity.data_hash


def test_a_limit_takes_the_first_items_of_the_same_exam(exam, file):
    few = gpqa_diamond(limit=3, file=file)
    assert [few.prompt(item, 2) for item in few.items()] == [exam.prompt(item, 2) for item in exam.items()[:3]]
    assert few.identity == exam.identity


def test_the_task_is_found_by_its_name_and_takes_its_one_file(file):
    assert load_task(NAME, TaskOptions(data={"": file})).identity.metric == "exact_match"
    with pytest.raises(UsageError, match=r"--data gpqa_diamond\.test: the task gpqa_diamond takes no such"):
        load_task(NAME, TaskOptions(data={"test": file}))
    with pytest.raises(UsageError, match="no metric 'f1'; it has exact_match"):
        load_task(NAME, TaskOptions(data={"": file}, metric="f1"))


def spoil(rows, column, value, row=7):
    rows[row][column] = value
    return rows


BROKEN = {
    "an empty cell": (lambda rows: spoil(rows, "Incorrect Answer 2", "  "), "'Incorrect Answer 2' is empty"),
    "an id twice": (lambda rows: spoil(rows, "Record ID", "rec0002"), "Record ID is that of an earlier row"),
    "a column missing": (
        lambda rows: [{name: row[name] for name in COLUMNS if name != "Correct Answer"} for row in rows],
        "no column 'Correct Answer'",
    ),
}


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_file_is_refused_with_its_row_and_none_of_its_text(tmp_path, fault, ending):
    change, said = BROKEN[fault]
    file = WRITERS[ending](tmp_path / f"mine.{ending}", change(invented_rows(12)))
    with pytest.raises(DataError) as failure:
        read_questions(file)
    message = str(failure.value)
    assert said in message
    row = 1 if fault == "a column missing" else 8
    assert {"csv": f"mine.csv, line {2 * row}", "jsonl": f"line {row}", "parquet": f"row {row}"}[ending] in message
    assert "Invented" not in message
    assert "times" not in message


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "holds no documents"),
        ("a.csv", b"Question,Record ID\n", "holds no documents"),
        ("a.csv", b"Question,Record ID\nInvented,1,2\n", "line 2 has 3 cells, the first line has 2"),
        ("a.csv", b"Question,Question\nInvented,1\n", "names a column twice"),
        ("a.csv", b"Question,Record ID\n\xff,1\n", "not UTF-8"),
        ("a.csv", b'Question,Record ID\n"Invented never ends,1\n', "line 2 has 1 cells"),
        ("a.csv", b"Invented 1: what?,85\nInvented 2: what?,86\n", "there is no column 'Record ID'"),
        ("a.jsonl", b'{"Question": "Invented', "line 1 is not JSON"),
        ("a.jsonl", b'["Invented"]', "not a JSON object"),
        ("a.jsonl", b'{"Question": "Invented \\ud800"}', "line 1 escapes half a surrogate pair"),
        ("a.parquet", b"Invented", "not a Parquet file"),
        ("a.txt", b"Invented", "line 1 is not JSON"),
    ],
)
def test_a_file_of_another_kind_is_refused_without_quoting_it(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=said) as failure:
        read_questions(tmp_path / name)
    assert name in str(failure.value)
    assert "Invented" not in str(failure.value)


def test_a_number_for_a_text_is_refused(tmp_path):
    rows = [{**row, "Correct Answer": 5} for row in invented_rows(2)]
    with pytest.raises(DataError, match="line 1: the column 'Correct Answer' holds no text but a int"):
        read_questions(write_jsonl(tmp_path / "a.jsonl", rows))


def test_missing_files_and_folders_are_named(tmp_path):
    with pytest.raises(DataError, match=r"nothing\.csv cannot be read"):
        read_questions(tmp_path / "nothing.csv")
    with pytest.raises(DataError, match=r"is a folder: name the file, such as .*gpqa_diamond\.csv"):
        read_questions(tmp_path)


def test_lm_evals_own_variants_are_reached_by_name_on_the_same_file(tmp_path):
    file = write_csv(tmp_path / "gpqa.csv", invented_rows(5))
    theirs = load_task("lm-eval:gpqa_diamond_cot_zeroshot", TaskOptions(data={"train": file}))
    assert len(theirs.items()) == 5
    assert "Let's think step by step" in theirs.prompt(theirs.items()[0], 0).messages[-1]["content"]
    assert (theirs.repeats, theirs.sampling.temperature) == (1, 0.0)


@pytest.mark.parametrize(
    ("wording", "first", "last"),
    [
        ("aa", "in the following format: 'Answer: A/B/C/D' (e.g. 'Answer: A').", "D) "),
        ("simple-evals", "Think step by step before answering.", "D) "),
        ("quantgate", "Invented 3:", "where X is A, B, C or D."),
    ],
)
def test_the_words_of_published_scores_can_be_chosen_and_are_recorded(file, exam, wording, first, last):
    other = load_task(NAME, TaskOptions(data={"": file}, own=own_options([INFO], [option(wording)])[NAME]))
    item = other.items()[3]
    lines = other.prompt(item, 1).messages[0]["content"].splitlines()
    assert lines[0].endswith(first)
    assert last in lines[-1]
    choices = [line for line in lines if line[1:3] == ") "]
    assert choices == [
        line for line in exam.prompt(item, 1).messages[0]["content"].splitlines() if line[1:3] == ") "
    ], "the order of the choices does not hang on the words"
    assert other.identity.settings == ({} if wording == "quantgate" else {"prompt": wording})


def test_other_words_are_refused_with_those_that_there_are():
    with pytest.raises(UsageError, match="must be one of quantgate, aa, simple-evals"):
        own_options([INFO], [option("openai")])
