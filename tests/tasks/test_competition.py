"""Competition mathematics: read from files as they are published, asked in the makers' words, scored as is true."""

import json

import pytest

from quantgate.evals.contract.task import TaskOptions
from quantgate.evals.errors import DataError
from quantgate.tasks.competition import AIME24, AIME25, INSTRUCTION, MATH500, competition, read_problems
from quantgate.tasks.registry import installed, load_task
from tests.cli.conftest import quantgate as quantgate  # the command line in the test's own process
from tests.server.served import Reply, served_model
from tests.tasks.invented import write_csv, write_jsonl, write_parquet

NAMES = ("aime24", "aime25", "aime26", "hmmt25", "math500")
WRITERS = {"csv": write_csv, "jsonl": write_jsonl, "parquet": write_parquet}


def sums(count: int = 30) -> list[dict]:
    """Made problems in AIME's form: whole numbers, some with the zeros that an AIME's answers are written with."""
    return [
        {"id": str(number), "problem": f" Made {number}: what is {number} + 17?", "answer": f"{number + 17:03}"}
        for number in range(count)
    ]


@pytest.fixture
def file(tmp_path):
    return write_jsonl(tmp_path / "made.jsonl", sums())


@pytest.mark.parametrize("ending", WRITERS)
def test_the_exam_is_the_same_from_any_kind_of_file(ending, file, tmp_path):
    other = competition(AIME25, file=WRITERS[ending](tmp_path / f"other.{ending}", sums()))
    exam = competition(AIME25, file=file)
    assert other.items() == exam.items()
    assert other.identity.data_hash == exam.identity.data_hash
    assert [other.prompt(item, 0) for item in other.items()] == [exam.prompt(item, 0) for item in exam.items()]


def test_a_problem_is_asked_with_the_line_that_wants_a_box(file):
    exam = competition(AIME25, file=file)
    (message,) = exam.prompt(exam.items()[3], 7).messages
    assert message == {"role": "user", "content": f"Made 3: what is 3 + 17?\n\n{INSTRUCTION}"}


def test_ids_answers_and_subjects_come_from_the_columns_that_each_data_set_has(tmp_path):
    rows = [
        {"unique_id": "test/algebra/1.json", "problem": "P", "answer": r"\frac{3}{4}", "subject": "Algebra", "level": 2}
    ]
    exam = competition(MATH500, file=write_jsonl(tmp_path / "math.jsonl", rows))
    (item,) = exam.items()
    assert (item.item_id, item.stratum, exam.reference(item, 0)) == ("test/algebra/1.json", "Algebra", r"\frac{3}{4}")
    assert exam.identity.settings == {"weights": "items"}
    rows = [{"problem_idx": 4, "answer": 277, "problem": "P", "problem_type": ["Algebra"]}]
    (problem,) = read_problems(AIME24, write_parquet(tmp_path / "arena.parquet", rows))
    assert (problem.item_id, problem.answer, problem.subject) == ("4", "277", None)
    (problem,) = read_problems(AIME24, write_jsonl(tmp_path / "two.jsonl", [{"Question": "P", "Answer": "277"}]))
    assert problem.item_id == "5c62e091b8c0"  # SHA-256 of its text


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"problem": "P"}, "no column 'answer'"),
        ({"answer": "3"}, "no column 'problem'"),
        ({"problem": " ", "answer": "3"}, "the column 'problem' is empty"),
        ({"problem": "P", "answer": None}, "the column 'answer' is empty"),
        ({"problem": "P", "answer": 3.5}, "holds a float"),
        ({"problem": "P", "answer": True}, "holds a bool"),
        ({"problem": "P", "answer": "1000"}, "no whole number from 0 to 999"),
        ({"problem": "P", "answer": "-3"}, "no whole number from 0 to 999"),
        ({"problem": "P", "answer": "²"}, "no whole number from 0 to 999"),
    ],
)
def test_a_broken_row_is_named_and_not_quoted(row, said, tmp_path):
    with pytest.raises(DataError, match=said) as raised:
        read_problems(AIME25, write_jsonl(tmp_path / "made.jsonl", [row]))
    assert "made.jsonl, line 1" in str(raised.value)


def test_a_problem_that_occurs_twice_is_refused(tmp_path):
    with pytest.raises(DataError, match="line 2: its id is that of an earlier row"):
        read_problems(AIME25, write_jsonl(tmp_path / "made.jsonl", sums(1) * 2))


def test_what_the_hub_gives_must_be_whole(file, monkeypatch):
    monkeypatch.setattr("quantgate.tasks.competition.download", lambda source, task: file)
    assert len(competition(AIME25, limit=4).items()) == 4
    with pytest.raises(DataError, match="holds 30 problems, not 500"):
        competition(MATH500)


def test_right_answers_have_one_vote_however_they_are_written(file):
    exam = competition(AIME25, file=file)
    item = exam.items()[8]  # 25, written 025
    graded = [exam.grade(item, 0, text) for text in (r"\boxed{25}", r"\boxed{025}", r"\boxed{26}", "Hm.")]
    assert [(grade.score, grade.extracted, grade.vote) for grade in graded] == [
        (1.0, "25", "025"),
        (1.0, "025", "025"),
        (0.0, "26", "26"),
        (0.0, None, None),
    ]
    assert graded[0].metrics == {"math_verify": 1.0}


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_task_with_eight_repeats_and_what_it_needs(name, tmp_path):
    info = installed().tasks[name]
    assert (info.repeats, info.metrics, info.items) == (8, ("math_verify",), 500 if name == "math500" else 30)
    assert info.needs is not None
    assert [need.what for need in info.needs()] == ["math-verify"]
    given = {"": write_jsonl(tmp_path / "made.jsonl", sums(2))}
    assert len(load_task(name, TaskOptions(data=given)).items()) == 2


@pytest.mark.slow
def test_a_run_scores_what_is_true(quantgate, file, tmp_path, monkeypatch):
    """Each problem has its own share of right answers, in many writings; hostile ones cost themselves alone."""
    right = ("\\boxed{%d}", "So $m+n=\\boxed{%d}$.", "\\[\\boxed{%d^\\circ}\\]", "The answer is %d.")
    wrong = ("\\boxed{1%d}", "\\boxed{\\frac{%d", "%d", "\\boxed{%d^{9^{9^9}}}")
    asked = []
    monkeypatch.setattr("quantgate.tasks.extract.equality.CPU_LIMIT_S", 1)

    def rule(body):
        number = int(body["messages"][0]["content"].split(":")[0].removeprefix("Made "))
        turn = asked.count(number)
        asked.append(number)
        texts, turn = (right, turn) if turn < number % 9 else (wrong[:3], turn)
        text = wrong[3] if (number, turn) == (3, 7) else texts[turn % len(texts)]
        return Reply(text % (number + 17))

    with served_model(rule) as server:
        arguments = ["run", "--task", "aime25", "--data", f"aime25={file}", "--base-url", server.base_url]
        code, out, err = quantgate([*arguments, "--model", "made", "--out", str(tmp_path / "run")])
    assert code == 0, err
    samples = [json.loads(line) for line in (tmp_path / "run" / "samples.jsonl").read_text().splitlines()]
    assert len(samples) == 240
    assert {sample["status"] for sample in samples} == {"ok"}
    for number in range(30):
        assert sum(each["score"] for each in samples if each["item_id"] == str(number)) == number % 9
    assert f"{sum(number % 9 for number in range(30)) / 240:.4f}" in out
