"""Finds the file of one lm-eval task by its name, without the index of all 14,000 that takes lm-eval 13 seconds."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

from quantgate.evals.errors import UsageError


def find_task_file(name: str) -> Path:
    """The YAML file that defines the lm-eval task `name`.

    Files named after the task or after its family are looked at first, then the text of all the others.

    Raises
    ------
    UsageError
        When lm-eval has no single task of that name; groups and tags are not single tasks.
    """
    if not re.fullmatch(r"[\w.+-]+", name):
        raise UsageError(f"{name!r} is no name of an lm-eval task")
    root = _tasks_folder()
    family = re.split(r"[_-]", name)[0]
    looked_at: set[Path] = set()
    for pattern in (f"{name}/*.yaml", f"{family}/**/*.yaml", f"**/{name}.yaml", "**/*.yaml"):
        for file in sorted(root.glob(pattern)):
            if file not in looked_at:
                looked_at.add(file)
                if _defines(file, name):
                    return file
    raise UsageError(
        f"lm-eval has no task {name!r} that is a single task in a file of its own "
        "(groups and tags are not: name their members; `lm-eval ls tasks` lists all)"
    )


def _tasks_folder() -> Path:
    spec = find_spec("lm_eval")
    if spec is None or spec.origin is None:
        raise UsageError("lm-eval is not installed: pip install lm-eval")
    return Path(spec.origin).parent / "tasks"


def _defines(file: Path, name: str) -> bool:
    text = file.read_text(encoding="utf-8", errors="replace")
    return re.search(rf"""^task:\s*["']?{re.escape(name)}["']?\s*(#.*)?$""", text, re.MULTILINE) is not None
