"""The command line as a whole: usage errors, versions, bugs."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from quantgate import __version__
from quantgate.tasks.registry import installed

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


def test_it_is_a_module_too_that_goes_by_the_same_name(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "quantgate", "-h"], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert "Usage: quantgate [OPTIONS]" in done.stdout


@pytest.mark.parametrize("verb", [[], ["gate"], ["data"], ["data", "fetch"]])
def test_h_is_help(quantgate, verb):
    code, short, _ = quantgate([*verb, "-h"])
    assert (code, short) == quantgate([*verb, "--help"])[:2]
    assert "Usage: " + " ".join(["quantgate", *verb]) in short


@pytest.mark.parametrize(
    ("words", "completions"),
    [
        ("quantgate ga", ["gate"]),
        ("quantgate gate --pol", ["--policy"]),
        ("quantgate gate --policy s", ["smoke", "strict"]),
    ],
)
def test_bash_completes_verbs_options_and_policies(quantgate, monkeypatch, words, completions):
    monkeypatch.setenv("_QUANTGATE_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(words.count(" ")))
    code, out, _ = quantgate([])
    assert (code, out.split()) == (0, completions)


def test_the_completion_that_is_installed_for_bash_asks_quantgate(tmp_path):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    typed = """quantgate --install-completion > /dev/null
        source ~/.bashrc; complete -p quantgate
        COMP_WORDS=(quantgate comp); COMP_CWORD=1; _quantgate_completion quantgate; echo "${COMPREPLY[@]}"
    """
    environment = {**os.environ, "HOME": str(tmp_path), "PATH": path}
    done = subprocess.run(["bash", "-c", typed], env=environment, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["complete -o default -F _quantgate_completion quantgate", "compare"]


def test_every_verb_of_the_contract_that_is_built_has_its_help(quantgate):
    for verb in ("demo", "run", "gate", "compare", "plan", "claim", "calibrate", "doctor", "tasks"):
        code, out, _ = quantgate([verb, "--help"])
        assert code == 0
        assert f"quantgate {verb}" in out


def test_the_tasks_are_listed(quantgate):
    code, out, _ = quantgate(["tasks"])
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == [*installed().tasks, "lm-eval:NAME", "reasoning_gym:NAME"]
    assert {"gsm8k", "gpqa_diamond", "tau2", "arithmetic"} <= installed().tasks.keys()
    assert "[items 12,032; repeats 1; strata 14]" in out
    assert "[items 500; repeats 8; strata 7; needs math-verify" in out
    assert "[items 278; repeats 4; strata 3]" in out
    assert "[items as many as asked for; repeats 1; needs reasoning-gym" in out


def test_a_bug_does_not_exit_with_a_verdict(quantgate, monkeypatch):
    monkeypatch.setattr("quantgate.evals.settings.policy.load_policy", lambda *_: 1 / 0)
    code, _, err = quantgate(["gate", "a", "b"])
    assert code == 70
    assert "this is a bug in quantgate" in err


@pytest.mark.usefixtures("ctrl_c")
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


def test_ctrl_c_before_anything_has_come_is_said_and_is_no_verdict(quantgate, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("quantgate.evals.settings.policy.load_policy", interrupted)
    code, _, err = quantgate(["gate", "a", "b"])
    assert code == 130
    assert "quantgate: stopped by Ctrl-C" in err
