"""Bundles: the documents of tasks in one folder, with hashes, for machines that cannot reach the Hugging Face hub.

`manifest.json` names the files; theirs have the beginning of their hash in the name, so that the manifest's
replacement is the one moment at which a bundle changes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from quantgate.evals.contract.task import TaskOptions
from quantgate.evals.errors import DataError, StorageError, UsageError
from quantgate.evals.files import make_folder, open_to_read, open_to_write, read_bytes, write_atomically
from quantgate.evals.runs.misplaced import missing
from quantgate.evals.runs.record import now
from quantgate.evals.versions import software_versions
from quantgate.tasks.data.rows import MOST_DATA
from quantgate.tasks.registry import find_task, load_task

MANIFEST = "manifest.json"
_LOCK = ".lock"
_PRIVATE = 0o600


class BundledFile(BaseModel):
    """One file; `path` is relative to the bundle."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(pattern=r"^[\w-][\w.+-]*/[\w-][\w.+-]*$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class BundledTask(BaseModel):
    """The files of one task by split; `data_hash` is the one that its runs record, `source` where they came from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: dict[str, BundledFile] = Field(min_length=1)
    source: dict[str, str]
    data_hash: str
    fetched: str
    software: dict[str, str]


class Manifest(BaseModel):
    """What a bundle holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    tasks: dict[str, BundledTask] = {}


@dataclass(frozen=True, slots=True)
class LocalData:
    """A task's files by split, and what the record should say of where they came from."""

    files: Mapping[str, Path]
    origin: Mapping[str, str]


def local_data(task: str, given: Mapping[str, Path], data_dir: Path | None) -> LocalData:
    """What a task is loaded from: the files that were `given`, else the bundle, else nothing, which means the hub.

    Raises
    ------
    DataError
        When the bundle is broken, or does not hold a task that needs data.
    """
    if given or data_dir is None or find_task(task).data is None:
        return LocalData(given, {})
    bundled = read_manifest(data_dir).tasks.get(task)
    if bundled is None:
        raise DataError(
            f"--data-dir {data_dir} does not hold {task}: where the hub can be reached, add it with "
            f"`quantgate data fetch {task} --out {data_dir}`"
        )
    files = {split: _checked(data_dir, file) for split, file in bundled.files.items()}
    return LocalData(files, {**bundled.source, "bundle_fetched": bundled.fetched})


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a bundle. Raises DataError when there is none, or it is broken or of another version."""
    file = folder / MANIFEST
    try:
        return Manifest.model_validate_json(read_bytes(file))
    except FileNotFoundError:
        why = f"it has no {MANIFEST}" if folder.is_dir() else missing(folder)
        raise DataError(f"{folder} is no bundle: {why}. `quantgate data fetch TASK --out {folder}` makes one") from None
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}") from None
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise DataError(f"{file} is no manifest of a bundle: {place + ': ' if place else ''}{first['msg']}") from None


def fetch(task: str, given: Mapping[str, Path], out: Path) -> BundledTask:
    """Put a task's documents into the bundle `out`, from the files that were `given` or else from the hub.

    Raises
    ------
    DataError
        When they cannot be had.
    UsageError
        When the task needs none.
    StorageError
        When the bundle cannot be written, or another process is writing to it.
    """
    info = find_task(task)
    if info.data is None:
        raise UsageError(f"{task} needs no data: it can be run anywhere as it is")
    try:
        with _writing(out) as work:
            fetched = info.data.fetch(info.named_splits(given), work)
            # Loaded from the very files that the bundle will hold, so that a bundle never holds what cannot be used.
            loaded = load_task(task, TaskOptions(data=fetched.files, origin=fetched.source))
            folder = re.sub(r"[^\w.-]", "_", task)
            private = info.private is not None
            bundled = BundledTask(
                files={split: _place(file, out, folder, split, private) for split, file in fetched.files.items()},
                source=dict(fetched.source),
                data_hash=loaded.identity.data_hash,
                fetched=now(),
                software=software_versions(),
            )
            before = read_manifest(out) if (out / MANIFEST).exists() else Manifest()
            after = Manifest(tasks={**before.tasks, task: bundled})
            write_atomically(out / MANIFEST, after.model_dump_json(indent=2) + "\n")
            kept = {file.path for entry in after.tasks.values() for file in entry.files.values()}
            for stale in before.tasks[task].files.values() if task in before.tasks else ():
                if stale.path not in kept and not (out / stale.path).parent.is_symlink():
                    (out / stale.path).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"the bundle {out} cannot be written: {error.strerror or error}") from None
    return bundled


def _place(file: Path, out: Path, folder: str, split: str, private: bool) -> BundledFile:
    """Copy a file into the bundle under a name that follows from its content."""
    digest, stem = _sha256(file), re.sub(r"[^\w-]", "_", split)
    target = out / folder / f"{stem}-{digest[:12]}{file.suffix.lower()}"
    make_folder(target.parent)
    descriptor, partial = tempfile.mkstemp(dir=target.parent, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as to, open_to_read(file) as source:
            shutil.copyfileobj(source, to)
            os.fchmod(to.fileno(), _PRIVATE if private else 0o644)
            to.flush()
            os.fsync(to.fileno())
        Path(partial).replace(target)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
    return BundledFile(path=f"{folder}/{target.name}", sha256=digest)


@contextmanager
def _writing(out: Path) -> Iterator[Path]:
    """Hold a bundle for one writer; gives a folder for what is being made, on the same disk and gone afterwards."""
    out.mkdir(parents=True, exist_ok=True)
    with os.fdopen(open_to_write(out / _LOCK), "wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StorageError(f"another quantgate is writing to {out}: wait for it, or give another --out") from None
        with tempfile.TemporaryDirectory(dir=out, prefix=".") as work:
            yield Path(work)


def _checked(folder: Path, file: BundledFile) -> Path:
    path = folder / file.path
    try:
        digest = _sha256(path)
    except OSError as error:
        raise DataError(f"{path} cannot be read, though the bundle names it: {error.strerror or error}") from None
    if digest != file.sha256:
        raise DataError(
            f"{path} is not the file that was fetched: its SHA-256 is {digest[:12]}…, the bundle's {MANIFEST} says "
            f"{file.sha256[:12]}…. Copy the bundle again, or fetch the task anew"
        )
    return path


def _sha256(file: Path) -> str:
    with open_to_read(file, MOST_DATA) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
