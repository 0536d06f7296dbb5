"""How a run grows with the workers of a Ray cluster on this machine, and what a sample costs there.

    python benchmarks/cluster.py [--workers 1,2,4] [--task tau2] [--items 2000] [--in-flight 64] [--latency 0.2]

needs a clone of this project, the extra `[ray]`, and `[tau2]` for that task. For each number of workers (0 is no
cluster): how many answers a second come after the first quarter of them, and the CPU time that each takes of the run's
own process and of its workers, with those that they start. The served model is a process of its own, and not counted.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

_MARK = "QUANTGATE_BENCHMARK"
_TICK = os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def served(options: argparse.Namespace) -> Iterator[str]:
    """A served model in a process of its own; gives the API root."""
    port = free_port()
    if options.task == "tau2":
        import tau2

        data = os.environ.get("TAU2_DATA_DIR") or str(Path(tau2.__file__).parent / "data")
        command = ["-m", "tests.server.agent", "--data", data, "--delay", str(options.latency)]
    else:
        command = [str(ROOT / "benchmarks" / "cluster_server.py"), "--latency", str(options.latency)]
    process = subprocess.Popen([sys.executable, *command, "--port", str(port)], cwd=ROOT)
    url = f"http://127.0.0.1:{port}/v1"
    try:
        while process.poll() is None:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{url}/models")
                break
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def cluster(processors: int, mark: str) -> Iterator[str]:
    """A Ray cluster of one node; gives its address."""
    address = f"127.0.0.1:{free_port()}"
    with tempfile.TemporaryDirectory(prefix="qg", dir="/tmp") as folder:
        command = [
            *(sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", "--disable-usage-stats"),
            *("--node-ip-address", "127.0.0.1", "--port", address.partition(":")[2], "--num-cpus", str(processors)),
            *("--include-dashboard=false", "--object-store-memory", "80000000", "--temp-dir", folder),
        ]
        environment = os.environ | {_MARK: mark}
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        try:
            assert process.stdout is not None
            assert any("Ray runtime started" in line for line in process.stdout), "Ray has not started"
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield address
        finally:
            process.terminate()
            process.wait()
            for pid in marked(mark):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


class Workers(threading.Thread):
    """The CPU seconds of quantgate's workers on a cluster, looked at as long as they are there."""

    def __init__(self, mark: str) -> None:
        super().__init__(daemon=True)
        self._mark = mark
        self._seen: dict[int, float] = {}
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.25):
            for pid in marked(self._mark):
                with contextlib.suppress(OSError, IndexError):
                    if is_worker(pid):
                        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                        self._seen[pid] = (int(fields[11]) + int(fields[12])) / _TICK

    def seconds(self) -> float:
        """What they have taken in all."""
        self._ended.set()
        self.join()
        return sum(self._seen.values())


def measured(options: argparse.Namespace, workers: int, work: Path) -> None:
    """Run once, and print what it took."""
    out, mark = work / f"run-{workers}", secrets.token_hex(4)
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(served(options))
        command = [
            *(sys.executable, "-m", "quantgate", "run", "--task", options.task, "--base-url", url),
            *("--model", "test-model", "--out", str(out), "--concurrency", str(options.in_flight)),
            *("--repeats", str(options.repeats), "--no-prompts"),
        ]
        if options.task != "tau2":
            command += ["--option", f"sums={options.items}"]
        else:
            command += ["--limit", str(options.items)]
            command += ["--user-base-url", url, "--user-model", "user", "--tau2-workers", "1"]
            command += [] if options.domains is None else ["--domains", options.domains]
        if workers:
            address = stack.enter_context(cluster(workers, mark))
            command += ["--executor", "ray", "--ray-address", address]
            watching = Workers(mark)
            watching.start()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        own_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        theirs_s = watching.seconds() if workers else 0.0
    assert ended.returncode == 0, ended.stdout + ended.stderr
    samples = [json.loads(line) for line in (out / "samples.jsonl").read_text().splitlines()]
    times = sorted(sample["time"] for sample in samples)
    span_s = max(1.0, seconds(times[-1]) - seconds(times[len(times) // 4]))
    rate = (len(times) - len(times) // 4) / span_s
    each = 1000 / len(samples)
    print(
        f"{workers} workers: {rate:7.2f} answers a second after the first quarter; CPU per sample "
        f"{own_s * each:.2f} ms of the run's process, {theirs_s * each:.2f} ms of the workers (starting included)",
        flush=True,
    )


def seconds(time_of: str) -> float:
    """An ISO time as seconds."""
    return datetime.fromisoformat(time_of).timestamp()


def marked(mark: str) -> list[int]:
    """The processes that a cluster has started."""
    found = []
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and f"{_MARK}={mark}".encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
    return found


def is_worker(pid: int) -> bool:
    """Whether a process is one of quantgate's and none of Ray's."""
    command = Path(f"/proc/{pid}/cmdline").read_bytes()
    return b"quantgate.cluster.worker" in command or b"tau2/worker.py" in command


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def main() -> None:
    """Measure each number of workers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", default="1,2,4")
    parser.add_argument("--task", choices=("arithmetic", "tau2"), default="arithmetic")
    parser.add_argument("--domains", help="of tau2")
    parser.add_argument("--items", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds of each reply")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        for workers in map(int, options.workers.split(",")):
            measured(options, workers, Path(work))


if __name__ == "__main__":
    main()
