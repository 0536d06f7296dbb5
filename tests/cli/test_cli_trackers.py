"""`--mlflow` and `--wandb`: what a tracker does changes neither verdict, exit code nor files."""

from __future__ import annotations

import json

import pytest

from quantgate.evals.decision.types import ReleaseVerdict
from quantgate.reports.sinks import sending
from tests.reports import made

pytestmark = pytest.mark.slow

REGRESSED = made.verdict(made.regressed(), release=ReleaseVerdict.REGRESSED)


@pytest.fixture
def trackers(monkeypatch):
    """What the process of each tracker is given, and what it says."""
    asked = []

    def run(module, order):
        asked.append((module, order))
        return trackers.says

    def trackers():
        return asked

    trackers.says = {"sent": "run 7"}
    monkeypatch.setattr(sending, "_run", run)
    return trackers


@pytest.fixture
def gate_json(tmp_path):
    file = tmp_path / "gate.json"
    file.write_text(REGRESSED.to_json())
    return file


def test_report_sends_a_saved_decision_and_prints_nothing_else(quantgate, gate_json, trackers):
    code, out, err = quantgate(["report", str(gate_json), "--mlflow", "http://x:5000", "--wandb", "team/release"])
    assert (code, out) == (0, "")
    assert err.splitlines() == ["sent: --mlflow http://x:5000: run 7", "sent: --wandb team/release: run 7"]
    assert [(module.rpartition("_")[2], order.target) for module, order in trackers()] == [
        ("mlflow", "http://x:5000"),
        ("wandb", "team/release"),
    ]


def test_report_exits_2_for_what_has_not_arrived_and_writes_all_the_same(quantgate, gate_json, trackers, tmp_path):
    trackers.says = {"failed": "no"}
    code, _, err = quantgate(["report", str(gate_json), "--mlflow", "x", "--markdown", str(tmp_path / "r.md")])
    assert code == 2
    assert "warning: --mlflow x: nothing is known to have arrived: no" in err
    assert (tmp_path / "r.md").read_text().startswith("##")


def test_an_empty_target_sends_nothing(quantgate, gate_json, trackers):
    assert quantgate(["report", str(gate_json), "--mlflow", "", "--wandb", ""])[0] == 0
    assert not trackers()


@pytest.mark.parametrize("verb", ["gate", "compare"])
def test_a_dead_tracker_changes_neither_exit_code_nor_files(quantgate, builds, arguments, trackers, tmp_path, verb):
    trackers.says = {"failed": "the connection was refused"}
    with builds(mxfp4=0.5) as server:
        for build in ("fp8", "mxfp4"):
            assert quantgate(arguments(server.base_url, out=tmp_path / build, model=f"glm-{build}"))[0] == 0
    runs = [str(tmp_path / build) for build in ("fp8", "mxfp4")]
    wanted = quantgate([verb, *runs, "--looks", "1"])
    file = tmp_path / "out.json"
    code, out, err = quantgate([verb, *runs, "--looks", "1", "--json", str(file), "--mlflow", "http://a:b@x"])
    assert (code, out) == wanted[:2]
    assert "warning: --mlflow http://x: nothing is known to have arrived: the connection was refused" in err
    assert "mlflow" not in json.loads(file.read_text())["command"]


def test_a_check_sends_its_decision_last(quantgate, builds, release, trackers):
    trackers.says = {"missing": "No module named 'wandb'"}
    with builds() as server:
        code, _, err = quantgate(["check", release(server.base_url), "--wandb", "release", "--no-progress"])
    assert code == 0
    assert "warning: --wandb: nothing was sent: pip install 'quantgate[wandb]'" in err
    ((_, order),) = trackers()
    assert order.sheets[0].tags["verdict"] == "pass"
