"""How soon `quantgate view` shows runs of 100,000 samples: `python benchmarks/view.py [SAMPLES]`.

Two runs are made of the example runs' real answers, over and over under ids of their own, in a drawn order. The bar is
a second from the command to the first page, the first time and again; then any part of the list, filters, flips and a
search.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "docs" / "example-runs"
BUILDS = ("fp8", "mxfp4")


def make(folder: Path, build: str, count: int) -> None:
    """A run directory of so many samples."""
    lines = [json.loads(line) for line in (EXAMPLES / build / "samples.jsonl").read_text("utf-8").splitlines()]
    record = json.loads((EXAMPLES / build / "run.json").read_text("utf-8"))
    record["tasks"][0] |= {"items": count, "whole": count, "item_ids": [f"0-{count - 1}"], "design": None}
    order = list(range(count))
    random.Random(1).shuffle(order)
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    with (folder / "samples.jsonl").open("w", encoding="utf-8") as stream:
        for number in order:
            sample = lines[number % len(lines)] | {"item_id": str(number)}
            stream.write(json.dumps(sample, ensure_ascii=False) + "\n")


class Viewer:
    """The verb, and its pages; `began` is when it was called."""

    def __init__(self, process: subprocess.Popen[str], began: float) -> None:
        assert process.stdout is not None
        self.process, self.began = process, began
        self.address = process.stdout.readline().strip()
        parts = urlsplit(self.address)
        self._base = parts.path
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)

    def get(self, path: str) -> str:
        self._connection.request("GET", self._base + path)
        return self._connection.getresponse().read().decode()

    def keys(self) -> list[str]:
        found = (part.partition('"')[0] for part in self.get("").split(f'href="{self._base}run/')[1:])
        return list(dict.fromkeys(found))

    def cpu(self) -> float:
        """Seconds of CPU that the process has taken."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def timed(self, what: str, path: str) -> str:
        began, cpu = time.perf_counter(), self.cpu()
        page = self.get(path)
        print(f"  {what:<52}{1000 * (time.perf_counter() - began):7.0f} ms{1000 * (self.cpu() - cpu):7.0f} ms of CPU")
        return page


@contextmanager
def viewer(folder: Path, cache: Path) -> Iterator[Viewer]:
    command = [sys.executable, "-m", "quantgate", "view", str(folder), "--no-browser"]
    began = time.perf_counter()
    surroundings = os.environ | {"XDG_CACHE_HOME": str(cache), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=surroundings) as process:
        try:
            yield Viewer(process, began)
        finally:
            process.kill()


def whole(view: Viewer) -> float:
    """Seconds from the command until all samples of both runs are in the lists."""
    while "being read" in view.get(f"diff/{'/'.join(view.keys())}"):
        pass
    return time.perf_counter() - view.began


def opened(view: Viewer, words: str) -> None:
    key = view.keys()[0]
    view.get(f"run/{key}")
    print(f"{words}: list shown {time.perf_counter() - view.began:.2f} s after the command, {view.cpu():.2f} s of CPU")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "runs").mkdir()
        for build in BUILDS:
            make(folder / "runs" / build, build, count)
        size = (folder / "runs" / "fp8" / "samples.jsonl").stat().st_size
        print(f"two runs of {count:,} samples, {size / 1e6:.0f} MB each")
        with viewer(folder / "runs", folder / "cache") as view:
            opened(view, "first time")
            seconds = whole(view)
            print(f"  all of it in the index after {seconds:.2f} s, {view.cpu():.2f} s of CPU for both runs")
        index = sum(file.stat().st_size for file in (folder / "cache").rglob("*.sqlite*"))
        print(f"  the indexes are {index / 1e6:.1f} MB")
        with viewer(folder / "runs", folder / "cache") as view:
            opened(view, "again")
            first, second = view.keys()
            for what, path in (
                ("the first part", f"run/{first}"),
                ("the last part", f"run/{first}?offset={count - 1}"),
                ("a filter: wrong", f"run/{first}?wrong=1"),
                ("a filter: length, in the middle", f"run/{first}?shortest=20&offset={count // 4}"),
                ("an item", f"run/{first}/item?item_task=arithmetic&item={count // 2}"),
                ("a search, first look", f"run/{first}?search=marbles"),
                ("the search again, some parts on", f"run/{first}?search=marbles&offset=300"),
                ("a pair, the first part", f"diff/{first}/{second}"),
                ("a pair, the last part", f"diff/{first}/{second}?offset={count - 1}"),
                ("the losses of a pair, first look", f"diff/{first}/{second}?flipped=losses"),
                ("the losses of a pair, some parts on", f"diff/{first}/{second}?flipped=losses&offset=500"),
                ("a lost item beside the other", f"diff/{first}/{second}/item?item_task=arithmetic&item=3&flipped=any"),
            ):
                view.timed(what, path)


if __name__ == "__main__":
    main()
