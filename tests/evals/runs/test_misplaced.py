"""What was given in place of a run directory or a decision, and what to give."""

import json

import pytest

from quantgate.evals.decision.json import load_decision
from quantgate.evals.errors import DataError, QuantgateError
from quantgate.evals.runs.directory import RunDirectory


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "glm-mxfp4"
    folder.mkdir()
    (folder / "run.json").write_text("{}")
    (folder / "samples.jsonl").write_text("")
    return folder


def said_of_run(path):
    with pytest.raises(QuantgateError) as refusal:
        RunDirectory(path).record()
    return str(refusal.value)


def said_of_decision(path):
    with pytest.raises(DataError) as refusal:
        load_decision(path)
    return str(refusal.value)


def test_a_missing_run_is_said_to_be_missing_with_the_nearest_name(run, tmp_path):
    said = said_of_run(tmp_path / "glm-mxpf4")
    assert f"there is no such folder; the nearest name is {run}" in said
    assert "there is no such folder. " in said_of_run(tmp_path / "elsewhere")
    assert f"there is no folder {tmp_path / 'none'}. " in said_of_run(tmp_path / "none" / "glm")


def test_a_folder_of_runs_names_them(run, tmp_path):
    assert f"it has no run.json. It holds {run}: give one of those" in said_of_run(tmp_path)


def test_a_file_of_a_run_names_the_run(run):
    assert said_of_run(run / "samples.jsonl") == f"{run}/samples.jsonl is a file of the run directory {run}: give that"


@pytest.mark.parametrize(
    "named",
    [
        {"folders": {"baseline": "runs/a", "candidate": "runs/b"}},
        {"baseline_folder": "runs/a", "formats": [{"folder": "runs/b"}]},
    ],
)
def test_a_decision_names_its_runs(tmp_path, named):
    file = tmp_path / "gate.json"
    file.write_text(json.dumps({"verdict": "pass", **named}))
    assert "is a decision, and no run directory: give its runs, runs/a and runs/b. `quantgate report" in said_of_run(
        file
    )


def test_a_hostile_decision_names_none(tmp_path):
    for document in ({"verdict": 1, "folders": 3, "formats": [4, {"folder": 5}]}, {"verdict": 1, "formats": {}}):
        (tmp_path / "gate.json").write_text(json.dumps(document))
        assert "give its runs. `quantgate report" in said_of_run(tmp_path / "gate.json")


def test_any_other_file_is_said_to_be_one(tmp_path):
    (tmp_path / "notes.txt").write_text("[" * 10_000)
    assert "is a file, and no run directory: that is a folder with run.json" in said_of_run(tmp_path / "notes.txt")


def test_a_bundle_is_told_from_a_run(tmp_path):
    (tmp_path / "manifest.json").write_text("{}")
    assert "a bundle of data, which --data-dir takes" in said_of_run(tmp_path)


def test_a_run_is_no_decision(run):
    assert f"it is a run directory, whose answers `quantgate show {run}` shows" in said_of_decision(run)


def test_a_folder_with_a_decision_names_it(tmp_path):
    assert "it is a folder: give the JSON that `gate --json` wrote" in said_of_decision(tmp_path)
    (tmp_path / "gate.json").write_text("{}")
    assert f"it is a folder: give {tmp_path / 'gate.json'}" in said_of_decision(tmp_path)


def test_a_missing_decision_is_said_to_be_missing(tmp_path):
    (tmp_path / "gate.json").write_text("{}")
    said = said_of_decision(tmp_path / "gat.json")
    assert f"No such file; the nearest name is {tmp_path / 'gate.json'}" in said
