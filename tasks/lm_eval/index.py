"""Finds the file of one lm-eval task by its name, without the index of all 14,000 that takes lm-eval 13 seconds."""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from quantgate.evals.errors import UsageError


@cache
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


def dataset_of(file: Path) -> str:
    """The dataset that a task's file, or the one that it includes, names on the hub; empty where none does.

    Read line by line, for lm-eval's YAML has tags of its own that only lm-eval can resolve.
    """
    seen: set[Path] = set()
    while file not in seen and file.is_file():
        seen.add(file)
        text = file.read_text(encoding="utf-8", errors="replace")
        if named := _value(text, "dataset_path"):
            return named
        if not (included := _value(text, "include")):
            break
        file = (file.parent / included).resolve()
    return ""


def _value(text: str, key: str) -> str:
    """The value of a key at the top of a YAML document, where it is plain or quoted text."""
    found = re.search(rf"""^{key}:[ \t]*["']?([^"'#\n]*?)["']?[ \t]*(?:#.*)?$""", text, re.MULTILINE)
    return found.group(1).strip() if found else ""


def _tasks_folder() -> Path:
    spec = find_spec("lm_eval")
    if spec is None or spec.origin is None:
        raise UsageError("lm-eval is not installed: pip install lm-eval")
    return Path(spec.origin).parent / "tasks"


def _defines(file: Path, name: str) -> bool:
    text = file.read_text(encoding="utf-8", errors="replace")
    return re.search(rf"""^task:\s*["']?{re.escape(name)}["']?\s*(#.*)?$""", text, re.MULTILINE) is not None
