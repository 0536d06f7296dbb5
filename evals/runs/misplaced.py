"""What stands where a run directory or a saved decision was meant, in words that say what to give instead."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Any

from quantgate.evals.files import read_text
from quantgate.evals.text import excerpt

_RUN_FILE = "run.json"
_MANIFEST = "manifest.json"
_DECISIONS = ("gate.json", "compare.json")
_MOST_LISTED = 1000
_MOST_NAMED = 3
_NAME = 80


def why_no_run(path: Path) -> str:
    """Why a path without a readable `run.json` is no run directory, and what is meant in its place."""
    if not path.exists():
        return f"{path} is no run directory: {missing(path)}. `quantgate run --out {path}` makes one"
    if not path.is_dir():
        return _why_file(path)
    if held := [child for child in _children(path) if (child / _RUN_FILE).is_file()]:
        named = ", ".join(map(str, held[:_MOST_NAMED])) + (", ..." if len(held) > _MOST_NAMED else "")
        return f"{path} is no run directory: it has no {_RUN_FILE}. It holds {named}: give one of those"
    if (path / _MANIFEST).is_file():
        return f"{path} is no run directory but a bundle of data, which --data-dir takes"
    return (
        f"{path} is no run directory: it has no {_RUN_FILE}. `quantgate run --out {path}` makes one, and "
        f"`quantgate import auto {path} --out RUN` one of another tool's files, where it knows them"
    )


def why_no_decision(path: Path) -> str | None:
    """What a path is that holds no decision, with what to give; `None` where that is not known better."""
    if not path.exists() and not path.is_symlink():
        return missing(path)
    if not path.is_dir():
        return None
    if (path / _RUN_FILE).is_file():
        return (
            f"it is a run directory, whose answers `quantgate show {path}` shows; a decision is the file that "
            f"`quantgate gate BASELINE {path} --json FILE` writes"
        )
    held = [path / name for name in _DECISIONS if (path / name).is_file()]
    return f"it is a folder: give {held[0]}" if held else "it is a folder: give the JSON that `gate --json` wrote"


def missing(path: Path) -> str:
    """That nothing lies at a path, and the nearest name of what lies beside it."""
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}"
    names = [child.name for child in _children(path.parent)]
    near = difflib.get_close_matches(path.name, names, n=1)
    what = "No such file" if path.suffix else "there is no such folder"
    return what + (f"; the nearest name is {path.with_name(near[0])}" if near else "")


def _why_file(path: Path) -> str:
    if (path.parent / _RUN_FILE).is_file():
        return f"{path} is a file of the run directory {path.parent}: give that"
    decision = _decision(path)
    if decision is None:
        return (
            f"{path} is a file, and no run directory: that is a folder with {_RUN_FILE}. `quantgate import auto {path} "
            "--out RUN` makes one of another tool's file, where it knows that"
        )
    runs = " and ".join(_runs_of(decision))
    of = f", {runs}" if runs else ""
    return f"{path} is a decision, and no run directory: give its runs{of}. `quantgate report {path}` shows it"


def _decision(path: Path) -> dict[str, Any] | None:
    try:
        document = json.loads(read_text(path))
    except (OSError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) and "verdict" in document else None


def _runs_of(decision: dict[str, Any]) -> list[str]:
    """The run directories that a decision names, for a message."""
    of_gate, formats = decision.get("folders"), decision.get("formats")
    folders = [of_gate.get("baseline"), of_gate.get("candidate")] if isinstance(of_gate, dict) else []
    folders.append(decision.get("baseline_folder"))
    folders += [each.get("folder") for each in formats if isinstance(each, dict)] if isinstance(formats, list) else []
    named = [excerpt(folder, _NAME) for folder in folders if isinstance(folder, str) and folder]
    return named[:_MOST_NAMED]


def _children(folder: Path) -> list[Path]:
    """What lies in a folder, by name; of a huge one a part."""
    try:
        return sorted(child for _, child in zip(range(_MOST_LISTED), folder.iterdir(), strict=False))
    except OSError:
        return []
