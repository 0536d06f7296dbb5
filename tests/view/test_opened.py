"""What the viewer finds: runs, decisions, and the runs that a decision was about."""

import os

import pytest

from quantgate.evals.decision.gate import decide
from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.settings.policy import load_policy
from quantgate.view.found import find
from quantgate.view.store import Store
from quantgate.view.types import Filter
from tests.view.written import answered, viewing, write_run


def gated(baseline, candidate, file, **told):
    """The decision about two runs, in a file."""
    from dataclasses import replace

    verdict = decide(pair_runs(Run.load(baseline), Run.load(candidate)), load_policy(None))
    file.write_text(replace(verdict, **told).to_json(), encoding="utf-8")
    return file


@pytest.fixture
def runs(tmp_path):
    left = [answered(str(number)) for number in range(40)]
    right = [answered(str(number), 0.0 if number % 4 == 0 else 1.0) for number in range(40)]
    return write_run(tmp_path / "runs" / "fp8", left), write_run(tmp_path / "runs" / "mxfp4", right)


def test_runs_and_decisions_under_a_folder_are_found(tmp_path, runs):
    file = gated(*runs, tmp_path / "gate.json")
    (tmp_path / "other.json").write_text('{"schema_version": 1}', encoding="utf-8")
    (tmp_path / ".hidden").mkdir()
    write_run(tmp_path / ".hidden" / "run", [answered("1")])
    found = find([tmp_path])
    assert (set(found.runs), found.decisions, found.cut) == (set(runs), (file,), False)


def test_no_link_is_followed_and_nothing_too_deep_is_looked_at(tmp_path):
    write_run(tmp_path / "a/b/c/d/e/f/g", [answered("1")])
    (tmp_path / "inside").mkdir()
    os.symlink(tmp_path, tmp_path / "inside" / "around")
    os.mkfifo(tmp_path / "pipe.json")
    assert find([tmp_path]).runs == ()


def test_a_folder_with_more_than_anybody_keeps_is_cut(tmp_path, monkeypatch):
    monkeypatch.setattr("quantgate.view.found._MOST_FOUND", 3)
    for number in range(5):
        write_run(tmp_path / str(number), [answered("1")])
    found = find([tmp_path])
    assert (len(found.runs), found.cut) == (3, True)


def test_a_decision_leads_to_its_runs(tmp_path, runs):
    with viewing(tmp_path / "runs", gated(*runs, tmp_path / "gate.json")) as viewer:
        (row,) = viewer.store.overview().decisions
        assert (row.verdict, row.title, row.tasks[0].losses) == ("regressed", "mxfp4 against fp8", 10)
        page = viewer.get(f"decision/{row.key}").text
        assert f"diff/{row.baseline}/{row.candidate}" in page
        assert viewer.get(f"diff/{row.baseline}/{row.candidate}?flipped=losses").status == 200


@pytest.mark.parametrize(
    "told",
    [
        {"folders": {"baseline": "runs/fp8", "candidate": "runs/mxfp4"}},
        {"command": "quantgate gate runs/fp8 runs/mxfp4 --margin 0.02"},
        {},
    ],
)
def test_a_decision_alone_finds_its_runs_by_what_it_names_or_beside_it(tmp_path, runs, told):
    with viewing(gated(*runs, tmp_path / "gate.json", **told)) as viewer:
        (row,) = viewer.store.overview().decisions
        assert {run.key for run in viewer.store.overview().runs} == {row.baseline, row.candidate}


def test_a_run_at_the_named_place_that_is_another_is_not_taken_for_it(tmp_path, runs):
    file = gated(*runs, tmp_path / "gate.json", folders={"baseline": "runs/fp8", "candidate": "runs/mxfp4"})
    write_run(runs[1], [answered("1")], label="another")
    with viewing(file) as viewer:
        (row,) = viewer.store.overview().decisions
        assert row.baseline is not None
        assert row.candidate is None
        assert viewer.get(f"decision/{row.key}").status == 200


def test_a_decision_that_comes_or_changes_is_seen(tmp_path, runs):
    with viewing(tmp_path) as viewer:
        assert viewer.store.overview().decisions == ()
        file = gated(*runs, tmp_path / "gate.json")
        assert len(viewer.store.overview().decisions) == 1
        write_run(tmp_path / "late", [answered("1")])
        assert "late" in viewer.get().text
        file.write_text('{"schema_version": 1, "verdict": "pass"}', encoding="utf-8")
        os.utime(file, (1, 1))
        (row,) = viewer.store.overview().decisions
        assert row.problem is not None
        assert "gate.json" in viewer.get().text


@pytest.mark.parametrize("name", ["nothing-there", "empty", "text.json"])
def test_what_is_none_of_these_is_refused_in_a_line(tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.json").write_text("[1]", encoding="utf-8")
    with pytest.raises((UsageError, DataError)) as refused:
        Store([tmp_path / name])
    assert name in str(refused.value)


def test_the_files_of_a_run_name_it(runs):
    with viewing(runs[0] / "samples.jsonl", runs[1] / "run.json") as viewer:
        assert {run.label for run in viewer.store.overview().runs} == {"fp8", "mxfp4"}


def test_what_a_check_has_decided_by_itself_and_in_a_comparison_is_listed_once(tmp_path, runs):
    gated(*runs, tmp_path / "gate-a.json", created="2026-11-27T10:00:00")
    gated(*runs, tmp_path / "gate-b.json", created="2026-11-27T10:00:00")
    gated(*runs, tmp_path / "gate-c.json", created="2026-11-27T11:00:00")
    with viewing(tmp_path) as viewer:
        found = viewer.store.overview().decisions
        assert [row.created[11:13] for row in found] == ["11", "10"]
        assert viewer.get(f"decision/{found[1].key}").status == 200


def test_files_of_another_tool_are_a_run_by_their_own_name(tmp_path):
    file = tmp_path / "scores.csv"
    file.write_text("task,item_id,repeat,score\nsums,1,0,1\nsums,2,0,0\n")
    with Store([file], patience_s=60) as store:
        (row,) = store.overview().runs
        assert (row.label, row.folder, row.tasks[0].score) == ("scores", str(file), 0.5)
        page = store.items((row.key,), Filter(unparsed=True), 0)
        assert page.total == 0
