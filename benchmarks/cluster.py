"""How a run grows with the workers of a Ray cluster on this machine, and what a sample costs there.

    python benchmarks/cluster.py [--workers 1,2,4] [--task tau2] [--items 2000] [--in-flight 64] [--latency 0.2]

needs a clone of this project, the extra `[ray]`, and `[tau2]` for that task. For each number of workers (0 is no
cluster): how many answers a second come between the first quarter of them and the last twentieth, and the CPU time that
each takes of the run's own process and of its workers, with those that they start. The served model is a process of its
own, and not counted; on a machine that is busy with other things the CPU time is what counts.
"""

from __future__ import annotations

import argparse
import contextlib
import os
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
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

_MARK = "QUANTGATE_BENCHMARK"
_OF_RAY = (b"ray::", b"raylet", b"gcs_server", b"ray.scripts", b"/ray/core/", b"/ray/_private/", b"/ray/dashboard/")
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


@dataclass(frozen=True)
class Look:
    """Where a run stands: the time, answers that are stored, and CPU seconds of its process and of its workers."""

    at_s: float
    answers: int
    own_s: float
    workers_s: float


def look(run: int, mark: str, samples: Path, seen: dict[int, float]) -> Look:
    """Look at a run; `seen` keeps what each process had taken, for those that have ended."""
    for pid in marked(mark):
        with contextlib.suppress(OSError, IndexError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if b"ray::Relay" in command or not any(part in command for part in _OF_RAY):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                seen[pid] = (int(fields[11]) + int(fields[12])) / _TICK
    answers = samples.read_bytes().count(b"\n") if samples.exists() else 0
    own_s = seen.get(run, 0.0)
    return Look(time.monotonic(), answers, own_s, sum(seen.values()) - own_s)


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
        if options.task == "tau2":
            command += ["--user-base-url", url, "--user-model", "user", "--tau2-workers", "1"]
            command += ["--limit", str(options.items), *(["--domains", options.domains] if options.domains else [])]
        else:
            command += ["--option", f"sums={options.items}"]
        if workers:
            address = stack.enter_context(cluster(workers, mark))
            command += ["--executor", "ray", "--ray-address", address]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        run = subprocess.Popen(command, cwd=ROOT, env=os.environ | {_MARK: mark}, **quiet)
        looks, seen = [], dict[int, float]()
        while run.poll() is None:
            looks.append(look(run.pid, mark, out / "samples.jsonl", seen))
            time.sleep(0.2)
    assert run.returncode == 0, f"exit code {run.returncode} of {command}"
    whole = looks[-1].answers
    first = next(each for each in looks if each.answers >= whole / 4)
    last = next(each for each in looks if each.answers >= whole * 0.95)
    answers = last.answers - first.answers
    print(
        f"{workers} workers: {answers / (last.at_s - first.at_s):7.2f} answers a second; CPU of each: "
        f"{1000 * (last.own_s - first.own_s) / answers:.2f} ms of the run's process, "
        f"{1000 * (last.workers_s - first.workers_s) / answers:.2f} ms of its workers; started for "
        f"{first.own_s + first.workers_s:.1f} s of CPU, the first quarter included",
        flush=True,
    )


def marked(mark: str) -> list[int]:
    """The processes that a cluster has started."""
    found = []
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and f"{_MARK}={mark}".encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
    return found


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
