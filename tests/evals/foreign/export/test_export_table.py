"""What a table is written of, comes back of it: every field of every answer, what was asked, and the record."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Continuation, Sample, Status
from quantgate.evals.errors import DataError
from quantgate.evals.foreign.cells import guarded, unguarded
from quantgate.evals.foreign.export.targets import target_of
from quantgate.evals.foreign.formats import read_source
from quantgate.evals.foreign.writing import write_run
from quantgate.evals.inspection.opened import OpenedRun
from quantgate.evals.pairing.pairing import Run
from quantgate.evals.samples.lines import line_of
from quantgate.evals.samples.prompts import line_of_prompt
from tests.evals.made_runs import run_of

AWKWARD = ("=cmd|' /C calc'!A0", "+1", "-1", "@x", "'quoted", "", "a\nb\r\nc", '"x","y"', " \t=1", "＝1", "\x00", "ü🙂")
FORMS = ("csv", "jsonl", "parquet")


def samples() -> list[Sample]:
    whole = Sample(
        "gsm8k",
        "-7",
        0,
        "f" * 64,
        Status.TRUNCATED,
        0.25,
        stratum="=a",
        cluster="c",
        extracted="18",
        vote="x",
        margin=-0.125,
        metrics={"strict": 0.0, "flexible": 0.25},
        response="r" * 200_000,
        reasoning="",
        finish_reason="length",
        usage={"completion_tokens": 7},
        latency_s=0.1,
        first_token_s=0.05,
        tokens_per_s=3.5,
        attempts=2,
        seed=11,
        time="2026-11-01T00:00:00+00:00",
        replied_by=[1, 0],
    )
    fault = Sample("gsm8k", "8", 0, "e" * 64, Status.ERROR, None, error="timeout")
    texts = [
        Sample("gsm8k", f"t{place}", 0, "d" * 64, Status.OK, 1.0, extracted=text, response=text, error=text)
        for place, text in enumerate(AWKWARD)
    ]
    return [whole, fault, *texts]


@pytest.fixture
def run(tmp_path) -> Path:
    """A run directory with one item more than is answered, and two prompts."""
    folder, told = tmp_path / "run", samples()
    folder.mkdir()
    record = run_of([1]).record
    task = replace(record.tasks[0], name="gsm8k", items=len(told) + 1, strata={"=a": 1})
    (folder / "run.json").write_text(replace(record, tasks=(task,)).to_json())
    (folder / "samples.jsonl").write_bytes(b"".join(map(line_of, told)))
    asked = [
        Asked("gsm8k", "-7", "f" * 64, ({"role": "user", "content": "=1+1?"},), reference="-2"),
        Asked("gsm8k", "8", "e" * 64, continuations=(Continuation("c", " a"), Continuation("c", " b"))),
    ]
    (folder / "prompts.jsonl").write_bytes(b"".join(map(line_of_prompt, asked)))
    return folder


def exported(run: Path, form: str, *, reveal: bool = True) -> tuple[Path, list[str]]:
    target = target_of(form)
    out = run.parent / f"table{target.ending}"
    return out, list(target.write(OpenedRun.open(run, revealed=reveal), out))


@pytest.mark.parametrize("form", FORMS)
def test_all_of_it_comes_back(run, form):
    out, lost = exported(run, form)
    write_run(read_source("auto", out), run.parent / "back")
    before, after = Run.load(run), Run.load(run.parent / "back")
    assert lost == []
    assert dict(after.samples) == dict(before.samples)
    assert [replace(task, imported=None) for task in after.record.tasks] == list(before.record.tasks)
    for sample in samples()[:2]:
        key = sample.task, sample.item_id, sample.prompt_hash
        assert after.prompts.of(*key) == before.prompts.of(*key) is not None


def test_no_cell_of_csv_is_a_formula(run):
    out, _ = exported(run, "csv")
    csv.field_size_limit(1 << 20)
    with open(out, newline="", encoding="utf-8") as stream:
        cells = [cell for row in csv.DictReader(stream) for name, cell in row.items() if name != "margin"]
    assert not [cell for cell in cells if cell.lstrip()[:1] in set("=+-@＝＋－＠") and cell]


@pytest.mark.parametrize("text", AWKWARD)
def test_what_guards_a_cell_changes_nothing_that_is_read(text):
    assert unguarded(guarded(text)) == text


def test_an_apostrophe_in_a_table_of_somebody_else_is_its_own(tmp_path):
    (tmp_path / "x.csv").write_text("task,item_id,repeat,score\nt,'1,0,1\n")
    write_run(read_source("csv", tmp_path / "x.csv"), tmp_path / "x")
    assert [item for _, item, _ in Run.load(tmp_path / "x").samples] == ["'1"]


@pytest.mark.parametrize("form", FORMS)
def test_a_private_text_is_left_out_and_said_to_be(run, form):
    directory = Run.load(run)
    task = replace(directory.record.tasks[0], private="keep it to yourself")
    (run / "run.json").write_text(replace(directory.record, tasks=(task,)).to_json())
    out, lost = exported(run, form, reveal=False)
    assert b"rrrr" not in out.read_bytes()
    assert "--reveal" in lost[0]


def test_an_answer_without_a_grade_is_a_fault_and_said_to_be(run):
    ungraded = Sample("gsm8k", "9", 0, "c" * 64, Status.UNGRADED, None, error="it was slow", ended=Status.OK)
    with open(run / "samples.jsonl", "ab") as stream:
        stream.write(line_of(ungraded))
    out, lost = exported(run, "jsonl")
    write_run(read_source("auto", out), run.parent / "back")
    sample = Run.load(run.parent / "back").samples["gsm8k", "9", 0]
    assert (sample.status, sample.error) == (Status.ERROR, "not graded: it was slow")
    assert "1 ungraded" in lost[0]


def test_a_record_that_is_none_is_refused_in_a_line(tmp_path):
    (tmp_path / "x.jsonl").write_text('{"task": "t", "item_id": "1", "repeat": 0, "score": 1, "run": "{}"}\n')
    with pytest.raises(DataError, match=r"x.jsonl, .*line 1: run is no quantgate run record"):
        read_source("auto", tmp_path / "x.jsonl")
