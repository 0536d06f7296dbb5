"""What a verb costs that asks nobody: seconds of CPU of the whole process, from Python's start to its exit code.

    python benchmarks/start.py                  each the least of 5, beside `import numpy` and lm-eval's own start
    python benchmarks/start.py --times 15 --nightly    held to its limits

User and system time, which other processes on the machine change less than the time on the wall, though they do change
it: so the least counts, and beside it how often that is the time of `import numpy`. Decided are two runs of 1,319
invented answers of 300 to 1,000 letters. Exits 1 when a limit is broken with --nightly.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.gate_memory import write_run  # noqa: E402
from quantgate.cli.verbs import VERBS  # noqa: E402

ITEMS = 1319
BESIDE = {
    "python": ["-c", "pass"],
    "import numpy": ["-c", "import numpy"],
    "import pandas": ["-c", "import pandas"],
    "import scipy.stats": ["-c", "import scipy.stats"],
    "import matplotlib.figure": ["-c", "import matplotlib.figure"],
    "lm_eval --help": ["-m", "lm_eval", "--help"],
}
UNIT = "import numpy"
LIMITS = {"--help": 0.15, "VERB --help": 0.3, "gate": 1.0, "report": 0.5, "show": 0.6, "diff": 0.6}
"""Seconds of CPU, on a machine of 2026 that does nothing else. Without files: each `--html` adds matplotlib."""


def cpu(command: Sequence[str], times: int) -> float:
    """The least CPU of so many processes. Raises SystemExit where one does not end as a verb may."""
    least = float("inf")
    for _ in range(times):
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 1, 3):
            raise SystemExit(f"{' '.join(command)} exits {process.returncode}")
        least = min(least, used.ru_utime + used.ru_stime)
    return least


def calls(folder: Path) -> dict[str, list[str]]:
    """The calls that are measured, by their name; the runs and the decision that they need are there."""
    fp8, mxfp4, decided = (str(folder / name) for name in ("fp8", "mxfp4", "gate.json"))
    page = ["--html", str(folder / "page.html")]
    return {
        "--help": ["--help"],
        "gate": ["gate", fp8, mxfp4],
        "gate --json --html": ["gate", fp8, mxfp4, "--json", str(folder / "again.json"), *page],
        "compare": ["compare", fp8, mxfp4],
        "report": ["report", decided],
        "report --html": ["report", decided, *page],
        "show": ["show", fp8],
        "diff": ["diff", fp8, mxfp4],
        "tasks": ["tasks"],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--nightly", action="store_true", help="exit 1 when a limit is broken")
    given = parser.parse_args()
    spent = {name: cpu(command, given.times) for name, command in BESIDE.items()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seed, label in enumerate(("fp8", "mxfp4")):
            write_run(folder / label, ITEMS, label, seed)
        quantgate = ["-m", "quantgate"]
        cpu([*quantgate, "gate", str(folder / "fp8"), str(folder / "mxfp4"), "--json", str(folder / "gate.json")], 1)
        for called, arguments in calls(folder).items():
            spent[f"quantgate {called}"] = cpu([*quantgate, *arguments], given.times)
    helps = {verb: cpu([*quantgate, verb, "--help"], given.times) for verb in VERBS}
    slowest = max(helps, key=lambda verb: helps[verb])
    spent[f"quantgate {slowest} --help, the slowest"] = helps[slowest]
    print("| process | CPU s | times `import numpy` |\n| --- | ---: | ---: |")
    for called, seconds in spent.items():
        print(f"| `{called}` | {seconds:.3f} | {seconds / spent[UNIT]:.1f} |")
    held = {called: spent.get(f"quantgate {called}", helps[slowest]) for called in LIMITS}
    broken = [f"quantgate {called}: more than {LIMITS[called]:g} s" for called in held if held[called] > LIMITS[called]]
    print("\n".join(broken))
    return 1 if broken and given.nightly else 0


if __name__ == "__main__":
    sys.exit(main())
