"""Stored conversations: one file each in the run directory, written before anything is graded."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from quantgate.evals.contract.records import Request
from quantgate.evals.errors import StorageError
from quantgate.evals.files import make_folder, read_text, write_atomically
from quantgate.tasks.tau2.defaults import NAME

FOLDER = "simulations"
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Stored:
    """One conversation with what it was made of, how it ended, what it cost, and its evaluation once there is one.

    `identity` is what must be equal for it to be used again; `reason` is how it ended: tau2's termination reason, or
    the agent's own failure, which needs no evaluation. `origins` is what the agent's replies told of their model,
    `user_origins` what the user's did.
    """

    identity: Mapping[str, Any]
    reason: str
    own_failure: bool
    simulation: Mapping[str, Any]
    usage: Mapping[str, Mapping[str, int]]
    seconds: float
    evaluation: Mapping[str, Any] | None = None
    origins: Sequence[Sequence[str | None]] = field(default_factory=list)
    user_origins: Sequence[Sequence[str | None]] = field(default_factory=list)


def relative_path(request: Request) -> str:
    """Where a request's conversation is, from the run directory: `simulations/airline/0.trial-1.json`.

    Another task than `tau2` has a folder of its name, since both may be in one run directory.
    """
    domain, _, task_id = request.item.item_id.partition("/")
    domain = domain if request.task == NAME else request.task
    name = re.sub(r"[^A-Za-z0-9._-]", "_", task_id)
    if name != task_id or len(name) > _LONGEST_NAME:
        name = f"{name[:_LONGEST_NAME]}-{hashlib.sha256(task_id.encode()).hexdigest()[:12]}"
    return f"{FOLDER}/{domain}/{name}.trial-{request.repeat}.json"


def load(file: Path, identity: Mapping[str, Any]) -> Stored | None:
    """The stored conversation of that identity; `None` when there is none, it is another's, or it is broken."""
    try:
        stored = Stored(**json.loads(read_text(file)))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    return stored if stored.identity == json.loads(json.dumps(identity)) else None


def save(file: Path, stored: Stored) -> None:
    """Write a conversation so that no power cut can lose it. Raises StorageError."""
    try:
        file.parent.parent.parent.mkdir(parents=True, exist_ok=True)
        for folder in (file.parent.parent, file.parent):
            make_folder(folder)
        write_atomically(file, json.dumps(asdict(stored), ensure_ascii=False, indent=1) + "\n")
    except OSError as error:
        raise StorageError(
            f"cannot write {file}: {error.strerror or error}. What was collected before is kept; mend that and run "
            "the same command again"
        ) from None
