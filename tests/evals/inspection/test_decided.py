"""The runs of a saved decision are found where it says they lie, and only when they are those very runs."""

from __future__ import annotations

import json

import pytest

from quantgate.evals.inspection.decided import runs_of
from tests.evals.inspection.made import made_run, sample


@pytest.fixture
def runs(tmp_path):
    return [made_run(tmp_path / "out" / name, [sample("1")]) for name in ("fp8", "mxfp4", "q4")]


@pytest.fixture
def decision(tmp_path, runs):
    def make(told, folder="elsewhere"):
        records = [json.loads((run / "run.json").read_text()) for run in runs]
        file = tmp_path / folder / "gate.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(told(records)))
        return file

    return make


def gate_of(records, **more):
    return {"baseline": records[0], "candidate": records[1], **more}


def test_by_the_folders_that_it_names(decision, runs):
    folders = {"baseline": str(runs[0]), "candidate": str(runs[1])}
    assert runs_of(decision(lambda records: gate_of(records, folders=folders))) == tuple(runs[:2])


def test_by_the_command_that_made_it_where_it_is_older(decision, runs):
    command = f"quantgate gate '{runs[0]}' {runs[1]} --margin 0.02"
    assert runs_of(decision(lambda records: gate_of(records, command=command))) == tuple(runs[:2])


def test_beside_it_as_check_leaves_them(decision, runs):
    assert runs_of(decision(gate_of, "out")) == tuple(runs[:2])


def test_of_a_comparison_all_of_them(decision, runs):
    def told(records):
        formats = [{"candidate": record, "folder": str(run)} for record, run in zip(records, runs, strict=True)][1:]
        return {"baseline": records[0], "baseline_folder": str(runs[0]), "formats": formats}

    assert runs_of(decision(told)) == tuple(runs)


def test_a_folder_that_holds_another_run_by_now_is_not_taken_for_it(decision, runs):
    file = decision(gate_of, "out")
    record = json.loads((runs[1] / "run.json").read_text())
    (runs[1] / "run.json").write_text(json.dumps({**record, "created": "2027-01-01T00:00:00+00:00"}))
    assert runs_of(file) == ()


@pytest.mark.parametrize(
    "told", [[], {}, {"baseline": 3}, {"baseline": {}, "candidate": {}, "command": "'"}, {"formats": [3]}]
)
def test_anything_else_names_no_runs(decision, told):
    assert runs_of(decision(lambda _: told)) == ()
