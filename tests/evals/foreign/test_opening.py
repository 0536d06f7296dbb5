"""Another tool's files stand wherever a run directory does, by the name that the user gave them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from quantgate.evals.errors import RunDirectoryError
from quantgate.evals.foreign.opening import foreign_format, run_directory
from quantgate.evals.foreign.table import CSV
from quantgate.evals.foreign.types import ForeignRun, Format
from quantgate.evals.pairing.pairing import Run, pair_runs
from tests.evals.made_runs import run_of

TABLE = "task,item_id,repeat,score\ngsm8k,1,0,1\ngsm8k,2,0,0\n"


@pytest.fixture
def source(tmp_path):
    file = tmp_path / "mxfp4.v2.csv"
    file.write_text(TABLE)
    return file


def test_a_file_is_imported_once_and_said_to_be(source):
    told: list[str] = []
    folder = run_directory(source, told.append)
    assert run_directory(source, told.append) == folder
    assert [line.partition(":")[0] for line in told] == [f"{source} is read as csv"]
    assert Run.load(folder).record.label == "mxfp4.v2"


def test_a_file_that_has_changed_is_imported_again(source):
    before = run_directory(source)
    source.write_text(TABLE + "gsm8k,3,0,1\n")
    assert len(Run.load(before).samples) == 2
    assert len(Run.load(run_directory(source)).samples) == 3


def test_a_run_directory_is_itself(tmp_path):
    (tmp_path / "run.json").write_text(run_of([1]).record.to_json())
    assert run_directory(tmp_path) == tmp_path
    assert foreign_format(tmp_path) is None


def test_what_is_neither_is_left_to_whoever_reads_run_directories(tmp_path):
    (tmp_path / "gate.json").write_text("{}")
    for path in (tmp_path, tmp_path / "gate.json", tmp_path / "none"):
        assert run_directory(path) == path
        with pytest.raises(RunDirectoryError, match="no run directory"):
            Run.load(path)


def test_a_folder_is_imported_again_when_a_file_in_it_has_changed(tmp_path, monkeypatch):
    file = tmp_path / "results" / "deep" / "x.csv"
    file.parent.mkdir(parents=True)
    file.write_text(TABLE)

    def read(folder: Path) -> ForeignRun:
        return replace(CSV.read(file), model=folder.name)

    folders = Format("folders", "a folder of tables", lambda path: path.name == "results", read)
    monkeypatch.setattr("quantgate.evals.foreign.formats._formats", lambda: iter([folders]))
    before = run_directory(tmp_path / "results")
    assert run_directory(tmp_path / "results") == before
    file.write_text(TABLE + "gsm8k,3,0,1\n")
    after = Run.load(run_directory(tmp_path / "results"))
    assert (len(after.samples), after.record.label) == (3, "results")


def test_one_file_on_both_sides_is_no_comparison(source):
    run = Run.load(run_directory(source), source)
    (pairs,) = pair_runs(run, Run.load(run_directory(source), source)).tasks
    assert pairs.problems == (f"{source} is both baseline and candidate, so nothing was compared",)


def test_what_a_source_has_to_be_known_of_is_told_with_it(source, monkeypatch):
    noted = replace(CSV, read=lambda path: replace(CSV.read(path), notes=("half of it is of another day",)))
    monkeypatch.setattr("quantgate.evals.foreign.formats._formats", lambda: iter([noted]))
    told: list[str] = []
    run_directory(source, told.append)
    assert told[1:] == [f"{source}: half of it is of another day"]
