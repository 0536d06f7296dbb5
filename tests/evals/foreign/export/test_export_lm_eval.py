"""A run written as lm-eval's files: what comes back of them, what cannot, and lm-eval's own reading of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.fidelity import ANSWERS, TOKEN_LOGPROBS
from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.errors import DataError
from quantgate.evals.foreign.export.targets import target_of
from quantgate.evals.foreign.formats import read_source
from quantgate.evals.foreign.writing import write_run
from quantgate.evals.inspection.opened import OpenedRun
from quantgate.evals.pairing.pairing import Run
from quantgate.evals.runs.record import RunRecord, parse_run_record
from quantgate.evals.samples.lines import line_of
from quantgate.evals.samples.prompts import line_of_prompt
from tests.evals.made_runs import run_of

REAL = Path(__file__).parents[3] / "data" / "lm_eval"
STRICT, FLEXIBLE = "exact_match,strict-match", "exact_match,flexible-extract"
HASH = "f" * 64


def exported(run: Path, out: Path) -> list[str]:
    return list(target_of("lm-eval").write(OpenedRun.open(run), out))


def read_back(out: Path, folder: Path) -> Run:
    write_run(read_source("auto", out), folder)
    return Run.load(folder)


@pytest.fixture
def written(tmp_path):
    """A run directory of some samples of one task."""

    def make(samples: list[Sample], **task) -> Path:
        record: RunRecord = run_of([1.0]).record
        items = len({sample.item_id for sample in samples})
        mine = replace(
            record.tasks[0], name="lm-eval:sums", metric=STRICT, items=items, item_ids=None, strata={}, **task
        )
        folder = tmp_path / "run"
        folder.mkdir()
        (folder / "run.json").write_text(replace(record, tasks=(mine,)).to_json())
        (folder / "samples.jsonl").write_bytes(b"".join(map(line_of, samples)))
        asked = [Asked("lm-eval:sums", each.item_id, HASH, ({"role": "user", "content": "1 + 1?"},), reference="2")
                 for each in samples if each.repeat == 0]  # fmt: skip
        (folder / "prompts.jsonl").write_bytes(b"".join(map(line_of_prompt, asked)))
        return folder

    return make


def answer(item: str, score: float = 1.0, repeat: int = 0, **more) -> Sample:
    told = {"response": "It is 2.", "extracted": "2", "metrics": {STRICT: score, FLEXIBLE: 1.0}} | more
    return Sample("lm-eval:sums", item, repeat, HASH, told.pop("status", Status.OK), score, **told)


@pytest.mark.parametrize("kind", ["generated", "scored"])
def test_what_was_imported_comes_back_of_what_is_exported(tmp_path, kind):
    write_run(read_source("auto", REAL / kind), tmp_path / "before")
    exported(tmp_path / "before", tmp_path / "out")
    before, after = Run.load(tmp_path / "before"), read_back(tmp_path / "out", tmp_path / "after")
    assert dict(after.samples.items()) == dict(before.samples.items())
    for (task, item, _), sample in before.samples.items():
        assert after.prompts.of(task, item, sample.prompt_hash) == before.prompts.of(task, item, sample.prompt_hash)
    for task in before.record.tasks:
        other = after.record.task(task.name)
        for name in ("version", "grader", "metric", "items", "repeats", "sampling", "settings", "strata", "item_ids"):
            assert getattr(other, name) == getattr(task, name), name
    assert (after.record.model, after.record.created) == (before.record.model, before.record.created)
    assert after.record.endpoint == before.record.endpoint


def test_an_answer_keeps_its_words_scores_and_prompt(written, tmp_path):
    run = written([answer("0"), answer("x/7", 0.0, extracted=None)])
    assert exported(run, tmp_path / "out") == []
    after = read_back(tmp_path / "out", tmp_path / "after")
    assert [replace(sample, task="lm-eval:sums") for sample in after.samples.values()] == [
        answer("0"),
        answer("x/7", 0.0, extracted=None),
    ]
    assert after.prompts.of("sums", "0", HASH).messages == ({"role": "user", "content": "1 + 1?"},)


def test_what_lm_eval_cannot_hold_is_told(written, tmp_path):
    run = written(
        [
            answer("0", metrics={STRICT: 1.0, FLEXIBLE: 1.0, "tolerant": 1.0}),
            answer("1", status=Status.TRUNCATED),
            Sample("lm-eval:sums", "2", 0, HASH, Status.ERROR, None, error="timeout"),
        ]
    )
    lost = exported(run, tmp_path / "out")
    assert len(lost) == 3
    assert any("tolerant is left out" in each for each in lost)
    assert any("1 answers without a score are left out" in each for each in lost)
    assert any("1 answers that were cut or refused look whole" in each for each in lost)
    after = read_back(tmp_path / "out", tmp_path / "after")
    assert (after.record.task("sums").items, len(after.samples)) == (3, 2), "the fault is missing, not wrong"


def test_of_repeats_the_mean_is_the_score(written, tmp_path):
    run = written([answer("0", float(repeat == 1), repeat) for repeat in range(4)], repeats=4)
    assert "of 4 repeats the mean is the score" in exported(run, tmp_path / "out")[0]
    assert read_back(tmp_path / "out", tmp_path / "after").samples["sums", "0", 0].score == 0.25


def test_a_private_task_is_written_without_a_word(written, tmp_path):
    run = written([answer("0")], private="Its authors ask you to keep it to yourself")
    assert "--reveal" in exported(run, tmp_path / "out")[0]
    text = "".join(file.read_text() for file in (tmp_path / "out").rglob("*.json*"))
    assert "It is 2." not in text
    assert "1 + 1?" not in text
    assert read_back(tmp_path / "out", tmp_path / "after").samples["sums", "0", 0].score == 1.0


@pytest.mark.parametrize("kind", ["generated", "scored"])
def test_the_figures_are_lm_evals_and_its_own_functions_find_the_files(tmp_path, kind):
    from lm_eval.utils import (
        get_file_task_name,
        get_latest_filename,
        get_results_filenames,
        get_sample_results_filenames,
        make_table,
    )

    write_run(read_source("auto", REAL / kind), tmp_path / "run")
    exported(tmp_path / "run", tmp_path / "out")
    files = [str(file) for file in (tmp_path / "out").rglob("*.json*")]
    results = json.loads(Path(get_latest_filename(get_results_filenames(files))).read_text())
    (original,) = (REAL / kind).glob("results_*")
    theirs = json.loads(original.read_text())["results"]
    for task, figures in results["results"].items():
        for name in (STRICT, FLEXIBLE, "acc,none", "acc_stderr,none", "exact_match_stderr,strict-match"):
            if name in figures:
                assert figures[name] == pytest.approx(theirs[task][name], abs=1e-12)
    assert {get_file_task_name(Path(file).name) for file in get_sample_results_filenames(files)} == {
        *results["configs"]
    }
    assert "exact_match" in make_table(results) or "acc" in make_table(results)


def test_every_row_has_every_metric_of_its_task(written, tmp_path):
    exported(written([answer("0", metrics={STRICT: 1.0, FLEXIBLE: 1.0, "tolerant": 1.0})]), tmp_path / "out")
    (results,) = (tmp_path / "out").rglob("results_*")
    (rows,) = (tmp_path / "out").rglob("samples_*")
    listed = json.loads(results.read_text())["configs"]["sums"]["metric_list"]
    for row in map(json.loads, rows.read_text().splitlines()):
        assert [metric["metric"] for metric in listed] == row["metrics"]
        assert row["filtered_resps"]


def test_a_row_whose_prompt_was_not_kept_has_arguments_for_lm_evals_tools_and_comes_back_without_one(written, tmp_path):
    run = written([answer("1"), answer("2", 0.0)])
    (run / "prompts.jsonl").unlink()
    exported(run, tmp_path / "out")
    (file,) = (tmp_path / "out").rglob("samples_*.jsonl")
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert {row["arguments"]["gen_args_0"]["arg_0"] for row in rows} == {""}
    back = read_back(tmp_path / "out", tmp_path / "back")
    assert [sample.score for sample in back.samples.values()] == [1.0, 0.0]
    assert back.prompts.of("lm-eval:sums", "1", HASH) is None


def test_log_probabilities_of_tokens_which_nothing_could_compare_there_are_not_written(written, tmp_path):
    run = written([answer("1")], settings={ANSWERS: TOKEN_LOGPROBS})
    with pytest.raises(DataError, match=r"lm-eval:sums: left out, as lm-eval has no place for log-probabilities"):
        exported(run, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    record = parse_run_record((run / "run.json").read_text(), "run.json")
    both = replace(record, tasks=(*record.tasks, replace(record.tasks[0], name="lm-eval:other", settings={})))
    (run / "run.json").write_text(both.to_json())
    (run / "samples.jsonl").write_bytes(line_of(answer("1")) + line_of(replace(answer("1"), task="lm-eval:other")))
    (told,) = [each for each in exported(run, tmp_path / "out") if "left out" in each]
    assert told.startswith("lm-eval:sums: left out")
    assert [task.name for task in read_source("auto", tmp_path / "out").tasks] == ["other"]
