"""A run directory that a power cut or another hand has damaged: told, healed by the same command, and never a crash."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quantgate.evals.runs.directory import RunDirectory
from tests.cli.test_cli_gate import saved
from tests.evals.made_runs import pair_of
from tests.server.served import served_model


def lines_of(folder: Path) -> list[bytes]:
    return (folder / "samples.jsonl").read_bytes().splitlines(keepends=True)


def damaged(folder: Path, place: int, line: bytes) -> None:
    lines = lines_of(folder)
    lines[place] = line
    (folder / "samples.jsonl").write_bytes(b"".join(lines))


@pytest.mark.slow
def test_the_same_run_asks_again_what_was_damaged_and_says_so(quantgate, arguments, rule, tmp_path):
    with served_model(rule) as server:
        quantgate(arguments(server.base_url))
        damaged(tmp_path / "run", 7, b"\0" * 4096 + b"\n")
        damaged(tmp_path / "run", 20, b"\n")
        code, out, _ = quantgate(arguments(server.base_url))
        assert (code, len(server.log.bodies)) == (0, 42)
    assert "40 of 40 answered" in out
    told = "2 lines of samples.jsonl are damaged and passed over as if never written (the first line 8: it is no JSON"
    assert told in " ".join(out.split())
    assert len(RunDirectory(tmp_path / "run").samples()) == 40


@pytest.mark.slow
def test_an_answer_to_what_was_never_asked_leaves_its_place_open(quantgate, arguments, rule, tmp_path):
    with served_model(rule) as server:
        quantgate(arguments(server.base_url))
        lines = lines_of(tmp_path / "run")
        damaged(tmp_path / "run", 7, json.dumps({**json.loads(lines[7]), "item_id": "from elsewhere"}).encode() + b"\n")
        code, out, _ = quantgate(arguments(server.base_url))
        assert (code, len(server.log.bodies)) == (0, 41)
    assert "40 of 40 answered" in out
    assert "1 of the samples are answers to items or repeats that this run was never to ask" in " ".join(out.split())


@pytest.fixture
def pair(tmp_path):
    """The folders of two runs of 400 items that answer almost alike."""
    baseline, candidate = pair_of(2, 2, 400)
    saved(baseline, tmp_path / "fp8")
    saved(candidate, tmp_path / "mxfp4")
    return tmp_path / "fp8", tmp_path / "mxfp4"


def gated(quantgate, pair: tuple[Path, Path], out: Path) -> tuple[int, dict]:
    code, _, _ = quantgate(["gate", *map(str, pair), "--margin", "0.05", "--json", str(out)])
    return code, json.loads(out.read_text())["tasks"][0]


def test_a_damaged_line_counts_as_missing_in_a_gate(quantgate, pair, tmp_path):
    damaged(pair[1], 7, b"[]\n")
    code, task = gated(quantgate, pair, tmp_path / "gate.json")
    assert (code, task["verdict"]) == (4, "invalid")
    assert task["validity"]["candidate"]["missing"] == 1
    found = {finding["code"]: finding["message"] for finding in task["findings"]}
    assert "1 line of samples.jsonl is damaged and passed over as if never written (line 8:" in found["damaged"]


VALUES = ["null", "true", "-1", "1.5", "1e999", "NaN", "9" * 400, '""', '"\\ud83d"', "[[]]", '{"a": {}}', '"ungraded"']


@pytest.mark.slow
@pytest.mark.parametrize("value", VALUES)
def test_no_value_of_any_field_ends_a_gate_in_a_crash(quantgate, pair, tmp_path, value):
    lines = lines_of(pair[1])
    names = [*json.loads(lines[0]), "ended", "regrade", "unheard_of"]
    for place, name in enumerate(names):
        lines[place] = lines[place][:-2] + f', "{name}": {value}}}\n'.encode()  # twice, and then in its place alone
        told = json.loads(lines[100 + place])
        told.pop(name, None)
        lines[100 + place] = (json.dumps(told)[:-1] + f', "{name}": {value}}}\n').encode()
    (pair[1] / "samples.jsonl").write_bytes(b"".join(lines))
    code, task = gated(quantgate, pair, tmp_path / "gate.json")
    assert code in (0, 3, 4)
    assert "damaged" in {finding["code"] for finding in task["findings"]} or "not comparable" in task["reason"]


def test_lines_of_a_regrade_that_are_gone_block_a_pass(quantgate, pair, tmp_path):
    record = json.loads((pair[1] / "run.json").read_text())
    entry = {"id": "r", "time": "then", "software": {}, "tasks": ["gsm8k"], "changed": 3, "before": {}}
    (pair[1] / "run.json").write_text(json.dumps({**record, "regraded": [entry]}))
    code, task = gated(quantgate, pair, tmp_path / "gate.json")
    assert code == 3
    assert "3 lines of the candidate's last regrade are gone" in " ".join(f["message"] for f in task["findings"])
