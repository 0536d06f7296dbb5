"""Evaluation tables of MLflow as runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quantgate.evals.contract.records import Status
from quantgate.evals.errors import DataError
from quantgate.evals.foreign.choosing import read_chosen
from quantgate.evals.foreign.formats import recognised
from quantgate.evals.foreign.writing import write_run
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.runs.record import SameBy

COLUMNS = ("inputs", "ground_truth", "predictions", "judge/v1/score", "judge/v1/justification")
ROWS = (["1+1?", "2", "2", 0.5, "a"], ["2+2?", "4", "5", 1.0, "b"], ["3+3?", "6", "6", 0.0, "c"])


@pytest.fixture
def table(tmp_path) -> Callable[..., Path]:
    """Writes a table as MLflow does, slashes escaped."""

    def make(rows: Sequence[Any] = ROWS, columns: Sequence[str] = COLUMNS, name: str = "fp8") -> Path:
        folder = tmp_path / name / "artifacts"
        folder.mkdir(parents=True)
        text = json.dumps({"columns": columns, "data": rows}).replace("/", "\\/")
        (folder / "eval_results_table.json").write_text(text)
        return tmp_path / name

    return make


def imported(path: Path) -> Run:
    out = path.with_name(f"{path.name}.run")
    write_run(read_chosen("auto", path, None, []), out)
    return Run.load(out)


def scores(run: Run) -> dict[str, float | None]:
    asked = {key: run.prompts.of("judge", key[1], sample.prompt_hash) for key, sample in run.samples.items()}
    return {asked[key].messages[0]["content"]: sample.score for key, sample in run.samples.items()}


def test_a_row_is_an_answer_with_question_and_reference(table):
    run = imported(table())
    assert scores(run) == {"1+1?": 0.5, "2+2?": 1.0, "3+3?": 0.0}
    task = run.record.tasks[0]
    assert (task.name, task.version, task.metric, task.items, task.repeats) == ("judge", "v1", "judge/v1/score", 3, 1)
    assert {sample.response for sample in run.samples.values()} == {"2", "5", "6"}


def test_the_same_table_as_parquet_is_the_same_run(table, tmp_path):
    file = tmp_path / "t.parquet"
    pq.write_table(pa.table({name: [row[place] for row in ROWS] for place, name in enumerate(COLUMNS)}), file)
    assert recognised(file).name == "mlflow"
    assert dict(imported(file).samples.items()) == dict(imported(table()).samples.items())


def test_what_a_table_does_not_tell_is_unknown(table):
    assert {"grader", "temperature", "limit"} <= set(imported(table()).record.tasks[0].imported.unknown)


def test_two_runs_are_paired_by_question_in_any_order(table):
    (task,) = pair_runs(imported(table()), imported(table(ROWS[::-1], name="mxfp4"))).tasks
    assert (task.problems, task.paired_by) == ((), SameBy.TEXT)


def test_a_row_without_an_answer_is_missing_and_what_it_scored_is_told(table):
    run = imported(table([*ROWS, ["4+4?", "8", None, 0.0, ""]]))
    assert scores(run)["4+4?"] is None
    assert run.record.tasks[0].imported.faults == {"there is no answer": 1}


@pytest.mark.parametrize("score", [None, float("nan")])
def test_a_row_without_a_score_is_missing(table, score):
    assert scores(imported(table([*ROWS, ["4+4?", "8", "8", score, ""]])))["4+4?"] is None


def test_an_answer_without_text_is_empty(table):
    run = imported(table([["4+4?", "8", " ", 0.0, ""]]))
    assert [sample.status for sample in run.samples.values()] == [Status.EMPTY]


def test_questions_that_are_all_there_as_often_are_repeated(table):
    assert imported(table([*ROWS, *ROWS])).record.tasks[0].repeats == 2


def test_a_question_that_is_there_twice_is_numbered(table):
    run = imported(table([*ROWS, ROWS[0]]))
    assert (run.record.tasks[0].items, run.record.tasks[0].repeats) == (4, 1)
    assert sum(item.endswith("-2") for _, item, _ in run.samples) == 1


def test_a_question_pairs_with_none_where_another_table_has_it_more_often(table):
    tables = table(ROWS), table([ROWS[0], *ROWS], name="mxfp4")
    once, twice = ({item for _, item, _ in imported(each).samples} for each in tables)
    assert (len(once), len(twice), len(once & twice)) == (3, 4, 2)


@pytest.mark.parametrize(("cells", "why"), [(["4+4?"], "it has not the 5 columns"), (["4+4?", "8", "8", "x", ""], "x")])
def test_a_row_that_is_none_is_counted_and_named(table, cells, why):
    source = imported(table([*ROWS, cells])).record.tasks[0].imported
    assert source.unread == 1
    assert why in source.unread_first


def test_a_table_that_begins_with_the_mark_of_utf_8_is_the_same(table):
    path = table()
    (file,) = path.rglob("*.json")
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert scores(imported(path)) == {"1+1?": 0.5, "2+2?": 1.0, "3+3?": 0.0}


def test_columns_that_are_no_accuracy_are_left_out_and_named(table):
    columns = [*COLUMNS[:4], "similarity/v1/score", "toxicity/v1/score"]
    source = read_chosen("auto", table([[*row[:4], 5, 0.1] for row in ROWS], columns), None, [])
    assert [task.name for task in source.tasks] == ["judge"]
    assert source.notes == (
        "left out: similarity/v1/score, whose numbers are not from 0 to 1 (5)",
        "left out: toxicity/v1/score, of which less is better",
    )


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        (["a", *COLUMNS[1:]], "what was asked is not known"),
        ([*COLUMNS[:4], "inputs"], "a column is there twice"),
    ],
)
def test_a_table_that_cannot_be_read_is_said_to_be(table, columns, why):
    with pytest.raises(DataError, match=why):
        read_chosen("auto", table(columns=columns), None, [])


@pytest.mark.parametrize("score", [10**400, float("inf")])
def test_a_number_that_no_score_can_be_leaves_its_column_out(table, score):
    with pytest.raises(DataError, match="whose numbers are not from 0 to 1"):
        read_chosen("auto", table([["1+1?", "2", "2", score, ""]]), None, [])


def test_a_table_of_which_no_column_can_be_gated_is_refused(table):
    with pytest.raises(DataError, match=r"no column has a score from 0 to 1.*quantgate claim"):
        read_chosen("auto", table([["1+1?", "2", "2", 5, ""]]), None, [])


def test_a_table_that_is_cut_in_half_is_said_to_be(table):
    file = table() / "artifacts" / "eval_results_table.json"
    file.write_text(file.read_text()[:200])
    with pytest.raises(DataError, match="not JSON"):
        read_chosen("auto", file, None, [])


def test_a_row_that_is_nested_too_deeply_is_counted(table):
    folder = table([*ROWS, ["@@", "8", "8", 1.0, ""]])
    file = folder / "artifacts" / "eval_results_table.json"
    file.write_text(file.read_text().replace('"@@"', "[" * 600 + "]" * 600))
    assert "nested too deeply" in imported(folder).record.tasks[0].imported.unread_first
