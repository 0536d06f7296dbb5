"""What it costs to import 100,000 of lm-eval's rows: CPU seconds and the most memory, in a process of its own.

    python benchmarks/import_lm_eval.py SAMPLES_FOLDER [--rows 100000] [--filters 2]

`SAMPLES_FOLDER` holds the files of one task as lm-eval wrote them; their rows are repeated under ids of their own until
there are enough. Exits 1 above 10 s or 500 MB.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

MOST_SECONDS, MOST_BYTES = 10.0, 500 << 20


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--filters", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "source"
        source.mkdir()
        enlarge(options.folder, source, options.rows, options.filters)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "quantgate", "import", "lm-eval", str(source), "--out", f"{scratch}/run"]
        subprocess.run(command, check=True)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    most = used.ru_maxrss << 10
    print(f"{options.rows:,} rows, {options.filters} filters: {seconds:.2f} s CPU, {most >> 20} MB")
    sys.exit(seconds > MOST_SECONDS or most > MOST_BYTES)


def enlarge(folder: Path, out: Path, rows: int, filters: int) -> None:
    """Write the first task's rows again and again, as if of one larger data set."""
    samples = min(folder.glob("samples_*.jsonl"))
    (results,) = folder.glob("results_*.json")
    real = [json.loads(line) for line in samples.read_text(encoding="utf-8").splitlines()]
    names = list(dict.fromkeys(row["filter"] for row in real))[:filters]
    documents = rows // len(names)
    with open(out / samples.name, "x", encoding="utf-8") as stream:
        for name in names:
            mine = [row for row in real if row["filter"] == name]
            for number in range(documents):
                row = mine[number % len(mine)]
                prompt = hashlib.sha256(f"{row['prompt_hash']}{number}".encode()).hexdigest()
                told = row | {"doc_id": number, "prompt_hash": prompt}
                stream.write(json.dumps(told, ensure_ascii=False) + "\n")
    document = json.loads(results.read_text(encoding="utf-8"))
    task = samples.name.removeprefix("samples_").rpartition("_")[0]
    document["n-samples"][task] = {"original": documents, "effective": documents}
    kept = [each for each in document["configs"][task]["filter_list"] if each["name"] in names]
    document["configs"][task]["filter_list"] = kept
    (out / results.name).write_text(json.dumps(document), encoding="utf-8")


if __name__ == "__main__":
    main()
