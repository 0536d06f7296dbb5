"""A Ray cluster of two nodes on this machine, the second in a network namespace of its own that can be cut off."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

_PORT = 6379
_MARK = "QUANTGATE_TEST_CLUSTER"
_QUICK = {
    "health_check_initial_delay_ms": 1000,
    "health_check_period_ms": 500,
    "health_check_timeout_ms": 500,
    "health_check_failure_threshold": 3,
    "gcs_rpc_server_reconnect_timeout_s": 5,
}
"""How soon a node is known to be lost; Ray's own defaults take half a minute."""


@dataclass
class Nodes:
    """The cluster: `host` is an address of this machine that both nodes reach."""

    host: str
    second: str
    folder: Path
    mark: str
    link: str
    space: str
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"{self.host}:{_PORT}"

    def workers(self) -> list[int]:
        """The process ids of the workers that quantgate has on the cluster."""
        return [pid for pid in self.all_processes() if b"quantgate.cluster.worker" in _read(pid, "cmdline")]

    def all_processes(self) -> list[int]:
        mark = f"{_MARK}={self.mark}".encode()
        return [
            int(it.name) for it in Path("/proc").iterdir() if it.name.isdigit() and mark in _read(it.name, "environ")
        ]

    def start_the_second(self) -> None:
        inside = ["ip", "netns", "exec", self.space]
        _start(self, inside, "--address", self.address, "--node-ip-address", self.second)

    def cut_off_the_second(self) -> None:
        """Take the second node's network away."""
        _ip("link", "set", self.link, "down")

    def mend(self) -> None:
        """Give the second node its network back and start it anew."""
        space = os.stat(f"/run/netns/{self.space}").st_ino
        for pid in self.all_processes():
            with contextlib.suppress(OSError):
                if os.stat(f"/proc/{pid}/ns/net").st_ino == space:
                    os.kill(pid, signal.SIGKILL)
        self.processes.pop().wait()
        _ip("link", "set", self.link, "up")
        self.start_the_second()


@contextlib.contextmanager
def two_nodes() -> Iterator[Nodes]:
    """Start them, each with one processor, and end all of their processes."""
    mark = secrets.token_hex(4)
    space, link = f"qg{mark}", f"qg{mark}a"
    # A network of its own, of the range that is kept for tests, so that several clusters may stand side by side.
    head, second = (f"198.18.{int(mark[:2], 16)}.{4 * (int(mark[2:4], 16) // 4) + host}" for host in (1, 2))
    if not _may_make_networks():
        pytest.skip("no network namespace can be made here: that takes root, or CAP_NET_ADMIN and CAP_SYS_ADMIN")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qg", dir="/tmp")))
        _ip("netns", "add", space)
        stack.callback(_ip, "netns", "del", space)
        _ip("link", "add", link, "type", "veth", "peer", "name", "inside", "netns", space)
        stack.callback(lambda: subprocess.run(["ip", "link", "del", link], stderr=subprocess.DEVNULL))
        _ip("addr", "add", f"{head}/30", "dev", link)
        _ip("link", "set", link, "up")
        _ip("-n", space, "addr", "add", f"{second}/30", "dev", "inside")
        for name in ("inside", "lo"):
            _ip("-n", space, "link", "set", name, "up")
        nodes = Nodes(head, second, folder, mark, link, space)
        stack.callback(_end, nodes)
        system = ("--system-config", json.dumps(_QUICK), "--temp-dir", str(folder), "--include-dashboard=false")
        _start(nodes, [], "--head", "--port", str(_PORT), "--node-ip-address", head, *system)
        nodes.start_the_second()
        yield nodes


def wait_until(holds: Callable[[], bool], what: str, most_s: float = 60.0) -> None:
    """Wait for something that has no event of its own."""
    until = time.monotonic() + most_s
    while not holds():
        assert time.monotonic() < until, f"{what}: not within {most_s:.0f} s"
        time.sleep(0.1)


def _start(nodes: Nodes, inside: list[str], *options: str) -> None:
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--num-cpus", "1"]
    common = ["--disable-usage-stats", "--object-store-memory", "80000000", "--include-log-monitor", "false"]
    log = nodes.folder / f"start-{len(nodes.processes)}.log"
    with log.open("wb") as said:
        nodes.processes.append(
            subprocess.Popen(
                [*inside, *command, *common, *options],
                env=os.environ | {_MARK: nodes.mark},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        )
    wait_until(lambda: b"Ray runtime started" in log.read_bytes(), "a node has started")


def _end(nodes: Nodes) -> None:
    for process in reversed(nodes.processes):
        process.terminate()
    for process in nodes.processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
    for pid in nodes.all_processes():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for process in nodes.processes:
        process.wait()


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def _may_make_networks() -> bool:
    name = f"qg{secrets.token_hex(4)}"
    try:
        _ip("netns", "add", name)
        _ip("netns", "del", name)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _read(pid: object, what: str) -> bytes:
    try:
        return Path("/proc", str(pid), what).read_bytes()
    except OSError:
        return b""
