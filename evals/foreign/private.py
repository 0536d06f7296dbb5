"""Which of other tools' tasks are benchmarks whose authors ask to keep their text private."""

from __future__ import annotations

import re

from quantgate.evals.foreign.types import ForeignTask

_GPQA = re.compile(r"(?<![a-z])gpqa", re.IGNORECASE)
_REQUEST = (
    "GPQA's authors ask not to reveal its examples in plain text or images online, so that they do not leak into "
    "training data: keep the files to yourself"
)


def request_of(task: ForeignTask) -> str | None:
    """What a task's authors ask, by its name, its dataset's, or those of a group's members; `None` when nothing."""
    members = task.settings.get("members")
    names = (task.name, task.provenance.get("dataset", ""), *(members if isinstance(members, dict) else ()))
    return _REQUEST if any(_GPQA.search(name) for name in names) else None
