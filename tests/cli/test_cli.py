"""The command line as a whole: usage errors, versions, bugs."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from quantgate import __version__
from quantgate.tasks.registry import BUILT_IN

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gate"], "Missing argument"),
        (["gate", "a", "b", "--no-such-option"], "No such option"),
        (["run", "--limit", "many"], "--limit"),
        (["demo", "--items", "0"], "--items"),
        (["no-such-verb"], "No such command"),
        (["plan", "--items", "many"], "--items"),
    ],
)
def test_wrong_usage_exits_2_with_what_was_wrong(quantgate, arguments, said):
    code, out, err = quantgate(arguments)
    assert code == 2
    assert said in out + err
    assert "Traceback" not in err


def test_the_version_is_told(quantgate):
    code, out, _ = quantgate(["--version"])
    assert (code, out.strip()) == (0, f"quantgate {__version__}")


def test_every_verb_of_the_contract_that_is_built_has_its_help(quantgate):
    for verb in ("demo", "run", "gate", "compare", "plan", "claim", "calibrate", "doctor", "tasks"):
        code, out, _ = quantgate([verb, "--help"])
        assert code == 0
        assert f"quantgate {verb}" in out


def test_the_tasks_are_listed(quantgate):
    code, out, _ = quantgate(["tasks"])
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == [*BUILT_IN, "lm-eval:NAME"]


def test_a_bug_does_not_exit_with_a_verdict(quantgate, monkeypatch):
    monkeypatch.setattr("quantgate.evals.settings.policy.load_policy", lambda *_: 1 / 0)
    code, _, err = quantgate(["gate", "a", "b"])
    assert code == 70
    assert "this is a bug in quantgate" in err


def test_ctrl_c_while_it_starts_is_no_verdict():
    process = subprocess.Popen(
        [sys.executable, "-m", "quantgate", "calibrate", "--n", "1319", "--margin", "0.02"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    maps = Path(f"/proc/{process.pid}/maps")
    while process.poll() is None and "numpy" not in maps.read_text():
        pass
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode not in (0, 1, 3, 4)
    assert "Traceback" not in err
