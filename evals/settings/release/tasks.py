"""The tasks of a release file: names, each with what stands under it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quantgate.evals.errors import UsageError
from quantgate.evals.settings.explaining import shown
from quantgate.evals.settings.release.said import at


def place_of_task(task: str) -> str:
    """Where in the file stands what a task is given."""
    return f"tasks.{task}"


def tasks_of(document: Mapping[str, Any], file: Path) -> dict[str, dict[str, Any]]:
    """What stands under each task. Raises UsageError where there is none, or one is named twice or is no mapping."""
    tasks = document.get("tasks")
    if not tasks:
        raise UsageError(f"{file}: tasks is missing: name them, as tasks: {{gsm8k: {{margin: 0.02}}}}")
    names = [tasks] if isinstance(tasks, str) else list(tasks) if isinstance(tasks, list | Mapping) else None
    if names is None:
        raise UsageError(f"{file}: tasks {shown(tasks)}: name them, as tasks: {{gsm8k: {{margin: 0.02}}}}")
    written: dict[str, dict[str, Any]] = {}
    for name in names:
        if not isinstance(name, str):
            raise UsageError(
                f"{file}: tasks: {shown(name)} is no name of a task; what a task is given stands in a mapping, as "
                "tasks: {gsm8k: {margin: 0.02}}"
            )
        if name in written:
            raise UsageError(f"{file}: tasks: {name} is named twice")
        said = tasks[name] if isinstance(tasks, Mapping) else None
        if said is not None and not isinstance(said, Mapping):
            hint = f"{{margin: {shown(said)}}}" if isinstance(said, float) else "{margin: 0.02}"
            raise UsageError(
                f"{at(file, 'tasks', name)} {shown(said)}: write its options with their names, as {name}: {hint}"
            )
        written[name] = dict(said or {})
    return written
