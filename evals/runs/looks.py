"""The looks that a pair of runs has had: a line for each beside the candidate's answers, added by whoever decides."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from quantgate.evals.contract.look_size import Size
from quantgate.evals.files import open_to_write, read_bytes, sync_folder
from quantgate.evals.hashing import canonical_hash
from quantgate.evals.runs.record import RunRecord

LOOKS_FILE = "looks.jsonl"


@dataclass(frozen=True, slots=True)
class TakenLook:
    """One look: at which pair, at how much of each task that could be decided, and when.

    `declared` is the number that the user said it has; `None` where it goes by the looks before.
    """

    time: str
    baseline: str
    candidate: str
    tasks: Mapping[str, Size]
    declared: Annotated[int, Field(ge=1)] | None = None


Line = TakenLook | None
"""A line of the file; `None` for one that is no look, of which only that there was one is known."""

_TAKEN = TypeAdapter(TakenLook)


@dataclass(frozen=True, slots=True)
class PastLooks:
    """All lines of the file, and what is wrong with it; empty where nothing is."""

    lines: tuple[Line, ...] = ()
    problem: str = ""


def run_id(record: RunRecord) -> str:
    """What a run stays known by when its folder is moved, it is gone on with, graded again or called otherwise."""
    return canonical_hash([record.created, record.model])[:16]


def past_looks(folder: Path) -> PastLooks:
    """What a run directory tells of the looks at it.

    A line that is damaged, and a file that cannot be read, are each a look of which nothing is known: to take them for
    none would be a fresh start.
    """
    file = folder / LOOKS_FILE
    try:
        return _parsed(read_bytes(file), file)
    except FileNotFoundError:
        return PastLooks()
    except OSError as error:
        return PastLooks((None,), f"{file} cannot be read ({error.strerror or error}): it counts as one look")


def keep_look(folder: Path, look: TakenLook, past: PastLooks) -> bool:
    """Add a look, if no other has come since `past` was read; whether it did.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    file = folder / LOOKS_FILE
    descriptor = open_to_write(file, os.O_APPEND)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        held = read_bytes(file)
        if _parsed(held, file) != past:
            return False
        torn = b"\n" if held and not held.endswith(b"\n") else b""
        line = memoryview(torn + json.dumps(asdict(look), ensure_ascii=True).encode() + b"\n")
        while line:
            line = line[os.write(descriptor, line) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(folder)
    return True


def _parsed(content: bytes, file: Path) -> PastLooks:
    lines = tuple(_line(line) for line in content.splitlines())
    damaged = lines.count(None)
    if not damaged:
        return PastLooks(lines)
    count = "a line" if damaged == 1 else f"{damaged:,} lines"
    each = "it counts as one look" if damaged == 1 else "each counts as one look"
    return PastLooks(lines, f"{file} has {count} that cannot be read: {each}")


def _line(line: bytes) -> Line:
    try:
        return _TAKEN.validate_json(line)
    except (ValidationError, RecursionError):
        return None
