"""Decisions that were taken one after the other, read from their files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from quantgate.evals.decision.history import read_history
from quantgate.evals.errors import DataError
from tests.reports import made


def kept(folder: Path, name: str, created: str, **changes) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(replace(made.verdict(made.decision(), **changes), created=created).to_json())
    return file


def times(*paths: Path) -> list[str]:
    return [decision.created for _, decision in read_history(paths).decisions]


def test_they_come_by_when_they_were_taken_whatever_the_files_are_called(tmp_path):
    kept(tmp_path, "a/gate.json", "2026-11-03T10:00:00+00:00")
    kept(tmp_path, "b/nightly-gate-9.json", "2026-11-01T10:00:00+00:00")
    # Two hours east of the others: before noon in UTC.
    kept(tmp_path, "c/compare.json", "2026-11-03T11:00:00+02:00")
    assert times(tmp_path) == ["2026-11-01T10:00:00+00:00", "2026-11-03T11:00:00+02:00", "2026-11-03T10:00:00+00:00"]


def test_one_whose_time_cannot_be_read_comes_first(tmp_path):
    kept(tmp_path, "gate-1.json", "2026-11-03T10:00:00+00:00")
    kept(tmp_path, "gate-2.json", "yesterday")
    assert times(tmp_path)[0] == "yesterday"


def test_what_holds_no_decision_is_named_and_passed_over(tmp_path):
    kept(tmp_path, "gate.json", "2026-11-03T10:00:00+00:00")
    (tmp_path / "gate-torn.json").write_text('{"verdict": ')
    (tmp_path / "gate-link.json").symlink_to(tmp_path / "nowhere")
    (tmp_path / "run.json").write_text("{}")
    read = read_history([tmp_path])
    assert len(read.decisions) == 1
    assert {Path(line.partition(": ")[0].partition(" ")[0]).name for line in read.passed_over} == {
        "gate-torn.json",
        "gate-link.json",
    }


def test_a_copy_counts_once(tmp_path):
    file = kept(tmp_path, "gate.json", "2026-11-03T10:00:00+00:00")
    (tmp_path / "gate-copy.json").write_bytes(file.read_bytes())
    assert len(times(tmp_path, file)) == 1


def test_where_there_is_none_it_is_refused_with_the_reason(tmp_path):
    with pytest.raises(DataError, match="no file beneath is called"):
        read_history([tmp_path])
    (tmp_path / "gate.json").write_text("[]")
    with pytest.raises(DataError, match="no decision is there"):
        read_history([tmp_path])
