"""Tables of scores as runs: what is in them, what is none, and what a pair of them shows."""

from __future__ import annotations

import pytest

from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.foreign.formats import read_source
from quantgate.evals.foreign.writing import write_run
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.runs.record import SameBy

HEAD = "task,item_id,repeat,score,status\n"


@pytest.fixture
def imported(tmp_path):
    def make(text: str, name: str = "fp8") -> Run:
        (tmp_path / f"{name}.csv").write_text(text)
        write_run(read_source("auto", tmp_path / f"{name}.csv"), tmp_path / name)
        return Run.load(tmp_path / name)

    return make


def test_each_row_is_an_answer(imported):
    run = imported(HEAD + "gsm8k,1,0,1,\ngsm8k,2,0,0.5,ok\nmath,x,1,0,truncated\n")
    assert {key: (sample.score, sample.status) for key, sample in run.samples.items()} == {
        ("gsm8k", "1", 0): (1.0, "ok"),
        ("gsm8k", "2", 0): (0.5, "ok"),
        ("math", "x", 1): (0.0, "truncated"),
    }
    assert [(task.name, task.items, task.repeats) for task in run.record.tasks] == [("gsm8k", 2, 1), ("math", 1, 2)]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("gsm8k,2,0,1.5,", "score must be a number from 0 to 1"),
        ("gsm8k,2,0,nan,", "score must be a number from 0 to 1"),
        ("gsm8k,2,0,yes,", "score must be a number from 0 to 1"),
        ("gsm8k,2,-1,1,", "repeat must be a whole number"),
        ("gsm8k,,0,1,", "item_id must be text"),
        ("gsm8k,2,0,1,fine", "status must be one of"),
        ("gsm8k,2,0", "another number of cells"),
        ("gsm8k,1,0,0,", "is there twice"),
    ],
)
def test_a_row_that_is_none_is_counted_and_named(imported, row, why):
    (task,) = imported(f"{HEAD}gsm8k,1,0,1,\n{row}\n").record.tasks
    assert task.items == 1
    assert task.imported.unread == 1
    assert why in task.imported.unread_first


def test_a_fault_that_was_scored_is_missing_and_told(imported):
    run = imported(HEAD + "gsm8k,1,0,1,\ngsm8k,2,0,0,error\ngsm8k,3,0,,\n")
    (task,) = run.record.tasks
    assert task.items == 3
    assert [sample.score for sample in run.samples.values()] == [1.0, None, None]
    assert task.imported.faults == {"the table says that it is a fault": 1}


def test_a_table_without_a_needed_column_is_refused_in_a_line(tmp_path):
    (tmp_path / "x.csv").write_text("task,item_id,score\ngsm8k,1,1\n")
    with pytest.raises(DataError, match="there is no column repeat"):
        read_source("csv", tmp_path / "x.csv")


def test_what_is_of_no_format_is_refused_with_those_that_there_are(tmp_path):
    (tmp_path / "x.txt").write_text("nothing")
    with pytest.raises(DataError, match=r"none of the formats .*csv"):
        read_source("auto", tmp_path / "x.txt")


def test_a_folder_that_holds_something_is_not_written_to(tmp_path, imported):
    imported(HEAD + "gsm8k,1,0,1,\n")
    with pytest.raises(UsageError, match="not empty"):
        write_run(read_source("auto", tmp_path / "fp8.csv"), tmp_path / "fp8")


@pytest.mark.parametrize("most", [0, 1 << 20])
def test_tasks_that_lie_among_each_other_are_told_apart(tmp_path, imported, monkeypatch, most):
    monkeypatch.setattr("quantgate.evals.foreign.table._MOST_HELD", most)
    rows = "".join(f"{'abc'[item % 3]},{item},0,1,\n" for item in range(9))
    run = imported(f"{HEAD}{rows}a,8,0,torn\n,x,0,1,\na,9,0,0,\n")
    assert [(task.name, task.items, task.imported.unread) for task in run.record.tasks] == [
        ("a", 4, 2),
        ("b", 3, 0),
        ("c", 3, 0),
    ]


def test_a_question_shows_that_both_were_asked_the_same(table):
    rows = [{"item_id": str(item), "question": f"What is {item} + 1?"} for item in range(3)]
    (pairs,) = pair_runs(table(rows), table(rows[::-1], "mxfp4")).tasks
    assert (pairs.paired_by, pairs.problems) == (SameBy.TEXT, ())
    other = [row | {"question": "What is 7 + 7?"} if row["item_id"] == "1" else row for row in rows]
    (pairs,) = pair_runs(table(rows, "a"), table(other, "b")).tasks
    assert pairs.problems == ("1 items were asked with different prompts, the first of them 1 (repeat 0)",)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("x.csv", b"task,item_id,repeat,score,score\nt,1,0,1,0\n", "the column score twice"),
        ("x.csv", b'task,item_id,repeat,score\nt,"1,0,1\n', "unexpected end of data"),
        ("x.csv", "task,item_id,repeat,score\nt,\xff,0,1\n".encode("latin-1"), "no UTF-8"),
        ("x.csv", b"task;item_id;repeat;score\nt;1;0;1\n", "there is no column task"),
        ("x.parquet", b"PAR1" + b"\0" * 100, "cannot be read as Parquet"),
        ("x.jsonl", b'{"task": "t", "item_id": "1", "repeat": 0, "sco', "no row with task"),
    ],
)
def test_a_file_that_is_broken_is_refused_in_a_line(tmp_path, name, content, why):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=why) as refusal:
        write_run(read_source(name.partition(".")[2], tmp_path / name), tmp_path / "run")
    assert "\n" not in str(refusal.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "row",
    [
        {"item_id": ["1"]},
        {"item_id": "1", "score": float("nan")},
        {"item_id": "1", "response": {"text": "x"}},
        {"item_id": "1", "metrics": "[" * 100_000},
        {"item_id": "1", "usage": "no JSON"},
        {"item_id": "1", "latency_s": "soon"},
        {"item_id": "1", "messages": [{"role": 1}]},
        {"item_id": "1", "attempts": 1.5},
    ],
    ids=str,
)
def test_a_cell_that_cannot_be_makes_its_row_none(table, row):
    (task,) = table([{"item_id": "0"}, row]).record.tasks
    assert (task.items, task.imported.unread) == (1, 1)


def test_one_table_that_was_imported_twice_is_no_comparison(tmp_path):
    (tmp_path / "x.csv").write_text(HEAD + "gsm8k,1,0,1,\n")
    for name in ("one", "other"):
        write_run(read_source("auto", tmp_path / "x.csv"), tmp_path / name)
    (pairs,) = pair_runs(Run.load(tmp_path / "one"), Run.load(tmp_path / "other")).tasks
    assert pairs.problems == ("both runs were imported from the same files, so nothing was compared",)
