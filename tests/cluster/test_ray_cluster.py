"""Runs on a Ray cluster of two nodes, through the command line: equal to those of one machine, whatever is lost."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.cluster.conftest import samples, sums
from tests.cluster.nodes import Nodes, two_nodes, wait_until
from tests.server.served import Reply, served_model

pytest.importorskip("ray")
pytestmark = pytest.mark.slow

IN_FLIGHT = 4


class Served:
    """A server that both nodes reach, and what is done once it has been asked so often."""

    def __init__(self, server):
        self.server = server
        self.base_url = server.base_url
        self._when: tuple[int, threading.Event] | None = None
        server.rule = self._rule

    def _rule(self, body):
        if self._when is not None and len(self.server.log.bodies) >= self._when[0]:
            self._when[1].set()
        return Reply(sums(body).content, delay_s=0.02)

    def asked(self, times: int) -> threading.Event:
        """Happens once it has been asked so often from now on."""
        self.server.log.bodies.clear()
        self._when = (times, threading.Event())
        return self._when[1]

    @property
    def count(self) -> int:
        return len(self.server.log.bodies)


@pytest.fixture(scope="module")
def nodes():
    with two_nodes() as found:
        yield found


@pytest.fixture
def served(nodes: Nodes):
    with served_model(sums, host=nodes.host) as server:
        yield Served(server)


@pytest.fixture
def alone(run_here, served: Served) -> dict[str, str]:
    """The samples of an undisturbed run on one machine."""
    return samples(run_here(served.base_url, out="alone")[0])


@pytest.fixture
def begun(nodes: Nodes, served: Served, tmp_path: Path):
    """Starts a run on the cluster as a process."""
    started: list[subprocess.Popen[str]] = []

    def begin(*options: str) -> subprocess.Popen[str]:
        command = [
            *(sys.executable, "-m", "quantgate", "run", "--task", "arithmetic", "--base-url", served.base_url),
            *("--model", "test-model", "--out", str(tmp_path / "run"), "--concurrency", str(IN_FLIGHT)),
            *("--executor", "ray", "--ray-address", nodes.address, *options),
        ]
        environment = os.environ | {"THE_KEY": "sk-a-key-of-the-cluster-test"}
        started.append(
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        )
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def unlike(found: dict[str, str], alone: dict[str, str]) -> set[str]:
    """Which samples differ in more than how many attempts they took."""
    assert found.keys() == alone.keys()
    return {key for key in found if _without_attempts(found[key]) != _without_attempts(alone[key])}


def _without_attempts(sample: str) -> str:
    return re.sub(r'"attempts": \d+, ', "", sample)


def test_workers_on_two_nodes_give_the_samples_of_one_machine(begun, served, alone, nodes, tmp_path):
    served.asked(1)
    process = begun("--api-key-env", "THE_KEY")
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, out
    assert samples(tmp_path / "run") == alone
    assert served.count == 100
    assert set(served.server.log.authorizations[-100:]) == {"Bearer sk-a-key-of-the-cluster-test"}
    wait_until(lambda: not nodes.workers(), "no worker is left")
    written = [file for folder in (nodes.folder, tmp_path) for file in folder.rglob("*") if file.is_file()]
    assert len(written) > 10
    assert not [file for file in written if b"sk-a-key-of-the-cluster-test" in file.read_bytes()]


def test_a_killed_worker_costs_what_it_had_in_hand(begun, served, alone, nodes, tmp_path):
    reached = served.asked(40)
    process = begun()
    assert reached.wait(60)
    os.kill(nodes.workers()[0], signal.SIGKILL)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, out
    assert not unlike(samples(tmp_path / "run"), alone)
    assert 100 <= served.count <= 100 + IN_FLIGHT


def test_a_killed_run_goes_on_where_it_was(begun, served, alone, nodes, tmp_path):
    reached = served.asked(40)
    process = begun()
    assert reached.wait(60)
    process.kill()
    process.wait()
    wait_until(lambda: not nodes.workers(), "no worker is left")
    again = begun()
    out, _ = again.communicate(timeout=60)
    assert again.returncode == 0, out
    assert samples(tmp_path / "run") == alone
    assert 100 <= served.count <= 100 + IN_FLIGHT


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_ends_what_it_has_on_the_cluster(begun, served, nodes, tmp_path, number):
    reached = served.asked(40)
    process = begun()
    assert reached.wait(60)
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 5, out
    assert "The same command goes on" in out
    wait_until(lambda: not nodes.workers(), "no worker is left")
    assert 30 <= len(samples(tmp_path / "run")) < 100


@pytest.fixture
def mended(nodes: Nodes):
    """Both nodes again after a test that has lost one."""
    yield
    nodes.mend()


def test_check_decides_as_on_one_machine(quantgate_check, nodes, served, tmp_path):
    alone = quantgate_check(served.base_url, tmp_path / "alone")
    there = quantgate_check(served.base_url, tmp_path / "there", "--executor", "ray", "--ray-address", nodes.address)
    assert there == alone
    for build in ("fp8", "mxfp4"):
        assert samples(tmp_path / "there" / build) == samples(tmp_path / "alone" / build)


@pytest.fixture
def quantgate_check(tmp_path: Path):
    """A release of one build held against itself; gives the exit code and what was decided."""

    def check(url: str, out: Path, *options: str) -> tuple[int, object]:
        file = tmp_path / "release.yaml"
        file.write_text(
            f"name: sums\nbaseline: {{label: fp8, base_url: {url}, model: test-model}}\n"
            f"candidate: {{label: mxfp4, base_url: {url}, model: test-model}}\n"
            "same_build: true\ntasks: {arithmetic: {margin: 0.2}}\nstop: never\nconcurrency: 4\n"
        )
        command = [sys.executable, "-m", "quantgate", "check", str(file), "--out", str(out), *options]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=90)
        assert ended.returncode in (0, 3, 4), ended.stdout + ended.stderr
        decided = json.loads((out / "gate.json").read_text())["tasks"][0]
        return ended.returncode, [decided[name] for name in ("baseline", "candidate", "difference", "lower", "upper")]

    return check


def test_a_node_that_is_cut_off_costs_what_it_had_in_hand(begun, served, alone, nodes, tmp_path, mended):
    reached = served.asked(40)
    process = begun()
    assert reached.wait(60)
    nodes.cut_off_the_second()
    out, _ = process.communicate(timeout=90)
    assert process.returncode == 0, out
    assert not unlike(samples(tmp_path / "run"), alone)
    assert 100 <= served.count <= 100 + IN_FLIGHT
