"""What a grader's process does: reads texts, grades them, and keeps what libraries print meanwhile off the terminal."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from typing import IO

from quantgate.evals.contract.records import Item
from quantgate.evals.contract.task import Task
from quantgate.evals.runs.grading import Judged, judge
from quantgate.evals.text import excerpt

_READ = 4096


def serve(asked: IO[bytes], answers: IO[bytes], tasks: Sequence[Task]) -> None:
    """Grade what comes, line by line, until nothing comes any more."""
    with tempfile.TemporaryFile() as spoken:
        for descriptor in (1, 2):
            os.dup2(spoken.fileno(), descriptor)
        sys.stdout = sys.stderr = os.fdopen(
            1, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False
        )
        for line in asked:
            document = json.loads(line)
            task, item = tasks[document["task"]], Item(**document["item"])
            try:
                judged = judge(task, item, document["repeat"], document["text"])
            except KeyboardInterrupt as error:
                # Ctrl-C does not reach this process: a library has raised it.
                judged = Judged(None, f"the grader failed: {type(error).__name__}")
            answer = {**asdict(judged), **_heard(spoken)}
            answers.write(json.dumps(answer).encode() + b"\n")
            answers.flush()


def _heard(spoken: IO[bytes]) -> dict[str, object]:
    """How many lines were printed since the last time, and the first; what was printed is forgotten."""
    sys.stdout.flush()
    length = os.fstat(spoken.fileno()).st_size
    if not length:
        return {}
    text = os.pread(spoken.fileno(), _READ, 0).decode("utf-8", "replace")
    os.ftruncate(spoken.fileno(), 0)
    os.lseek(spoken.fileno(), 0, os.SEEK_SET)
    lines = [line for line in text.splitlines() if line.strip()]
    return {"heard": max(1, len(lines)), "first": excerpt(lines[0]) if lines else ""}
