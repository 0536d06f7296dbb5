"""The recipes for job arrays do what they say: their shell parts are run as Slurm and Kubernetes would run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from quantgate.evals.runs.directory import RunDirectory
from tests.docs.pages import ROOT, blocks
from tests.server.served import gsm8k_rule, served_model

PAGE = blocks(ROOT / "docs/shards.md")
ARRAY, _, ARRAY_WITH_SERVERS = [block.text for block in PAGE if block.kind == "sh" and block.not_run][:3]
(JOB,) = [yaml.safe_load(block.text) for block in PAGE if block.kind == "yaml" and "kind: Job" in block.text]

pytestmark = pytest.mark.slow


@pytest.fixture
def cluster(tmp_path, gsm8k_files):
    """A shared disk with `run.yaml`, an empty cache for all, and the commands that are called in PATH."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, module, arguments in (
        ("quantgate", "quantgate", '"$@"'),
        ("vllm", "tests.server.served", f'"${{@:3}}" --gsm8k {gsm8k_files[0]}'),
    ):
        (commands / name).write_text(f"#!/bin/bash\nexec {sys.executable} -m {module} {arguments}\n")
        (commands / name).chmod(0o755)
    return Cluster(tmp_path, commands, gsm8k_files[0])


class Cluster:
    """Runs tasks of an array at the same time, in one folder."""

    def __init__(self, disk: Path, commands: Path, data: Path) -> None:
        self.disk = disk
        self._data = data
        self._environment = {
            **os.environ,
            "PATH": f"{commands}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "XDG_CACHE_HOME": str(disk / "cache"),
        }

    def configure(self, url: str) -> None:
        told = {"task": ["gsm8k"], "data": {"gsm8k": str(self._data)}, "base_url": url, "model": "test-model"}
        (self.disk / "run.yaml").write_text(yaml.safe_dump(told))

    def run(self, shell: list[str], script: str, tasks: list[Mapping[str, str]]) -> list[int]:
        """Every task's exit code."""
        started = [
            subprocess.Popen([*shell, script], cwd=self.disk, env=self._environment | dict(task)) for task in tasks
        ]
        return [process.wait(120) for process in started]

    def merged(self) -> list[str]:
        """The items of the run that `merge` makes of the shards, in order."""
        shards = map(str, (self.disk / "runs/mxfp4").iterdir())
        command = ["quantgate", "merge", *shards, "--out", "runs/mxfp4-whole"]
        subprocess.run(command, cwd=self.disk, env=self._environment, check=True)
        lines = (self.disk / "runs/mxfp4-whole/samples.jsonl").read_text().splitlines()
        return [json.loads(line)["item_id"] for line in lines]


def slurm(tasks: range) -> list[dict[str, str]]:
    return [{"SLURM_ARRAY_TASK_ID": str(task), "SLURM_ARRAY_JOB_ID": "77"} for task in tasks]


def test_tasks_of_a_slurm_array_at_once_make_one_run(cluster, rule):
    script = ARRAY.replace("/8", "/3")
    assert script.count("/3") == 1
    with served_model(rule) as server:
        cluster.configure(server.base_url)
        assert cluster.run(["bash", "-c"], script, slurm(range(1, 4))) == [0] * 3
        assert len(server.log.bodies) == 40
    assert cluster.merged() == [str(item) for item in range(40)]
    assert len(list((cluster.disk / "cache/quantgate/prompts").iterdir())) == 1


def test_tasks_of_a_slurm_array_that_serve_the_model_themselves_make_one_run(cluster):
    cluster.configure("http://127.0.0.1:9/v1")
    script = ARRAY_WITH_SERVERS.replace("/8", "/2").replace("20000", str(29000 + os.getpid() % 1000 * 2))
    assert script.count("/2") == 1
    assert cluster.run(["bash", "-c"], script.replace("sleep 5", "sleep 0.1"), slurm(range(1, 3))) == [0, 0]
    assert cluster.merged() == [str(item) for item in range(40)]
    assert len(RunDirectory(cluster.disk / "runs/mxfp4-whole").record().earlier) == 1


def test_an_indexed_job_of_kubernetes_makes_one_run(cluster, rule):
    spec = JOB["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    assert spec["completionMode"] == "Indexed"
    (script,) = container["args"]
    assert f'/{spec["completions"]}"' in script
    script = script.replace("/8", "/2").replace("/config/", f"{cluster.disk}/").replace("/runs", f"{cluster.disk}/runs")
    with served_model(rule) as server:
        cluster.configure(server.base_url)
        tasks = [{"JOB_COMPLETION_INDEX": str(index)} for index in range(2)]
        assert cluster.run(container["command"], script, tasks) == [0, 0]
    assert cluster.merged() == [str(item) for item in range(40)]


@pytest.fixture
def rule(gsm8k_files):
    rows = [json.loads(line) for line in gsm8k_files[0].read_text().splitlines()]
    return gsm8k_rule({row["question"]: row["answer"].split("#### ")[1] for row in rows}, frozenset())
