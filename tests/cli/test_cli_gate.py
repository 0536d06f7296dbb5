"""`quantgate gate` as its user meets it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evals.pairing import Run
from evals.store import RunDirectory
from tests.evals.runs import pair_of, run_of

ROOT = Path(__file__).resolve().parents[2]


def saved(run: Run, path: Path) -> str:
    with RunDirectory(path).writing(run.record) as writer:
        for sample in run.samples.values():
            writer.append(sample)
    return str(path)


@pytest.fixture
def pair(tmp_path):
    """Two run directories with so many losses and gains."""

    def make(losses: int, gains: int, n: int) -> list[str]:
        baseline, candidate = pair_of(losses, gains, n)
        return [saved(baseline, tmp_path / "fp8"), saved(candidate, tmp_path / "mxfp4")]

    return make


@pytest.mark.parametrize(
    ("counts", "margin", "code", "word"),
    [
        ((36, 23, 1319), "0.02", 0, "✓ equivalent"),
        ((100, 5, 1319), "0.02", 1, "✗ regressed"),
        ((36, 23, 1319), "0.01", 3, "? inconclusive"),
    ],
)
def test_the_exit_code_is_the_verdict(quantgate, pair, counts, margin, code, word):
    exit_code, out, _ = quantgate(["gate", *pair(*counts), "--margin", margin])
    assert exit_code == code
    assert word in out
    assert f"(exit code {code})" in out


def test_the_table_has_every_figure(quantgate, pair):
    _, out, _ = quantgate(["gate", *pair(36, 23, 1319), "--margin", "gsm8k=0.02"])
    assert "mxfp4 against fp8" in out
    for cell in ("gsm8k", "1,319", "88.70%", "87.72%", "-0.99", "-1.98 to -0.02", "36/23"):
        assert cell in out


def test_no_figure_is_cut_where_there_are_only_80_columns(quantgate, pair, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = quantgate(["gate", *pair(36, 23, 1319)])
    assert "…" not in out
    for cell in ("1,319", "88.70%", "87.72%", "-0.99", "-1.98 to -0.02", "36/23"):
        assert cell in out


def test_json_is_what_the_terminal_says(quantgate, pair, tmp_path):
    code, _, _ = quantgate(["gate", *pair(2, 0, 200), "--margin", "0.03", "--json", str(tmp_path / "gate.json")])
    document = json.loads((tmp_path / "gate.json").read_text())
    assert (code, document["verdict"]) == (3, "inconclusive")
    assert document["tasks"][0]["difference"] == pytest.approx(-0.01)


def test_runs_that_do_not_fit_are_invalid_with_the_reason_and_exit_4(quantgate, tmp_path):
    runs = [saved(run_of([1.0]), tmp_path / "a"), saved(run_of([1.0], version="2"), tmp_path / "b")]
    code, out, _ = quantgate(["gate", *runs])
    assert code == 4
    assert "! invalid" in out
    assert 'version "3.0" for the baseline, "2" for the candidate' in out


@pytest.mark.parametrize("margin", ["0", "-1", "5", "2%"])
def test_a_margin_that_is_none_exits_2(quantgate, pair, margin):
    code, _, err = quantgate(["gate", *pair(1, 1, 50), f"--margin={margin}"])
    assert code == 2
    assert f"--margin {margin}" in err


def test_what_is_no_run_directory_exits_2_by_name(quantgate, tmp_path):
    code, _, err = quantgate(["gate", str(tmp_path), str(tmp_path / "none")])
    assert code == 2
    assert f"{tmp_path} is no run directory" in err


def test_a_json_path_that_cannot_be_written_exits_2(quantgate, pair):
    code, _, err = quantgate(["gate", *pair(0, 0, 50), "--json", "/no/such/gate.json"])
    assert code == 2
    assert "--json /no/such/gate.json: cannot be written" in err


def test_the_exit_code_stays_the_verdict_when_nobody_reads_the_output(pair):
    command = [sys.executable, "-m", "evals.cli", "gate", *pair(36, 23, 1319), "--margin", "0.01"]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (3, "")


def test_a_policy_file_decides_what_is_asked(quantgate, pair, tmp_path):
    runs = pair(36, 23, 1319)
    assert quantgate(["gate", *runs, "--policy", str(ROOT / "policies" / "strict.yaml")])[0] == 3
    (tmp_path / "policy.yaml").write_text("baseline_at_least: 0.95\n")
    code, out, _ = quantgate(["gate", *runs, "--policy", str(tmp_path / "policy.yaml")])
    assert code == 4
    assert "is the harness or the server broken?" in out


def test_hostile_labels_and_task_names_come_out_as_text(quantgate, tmp_path):
    evil = "[red]\x1b[31m\u202eevil\nlabel"
    runs = [saved(run_of([1.0] * 99, label=evil, name="[bold]t\x1b]0;pwn\x07"), tmp_path / name) for name in ("a", "b")]
    _, out, _ = quantgate(["gate", *runs])
    assert "\x1b]0;" not in out
    assert "\u202e" not in out
    assert "[bold]t" in out
    assert "[red]" in out
