"""What a task keeps of a request in the run directory (a conversation of tau2), taken to a worker and back."""

from __future__ import annotations

from pathlib import Path

from quantgate.evals.contract.kept import Kept
from quantgate.evals.contract.records import Request
from quantgate.evals.contract.task import Task
from quantgate.evals.errors import StorageError
from quantgate.evals.files import make_folder, read_bytes, write_atomically

_MOST = 1 << 30


def kept_of(folder: Path, task: Task, request: Request) -> bytes | None:
    """What is kept of a request in a run directory; `None` for nothing. Raises StorageError."""
    if not isinstance(task, Kept):
        return None
    file = folder / task.kept_at(request)
    try:
        return read_bytes(file, _MOST)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(f"{file} cannot be read: {error.strerror or error}") from None


def put(folder: Path, task: Task, request: Request, kept: bytes | None) -> None:
    """Keep it in another run directory. Raises StorageError."""
    if kept is None or not isinstance(task, Kept):
        return
    file = folder / task.kept_at(request)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for above in reversed(file.relative_to(folder).parents[:-1]):
            make_folder(folder / above)
        write_atomically(file, kept)
    except OSError as error:
        raise StorageError(f"cannot write {file}: {error.strerror or error}") from None
