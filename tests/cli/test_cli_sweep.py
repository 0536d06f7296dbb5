"""`quantgate sweep` as its user meets it: each candidate served while it is asked, one comparison that grows."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from quantgate.evals.runs.directory import RunDirectory

pytestmark = pytest.mark.slow

STAGED = Path(__file__).parents[1] / "server" / "staged.py"


@pytest.fixture
def fleet(tmp_path):
    """Writes a fleet.yaml of staged servers, and returns its path; each candidate's value are that server's options."""

    def write(says: dict[str, object] | None = None, **candidates: str) -> str:
        def command(options: str) -> str:
            started = f"echo {{label}} >> {shlex.quote(str(tmp_path / 'started'))}"
            return f"{started}; exec {sys.executable} {STAGED} --port {{port}} --model {{model}} {options}"

        document = {
            "serve": command(""),
            "baseline": {"label": "bf16", "model": "m-bf16"},
            "candidates": [
                {"label": label, "model": f"m-{label}", "serve": command(options)}
                for label, options in candidates.items()
            ],
            "tasks": {"arithmetic": {"margin": 0.2, "sums": 60}},
            "concurrency": 4,
            "out": "out",
            **(says or {}),
        }
        (tmp_path / "fleet.yaml").write_text(json.dumps(document))
        return str(tmp_path / "fleet.yaml")

    return write


@pytest.fixture
def started(tmp_path):
    """The labels of the builds whose servers were started since it was asked last."""

    def read() -> list[str]:
        file = tmp_path / "started"
        labels = file.read_text().split() if file.exists() else []
        file.unlink(missing_ok=True)
        return labels

    return read


def comparison_in(folder: Path) -> dict[str, object]:
    return json.loads((folder / "out" / "compare.json").read_text())


def test_all_candidates_are_held_against_one_baseline_that_is_asked_once(quantgate, fleet, started, tmp_path):
    file = fleet(fp8="", bad="--wrong-every 2")
    code, out, err = quantgate(["sweep", file])
    assert code == 1, err
    assert started() == ["bf16", "fp8", "bad"]
    assert "Ship fp8" in out
    assert "verdict: ✗ regressed (exit code 1)" in out
    verdicts = {build["name"]: build["verdict"] for build in comparison_in(tmp_path)["formats"]}
    assert verdicts == {"fp8": "pass", "bad": "regressed"}
    assert len(RunDirectory(tmp_path / "out" / "bf16").samples()) == 60
    assert {"report.html", "report.md", "junit.xml", "fleet.yaml", "servers"} <= set(os.listdir(tmp_path / "out"))
    code, again, _ = quantgate(["sweep", file])
    assert (code, again, started()) == (1, out, [])


def test_a_candidate_that_fails_is_told_and_the_others_go_on(quantgate, fleet, started, tmp_path):
    code, out, err = quantgate(["sweep", fleet(broken="--fails --says '<b>CUDA out of memory</b>'", fp8="")])
    assert code == 5
    assert "broken: not complete: its server ended (exit code 3) before it was up" in err
    assert "│ <b>CUDA out of memory</b>" in err
    said = next(line for line in out.splitlines() if line.startswith("verdict so far: "))
    assert said.endswith("inconclusive")
    assert "exit code 0" not in out
    page = (tmp_path / "out" / "report.html").read_text()
    assert "broken: its server ended (exit code 3) before it was up" in page
    assert started() == ["bf16", "broken", "fp8"]
    code, out, _ = quantgate(["sweep", fleet(broken="", fp8="")])
    assert (code, started()) == (0, ["broken"])
    assert "awaited" not in comparison_in(tmp_path)


def test_a_server_that_dies_while_it_is_asked_loses_nothing_that_has_come(quantgate, fleet, tmp_path):
    code, _, err = quantgate(["sweep", fleet({"stop": "never"}, fp8="--dies-after 20")])
    assert code == 5
    assert "fp8: not complete: its server was killed by signal 9 while it was asked" in err
    assert "│ CUDA error: an illegal memory access" in err
    held = RunDirectory(tmp_path / "out" / "fp8").samples().values()
    assert 10 <= sum(sample.score is not None for sample in held) < 60


def test_answers_of_another_command_are_not_taken_for_a_builds_own(quantgate, fleet, started, tmp_path):
    assert quantgate(["sweep", fleet(fp8="", q4="")])[0] == 0
    started()
    code, _, err = quantgate(["sweep", fleet(fp8="--wrong-every 2", q4="")])
    assert (code, started()) == (5, [])
    assert "were served by another command" in err
    assert [build["name"] for build in comparison_in(tmp_path)["formats"]] == ["q4"]
    shutil.rmtree(tmp_path / "out" / "fp8")
    code, _, err = quantgate(["sweep", fleet(fp8="--wrong-every 2", q4="")])
    assert (code, started()) == (1, ["fp8"]), err


def test_without_its_baseline_nothing_is_asked(quantgate, fleet, started):
    says = {"baseline": {"label": "bf16", "model": "m", "serve": "exit 7 # {port}"}}
    code, out, err = quantgate(["sweep", fleet(says, fp8="")])
    assert (code, out, started()) == (5, "", [])
    assert "bf16: not complete: its server ended (exit code 7)" in err
    assert "nothing can be compared yet" in err


def test_several_are_served_at_once_where_that_is_said(quantgate, fleet, tmp_path):
    meeting = tmp_path / "meeting"
    os.mkfifo(meeting)
    # Each end of a pipe waits for the other: neither server comes up without the other.
    says = {"parallel": 2, "stop": "never"}
    file = fleet(says, one="", two="")
    document = json.loads(Path(file).read_text())
    for candidate, redirect in zip(document["candidates"], (">", "<"), strict=True):
        candidate["serve"] = f": {redirect} {meeting}; {candidate['serve']}"
    Path(file).write_text(json.dumps(document))
    code, _, err = quantgate(["sweep", file])
    assert code == 0, err


def test_one_that_passes_is_enough_where_that_is_said(quantgate, fleet):
    code, _, err = quantgate(["sweep", fleet({"pass_if": "any"}, fp8="", bad="--wrong-every 2")])
    assert code == 0, err


def test_what_the_endpoint_is_not_fit_for_is_told_before_it_is_asked(quantgate, fleet, tmp_path):
    file = fleet(fp8="--model other")
    code, _, err = quantgate(["sweep", file])
    assert code == 5
    assert "fp8: not complete: its endpoint is not fit to be asked" in err


def test_a_budget_holds_for_the_whole_fleet(quantgate, fleet, started, tmp_path):
    says = {"stop": "never", "budget": {"max_requests": 90}}
    code, _, err = quantgate(["sweep", fleet(says, one="", two="")])
    assert code == 5
    assert started() == ["bf16", "one"]
    held = sum(len(RunDirectory(tmp_path / "out" / label).samples()) for label in ("bf16", "one"))
    assert held == 90
    assert "budget.max_requests is used up" in err


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_stops_the_servers_and_the_same_command_goes_on(quantgate, fleet, tmp_path, started):
    pid = tmp_path / "pid"
    file = fleet({"stop": "never"}, fp8=f"--slow 0.2 --pid {pid}")
    command = [sys.executable, "-m", "quantgate", "sweep", file]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("fp8: it is asked"):
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
        assert process.wait() == 5
    assert "the same command goes on" in rest
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    started()
    code, _, err = quantgate(["sweep", file])
    assert (code, started()) == (0, ["fp8"]), err


def test_a_dry_run_starts_nothing(quantgate, fleet, started, tmp_path):
    code, out, _ = quantgate(["sweep", fleet(fp8=""), "--dry-run"])
    assert (code, started()) == (0, [])
    assert "fp8 is started: echo fp8" in out
    assert "--port {port}" in out
    assert not (tmp_path / "out").exists()


def test_a_list_that_has_grown_is_refused_before_anything_is_started(quantgate, fleet, started):
    quantgate(["sweep", fleet(fp8="")])
    started()
    code, out, err = quantgate(["sweep", fleet(fp8="", q4="")])
    assert (code, out, started()) == (2, "", [])
    assert "looks are fixed for their number" in err


def test_without_looks_a_fleet_may_grow(quantgate, fleet, started):
    quantgate(["sweep", fleet({"stop": "never"}, fp8="")])
    started()
    code, _, err = quantgate(["sweep", fleet({"stop": "never"}, fp8="", q4="")])
    assert (code, started()) == (0, ["q4"]), err
