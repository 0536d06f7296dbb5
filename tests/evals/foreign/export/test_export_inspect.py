"""A run written as logs of Inspect: Inspect reads them, and they come back as the run that they were."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Continuation, Sample, Status
from quantgate.evals.errors import DataError
from quantgate.evals.foreign.export.targets import target_of
from quantgate.evals.foreign.formats import read_source
from quantgate.evals.foreign.writing import write_run
from quantgate.evals.inspection.opened import OpenedRun
from quantgate.evals.pairing.pairing import Run
from quantgate.evals.samples.lines import line_of
from quantgate.evals.samples.prompts import line_of_prompt
from tests.evals.foreign.inspect_made import INSPECT
from tests.evals.made_runs import run_of

pytestmark = INSPECT

HASH = "f" * 64


def answers() -> list[Sample]:
    plain = Sample("gsm8k", "q/1", 0, HASH, Status.OK, 1.0, extracted="5", response="#### 5", metrics={"score": 1.0})
    whole = replace(
        plain,
        repeat=1,
        status=Status.TRUNCATED,
        score=0.25,
        stratum="a",
        cluster="c",
        vote="x",
        margin=-0.125,
        metrics={"score": 0.25, "strict": 0.0},
        response="so\x00 ü🙂",
        reasoning="hm",
        finish_reason="length",
        usage={"completion_tokens": 7, "other": [1]},
        latency_s=0.1,
        first_token_s=0.05,
        tokens_per_s=3.5,
        attempts=2,
        seed=11,
        time="2026-11-01T00:00:00+00:00",
        replied_by=[1, 0],
    )
    lacking = {"extracted": None, "metrics": {}}
    return [
        plain,
        whole,
        replace(plain, item_id="2", status=Status.EMPTY, score=0.0, extracted=None, response=None),
        replace(plain, item_id="3", status=Status.REFUSED, score=0.0, response="", reasoning=""),
        replace(plain, item_id="4", status=Status.ERROR, score=None, response=None, error="timeout", **lacking),
        replace(plain, item_id="5", status=Status.UNGRADED, score=None, error="no grader", ended=Status.OK, **lacking),
        replace(plain, item_id="6", extracted=None, score=0.0),
    ]


@pytest.fixture
def folder(tmp_path) -> Path:
    made, told = tmp_path / "run", answers()
    made.mkdir()
    record = run_of([1]).record
    task = replace(record.tasks[0], name="gsm8k", metric="score", items=7, repeats=2)
    (made / "run.json").write_text(replace(record, tasks=(task,)).to_json())
    (made / "samples.jsonl").write_bytes(b"".join(map(line_of, told)))
    sent = ({"role": "system", "content": "Be brief."}, {"role": "user", "content": "2 + 3?"})
    asked = [
        Asked("gsm8k", "q/1", HASH, sent, reference="5"),
        Asked("gsm8k", "2", HASH, sent[1:]),
        Asked("gsm8k", "3", HASH, continuations=(Continuation("c", " a"), Continuation("d", " b")), reference="a"),
    ]
    (made / "prompts.jsonl").write_bytes(b"".join(map(line_of_prompt, asked)))
    return made


def exported(folder: Path, name: str = "logs") -> tuple[Path, list[str]]:
    out = folder.parent / name
    return out, list(target_of("inspect").write(OpenedRun.open(folder), out))


def test_all_of_it_comes_back(folder):
    out, lost = exported(folder)
    write_run(read_source("auto", out), folder.parent / "back")
    before, after = Run.load(folder), Run.load(folder.parent / "back")
    assert lost == []
    assert dict(after.samples) == dict(before.samples)
    assert replace(after.record, tasks=()) == replace(before.record, tasks=())
    assert [replace(task, imported=None) for task in after.record.tasks] == list(before.record.tasks)
    for item in ("q/1", "2", "3"):
        assert after.prompts.of("gsm8k", item, HASH) == before.prompts.of("gsm8k", item, HASH) is not None


def test_inspect_reads_it_and_has_the_same_accuracy(folder):
    from inspect_ai import log as inspect_log

    out, _ = exported(folder)
    (found,) = inspect_log.list_eval_logs(str(out))
    log = inspect_log.read_eval_log(found)
    assert (log.eval.task, log.eval.model, log.status) == ("gsm8k", Run.load(folder).record.model, "cancelled")
    assert log.results.scores[0].metrics["accuracy"].value == pytest.approx((0.625 + 0 + 0 + 0) / 4)
    by_key = {(each.id, each.epoch): each for each in log.samples}
    assert by_key["q/1", 1].output.completion == "#### 5"
    assert by_key["q/1", 2].output.stop_reason == "max_tokens"
    assert [each.text for each in by_key["q/1", 1].messages] == ["Be brief.", "2 + 3?", "#### 5"]
    assert by_key["4", 1].error.message == "timeout"


def test_a_single_task_may_be_a_single_file(folder):
    from inspect_ai import log as inspect_log

    out, _ = exported(folder, "run.eval")
    assert inspect_log.read_eval_log(str(out), header_only=True).eval.task == "gsm8k"


def test_several_tasks_are_no_single_file(folder):
    record = Run.load(folder).record
    both = replace(record, tasks=(*record.tasks, replace(record.tasks[0], name="math")))
    (folder / "run.json").write_text(both.to_json())
    with pytest.raises(DataError, match="an Inspect log holds one task, and this run has 2: name a folder"):
        exported(folder, "run.eval")
    out, _ = exported(folder)
    assert len(list(out.glob("*.eval"))) == 2


def test_of_a_private_task_no_word_is_written(folder):
    from inspect_ai import log as inspect_log

    record = Run.load(folder).record
    private = replace(record.tasks[0], private="keep it to yourself")
    (folder / "run.json").write_text(replace(record, tasks=(private,)).to_json())
    out, lost = exported(folder)
    assert lost == ["gsm8k: texts are left out, as its authors ask: --reveal writes them"]
    (file,) = out.iterdir()
    written = inspect_log.read_eval_log(str(file)).model_dump_json()
    assert "####" not in written
    assert "2 + 3" not in written


def test_a_score_that_was_edited_in_inspect_is_the_one_that_is_read(folder):
    from inspect_ai import log as inspect_log

    out, _ = exported(folder)
    (file,) = out.iterdir()
    log = inspect_log.read_eval_log(str(file))
    next(each for each in log.samples if each.id == "6").scores["score"].value = 1.0
    inspect_log.write_eval_log(log, str(file))
    write_run(read_source("auto", file), folder.parent / "back")
    assert Run.load(folder.parent / "back").samples["gsm8k", "6", 0].score == 1.0


def test_a_sample_without_what_was_kept_is_told(folder):
    from inspect_ai import log as inspect_log

    out, _ = exported(folder)
    (file,) = out.iterdir()
    log = inspect_log.read_eval_log(str(file))
    log.samples[0].metadata = {}
    log.samples[1].metadata["quantgate"]["status"] = "fine"
    inspect_log.write_eval_log(log, str(file))
    record = write_run(read_source("auto", file), folder.parent / "back")
    assert record.tasks[0].imported.unread == 2
    assert "no quantgate among its metadata" in record.tasks[0].imported.unread_first
