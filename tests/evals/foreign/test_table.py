"""Tables of scores as runs: what is in them, what is none, and what a pair of them shows."""

from __future__ import annotations

import pytest

from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.foreign.formats import read_source
from quantgate.evals.foreign.writing import write_run
from quantgate.evals.pairing.pairing import Run

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
    with pytest.raises(DataError, match="none of the formats csv"):
        read_source("auto", tmp_path / "x.txt")


def test_a_folder_that_holds_something_is_not_written_to(tmp_path, imported):
    imported(HEAD + "gsm8k,1,0,1,\n")
    with pytest.raises(UsageError, match="not empty"):
        write_run(read_source("auto", tmp_path / "fp8.csv"), tmp_path / "fp8")
