"""Another tool's files stand wherever a run directory does, by the name that the user gave them."""

from __future__ import annotations

import pytest

from quantgate.evals.errors import DataError, RunDirectoryError
from quantgate.evals.foreign.opening import foreign_format, run_directory
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
    with pytest.raises(RunDirectoryError, match="no run directory"):
        Run.load(run_directory(tmp_path))


def test_a_file_of_no_format_is_refused_with_those_that_there_are(tmp_path):
    (tmp_path / "gate.json").write_text("{}")
    with pytest.raises(DataError, match=r"neither a run directory, nor of the formats .*csv"):
        run_directory(tmp_path / "gate.json")


def test_one_file_on_both_sides_is_no_comparison(source):
    run = Run.load(run_directory(source), source)
    (pairs,) = pair_runs(run, Run.load(run_directory(source), source)).tasks
    assert pairs.problems == (f"{source} is both baseline and candidate, so nothing was compared",)
