"""NeMo Evaluator's shards of one run as one run: read for themselves, as what is merged of them has no logs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quantgate.evals.contract.records import Status
from quantgate.evals.errors import DataError
from quantgate.evals.foreign.choosing import read_chosen
from quantgate.evals.foreign.writing import write_run
from quantgate.evals.pairing.pairing import Run
from tests.evals.foreign.test_nemo import bundle, lines, request, result

HALVES = ((7, 588), (12, 1214))


def told(shard: int | None, total: int = 2, **more: Any) -> dict[str, Any]:
    """The bundle of a shard; NeMo Evaluator gives what is merged the configuration of the first."""
    found = bundle()
    found["config"] |= {"shard": {"idx": shard or 0, "total": total, "range": [0, 2]}, **more}
    found["benchmark"]["scores"]["pass@1"]["value"] = 0.25 if shard is None else 0.5
    return found


def shard(root: Path, number: int, total: int = 2) -> Path:
    at = root / f"shard_{number}" / "gsm8k_local"
    lines(at / "results.jsonl", [result(problem) for problem in HALVES[number]])
    lines(at / "model_traffic.jsonl", [request(problem) | {"finish_reason": "length"} for problem in HALVES[number]])
    (at / "eval-1-gsm8k_local.json").write_text(json.dumps(told(number, total)))
    return at


@pytest.fixture
def sharded(tmp_path):
    """The folder of a run in two shards, with what was merged of them."""
    root = tmp_path / "fp8"
    for number in (0, 1):
        shard(root, number)
    merged = root / "gsm8k_local"
    lines(merged / "results.jsonl", [result(problem) for half in HALVES for problem in half])
    (merged / "eval-2-gsm8k_local.json").write_text(json.dumps(told(None, n_shards=2)))
    return root


def imported(path: Path, out: Path) -> Run:
    write_run(read_chosen("nemo", path, None, []), out)
    return Run.load(out)


def statuses(run: Run) -> list[Status]:
    return [each.status for each in run.samples.values()]


def test_the_shards_of_a_run_are_one_run_with_their_logs(sharded, tmp_path):
    run = imported(sharded, tmp_path / "run")
    assert [task.items for task in run.record.tasks] == [4]
    assert statuses(run) == [Status.TRUNCATED] * 4
    assert run.record.tasks[0].provenance["accuracy by NeMo Evaluator"] == "0.25 (pass@1)"


def test_merged_results_are_read_alone_where_they_are_named(sharded, tmp_path):
    run = imported(sharded / "gsm8k_local", tmp_path / "run")
    assert (run.record.tasks[0].items, statuses(run)) == (4, [Status.OK] * 4)


def test_what_a_shard_that_is_not_there_was_to_ask_is_missing(tmp_path):
    shard(tmp_path / "fp8", 1)
    source = read_chosen("nemo", tmp_path / "fp8", None, [])
    assert any("1 of 2 shards are here" in note for note in source.notes)
    write_run(source, tmp_path / "run")
    assert (Run.load(tmp_path / "run").record.tasks[0].items, len(Run.load(tmp_path / "run").samples)) == (4, 2)


def test_of_a_shard_that_broke_off_what_it_had_scored_counts(tmp_path):
    shard(tmp_path / "fp8", 0)
    broken = shard(tmp_path / "fp8", 1)
    lines(broken / "verified_log.jsonl", [result(12)])
    for file in (broken / "results.jsonl", broken / "eval-1-gsm8k_local.json"):
        file.unlink()
    run = imported(tmp_path / "fp8", tmp_path / "run")
    assert (run.record.tasks[0].items, len(run.samples)) == (4, 3)


@pytest.mark.parametrize("totals", [(2, 3), (1, 1)])
def test_folders_that_are_no_shards_of_one_run_are_not_chosen_among(tmp_path, totals):
    for number, total in enumerate(totals):
        shard(tmp_path / "fp8", number, total)
    with pytest.raises(DataError, match="results of gsm8k_local in 2 folders"):
        read_chosen("nemo", tmp_path / "fp8", None, [])
