"""Which of a source's models and tasks is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from quantgate.evals.errors import UsageError
from quantgate.evals.foreign.formats import found_format
from quantgate.evals.foreign.types import ForeignRun
from quantgate.evals.text import one_line


def read_chosen(format: str, path: Path, model: str | None, tasks: Sequence[str]) -> ForeignRun:
    """What a source holds of one model, and of some of its tasks; of all where none is named.

    Raises
    ------
    UsageError
        When there is no such format, model or task, with those that there are.
    DataError
        When the path is missing, of no format, or broken.
    """
    found = found_format(format, path)
    if model is not None and found.read_model is not None:
        source = found.read_model(path, model)
    else:
        source = found.read(path)
        if model not in (None, source.model):
            raise UsageError(f"--model {model}: {path} holds {one_line(source.model, 80)} alone")
    held = [task.name for task in source.tasks]
    for name in tasks:
        if name not in held:
            raise UsageError(f"--task {name}: {path} holds no such task; it holds {', '.join(held) or 'none'}")
    return replace(source, tasks=[task for task in source.tasks if task.name in tasks]) if tasks else source
