"""quantgate in a working directory where somebody else has laid out code under well-known names."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from quantgate.working_directory import leave_out

ROOT = Path(__file__).resolve().parents[2]
NAMES = (
    *("aiohttp", "datasets", "evaluate", "huggingface_hub", "jinja2", "lm_eval", "matplotlib", "nltk", "numpy"),
    *("openai", "pandas", "pip", "pyarrow", "pydantic", "quantgate", "requests", "rich", "scipy", "torch", "typer"),
    *("yaml", "code_eval", "rouge", "bleu", "evals", "tasks", "reports", "conftest"),
)


@pytest.fixture
def trapped(tmp_path):
    """A folder in which every import, entry point and metric leaves a mark."""
    folder = tmp_path / "here"
    mark = f"open({str(tmp_path / 'ran')!r}, 'a').write(__name__ + chr(10))\n"
    for name in NAMES:
        (folder / name).mkdir(parents=True)
        for file in ("__init__", name, "__main__"):
            (folder / name / f"{file}.py").write_text(mark)
    (folder / "trap.py").write_text(mark)
    (folder / "trap-1.0.dist-info").mkdir()
    (folder / "trap-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: trap\nVersion: 1.0\n")
    (folder / "trap-1.0.dist-info" / "entry_points.txt").write_text("[quantgate.tasks]\ntrap = trap:task\n")
    os.mkfifo(folder / "matplotlibrc")
    return folder


def said_by(folder, *command, **environment):
    """What a command says in a folder, and its exit code."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "COLUMNS": "300", **environment},
    )
    return done.returncode, done.stdout + done.stderr


ENTRY = ("-c", "from quantgate.cli import main; main()")


@pytest.mark.slow
@pytest.mark.parametrize("task", ["humaneval", "meqsum"])
def test_a_task_that_would_run_code_of_the_working_directory_is_refused_and_runs_none(trapped, task):
    command = ("run", "--task", f"lm-eval:{task}", "--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--out", "o")
    code, said = said_by(trapped, "-P", *ENTRY, *command, HF_ALLOW_CODE_EVAL="1")
    assert (code, said.count("\n")) == (2, 1)
    assert "executes what the model writes" in said or "code from outside the installed packages" in said
    assert not (trapped.parent / "ran").exists()


@pytest.mark.slow
def test_as_a_module_it_imports_nothing_of_the_working_directory_either(trapped):
    shutil.rmtree(trapped / "quantgate")
    code, said = said_by(trapped, "-m", "quantgate", "tasks")
    assert code == 0, said
    assert "gsm8k" in said
    assert "trap" not in said
    assert not (trapped.parent / "ran").exists()


@pytest.mark.parametrize("entry", ["", ".", "{here}"])
def test_the_working_directory_is_left_out_however_it_is_written(tmp_path, monkeypatch, entry):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setattr(sys, "path", ["/elsewhere", entry.format(here=tmp_path)])
    leave_out()
    assert sys.path == ["/elsewhere"]


def test_a_working_directory_that_pythonpath_names_stays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{os.pathsep}{tmp_path}")
    monkeypatch.setattr(sys, "path", ["", str(tmp_path)])
    leave_out()
    assert sys.path == ["", str(tmp_path)]


@pytest.mark.slow
def test_a_report_is_drawn_by_the_installed_matplotlib_whatever_lies_here(trapped, tmp_path):
    decision = tmp_path / "gate.json"
    decision.write_bytes((ROOT / "docs" / "example-gate.json").read_bytes())
    code, said = said_by(trapped, "-P", *ENTRY, "report", str(decision), "--html", "out.html")
    assert code == 0, said
    assert (trapped / "out.html").exists()
    assert not (trapped.parent / "ran").exists()
