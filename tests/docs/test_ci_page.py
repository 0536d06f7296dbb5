"""The page on CI: its tables name what the action takes, and its script keeps the baseline's answers."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.docs.pages import ROOT, blocks
from tests.server.served import gsm8k_rule, served_model

PAGE = ROOT / "docs" / "ci.md"


def test_every_input_and_output_of_the_action_is_told():
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    inputs = PAGE.read_text().partition("| input | default | |")[2].partition("\n\n")[0]
    told = {name: default for row in inputs.splitlines()[2:] for name, default in _named(row)}
    assert told == {name: said["default"] for name, said in action["inputs"].items()}
    (outputs,) = re.findall(r"Outputs are (.*?)\. The job", PAGE.read_text(), re.DOTALL)
    assert set(action["outputs"]) <= set(re.findall(r"`([\w-]+)`", outputs))


def _named(row: str) -> list[tuple[str, str]]:
    """The inputs of a row with their defaults."""
    names, defaults = (re.findall(r"`([^`]*)`", cell) for cell in row.split("|")[1:3])
    return list(zip(names, defaults + [""] * (len(names) - len(defaults)), strict=True))


@pytest.mark.slow
def test_the_script_asks_a_baseline_once_for_all_candidates(gsm8k_files, tmp_path):
    (script,) = [block.text for block in blocks(PAGE) if block.title == "check.sh"]
    rows = [json.loads(line) for line in gsm8k_files[0].read_text().splitlines()]
    answers = {row["question"]: row["answer"].split("#### ")[1] for row in rows}
    (tmp_path / "check.sh").write_text(script)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    asked = {}
    with served_model(
        gsm8k_rule(answers, frozenset()), models=[{"id": name} for name in ("fp8", "mxfp4", "q4")]
    ) as server:
        for candidate in ("mxfp4", "q4"):
            before = len(server.log.bodies)
            build = {"base_url": server.base_url}
            release = {
                "baseline": {"label": "fp8", "model": "fp8", **build},
                "candidate": {"label": candidate, "model": candidate, **build},
                "tasks": {"gsm8k": {"margin": 0.2, "data": str(gsm8k_files[0])}},
                "out": f"releases/$(touch made) {candidate}",
            }
            (tmp_path / "release.yaml").write_text(json.dumps(release))
            environment = {**os.environ, "PATH": path, "STORE": str(tmp_path / "store")}
            ended = subprocess.run(
                ["sh", "check.sh"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
            )
            assert ended.returncode == 0, ended.stdout + ended.stderr
            asked[candidate] = [body["model"] for body in server.log.bodies[before:]]
    assert asked["mxfp4"].count("fp8") >= 20
    assert asked["q4"].count("q4") >= 20
    assert asked["q4"].count("fp8") <= asked["mxfp4"].count("fp8") // 2
    assert not (tmp_path / "made").exists(), "a path of the release file is no command"
