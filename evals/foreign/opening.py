"""Where a run is named, another tool's files may be: they are imported into a folder that is gone with the process."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path

from quantgate.evals.foreign.formats import AUTO, read_source, recognised
from quantgate.evals.foreign.types import Format
from quantgate.evals.foreign.writing import write_run
from quantgate.evals.hashing import canonical_hash
from quantgate.evals.runs.record import RUN_FILE, RunRecord
from quantgate.evals.storage.opening import fetched
from quantgate.evals.text import one_line

_SHOWN = 4
_MOST_FILES = 10_000
_made: dict[tuple[Path, str], Path] = {}
"""The folder of each source that was imported, by its path and what stands for its files as they were then."""
_folders: list[tempfile.TemporaryDirectory[str]] = []
"""Kept as long as the process: what is read of a run later is read from its files."""


def foreign_format(path: Path) -> Format | None:
    """The format of what another tool has left at a path; `None` of a run directory, and of all else."""
    return recognised(path) if path.exists() and not (path / RUN_FILE).exists() else None


def run_directory(path: Path, tell: Callable[[str], None] = lambda _: None) -> Path:
    """The run directory that a path is, or one made of what another tool has left there.

    A path that is neither is given back, so that whoever reads it says so. What lies on an object store is fetched.

    Parameters
    ----------
    path
        What the user named.
    tell
        Called with a line when files were imported.

    Raises
    ------
    DataError
        When files of a known format are broken.
    StorageError
        When the temporary folder cannot be written, or an object store does not answer.
    UsageError, RunDirectoryError
        As `fetched`.
    """
    path = fetched(path, tell)
    found = foreign_format(path)
    if found is None:
        return path
    key = (path.resolve(), _state(path))
    if key not in _made:
        _folders.append(tempfile.TemporaryDirectory(prefix="quantgate-import-"))
        folder = Path(_folders[-1].name) / "run"
        source = read_source(AUTO, path)
        record = write_run(source, folder, label=source.label or (path.name if path.is_dir() else path.stem))
        tell(
            f"{path} is read as {found.name}: {_told(record)}. "
            "`quantgate import` says what it does not tell, and counts the looks at it"
        )
        for note in source.notes:
            tell(f"{path}: {note}")
        _made[key] = folder
    return _made[key]


def _state(path: Path) -> str:
    """What stands for the files of a source as they are now: their names, sizes and times."""
    files = sorted(itertools.islice(path.rglob("*"), _MOST_FILES)) if path.is_dir() else [path]
    states = [(ascii(str(file)), held.st_mtime_ns, held.st_size) for file in files for held in [file.lstat()]]
    return canonical_hash(states)


def _told(record: RunRecord) -> str:
    sizes = [
        f"{one_line(task.name, 60)} {task.items:,} items" + (f" x {task.repeats:,}" if task.repeats > 1 else "")
        for task in record.tasks
    ]
    more = f" and {len(sizes) - _SHOWN:,} tasks more" if len(sizes) > _SHOWN else ""
    return ", ".join(sizes[:_SHOWN]) + more
