"""A run written as records of Every Eval Ever: laid and filled as that project's schema 0.3.0 has them."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from quantgate.evals.errors import DataError
from quantgate.evals.foreign.export.targets import target_of
from quantgate.evals.foreign.formats import read_source
from quantgate.evals.foreign.writing import write_run
from quantgate.evals.inspection.opened import OpenedRun
from quantgate.evals.pairing.pairing import Run
from quantgate.evals.samples.lines import line_of
from tests.evals.foreign.export.whole_run import samples, write_whole_run

PLACE = re.compile(r"data/[\w.-]+/[\w.-]+/[\w.-]+/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def exported(folder: Path, *, reveal: bool = False) -> tuple[Path, list[str]]:
    out = folder.with_name("records")
    return out, list(target_of("every-eval-ever").write(OpenedRun.open(folder, revealed=reveal), out))


def totals_and_rows(out: Path, task: str) -> tuple[dict, list[dict], Path]:
    for file in out.rglob("*.json"):
        totals = json.loads(file.read_text())
        if totals["evaluation_results"][0]["evaluation_name"] == task:
            beside = file.with_name(f"{file.stem}_samples.jsonl")
            return totals, [json.loads(line) for line in beside.read_text().splitlines()], beside
    raise AssertionError(task)


def test_each_task_is_a_record_where_the_store_has_those_of_its_model(tmp_path):
    out, _ = exported(write_whole_run(tmp_path / "run"))
    files = sorted(file.relative_to(out).as_posix() for file in out.rglob("*.*") if file.is_file())
    assert len(files) == 4
    assert all(PLACE.match(file) for file in files)
    assert {file.split("/")[1:4] == ["lm-eval_arc", "org", "model-8b"] for file in files} == {True, False}


def test_totals_say_the_accuracy_and_point_to_the_answers(tmp_path):
    out, _ = exported(write_whole_run(tmp_path / "run"))
    totals, rows, file = totals_and_rows(out, "gsm8k")
    (result,) = totals["evaluation_results"]
    assert result["score_details"]["score"] == pytest.approx((0.625 + 0 + 0 + 0 + 1 + 7) / 12)
    told = totals["detailed_evaluation_results"]
    assert (out / told["file_path"]) == file
    assert told["checksum"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert told["total_rows"] == len(rows) == 14
    assert {row["evaluation_result_id"] for row in rows} == {result["evaluation_result_id"]}
    assert {row["evaluation_id"] for row in rows} == {totals["evaluation_id"]}


def test_a_row_tells_what_its_fields_are_for(tmp_path):
    out, _ = exported(write_whole_run(tmp_path / "run"))
    _, rows, _ = totals_and_rows(out, "gsm8k")
    first, second = (row for row in rows if row["sample_id"] == "q/1")
    assert (first["input"]["raw"], first["input"]["reference"]) == ("2 + 3?", ["5"])
    assert (first["output"]["raw"], first["evaluation"]) == (["#### 5"], {"score": 1.0, "is_correct": True})
    assert first["answer_attribution"][0]["extracted_value"] == "5"
    assert second["output"]["reasoning_trace"] == ["hm"]
    assert second["token_usage"] == {"input_tokens": 3, "output_tokens": 7, "total_tokens": 10}
    assert second["performance"] == {"latency_ms": 100.0, "time_to_first_token_ms": 50.0}
    errors = {row["sample_id"]: row["error"] for row in rows if row["error"]}
    assert errors == {"3": "refusal", "-4": "timeout"}
    assert all(isinstance(value, str) for row in rows for value in row["metadata"].values())


def test_a_fault_which_a_record_must_give_a_number_is_told(tmp_path):
    _, lost = exported(write_whole_run(tmp_path / "run"))
    assert lost == ["gsm8k: 1 answers without a score have 0 and an `error`: other readers may count them"]


def test_a_task_of_which_no_answer_has_a_score_is_refused(tmp_path):
    folder = write_whole_run(tmp_path / "run")
    fault = next(each for each in samples() if each.score is None)
    (folder / "samples.jsonl").write_bytes(line_of(fault))
    with pytest.raises(DataError, match="gsm8k has no answer with a score"):
        exported(folder)


def test_of_a_private_task_no_word_is_written_but_by_reveal(tmp_path):
    folder = write_whole_run(tmp_path / "run")
    record = Run.load(folder).record
    private = tuple(replace(task, private="keep it to yourself") for task in record.tasks)
    (folder / "run.json").write_text(replace(record, tasks=private).to_json())
    out, lost = exported(folder)
    written = "".join(file.read_text() for file in out.rglob("*.jsonl"))
    assert "####" not in written
    assert "2 + 3" not in written
    assert "--reveal" in lost[0]


def test_a_score_that_was_edited_is_the_one_that_is_read(tmp_path):
    out, _ = exported(write_whole_run(tmp_path / "run"))
    _, rows, file = totals_and_rows(out, "gsm8k")
    next(row for row in rows if row["sample_id"] == "6")["evaluation"]["score"] = 1.0
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    write_run(read_source("auto", out), tmp_path / "back")
    assert Run.load(tmp_path / "back").samples["gsm8k", "6", 0].score == 1.0


@pytest.mark.parametrize("broken", [None, "{", '{"status": "fine"}', "[]"])
def test_a_row_without_what_was_kept_is_told(tmp_path, broken):
    out, _ = exported(write_whole_run(tmp_path / "run"))
    _, rows, file = totals_and_rows(out, "gsm8k")
    rows[0]["metadata"]["quantgate"] = broken
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    record = write_run(read_source("auto", out), tmp_path / "back")
    assert sum(task.imported.unread for task in record.tasks) == 1
