"""lm-eval's result files in a folder: totals and samples, of which model, task and date."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from quantgate.evals.errors import DataError
from quantgate.evals.files import open_to_read
from quantgate.evals.text import one_line

_DATE = re.compile(r"_(\d{4}-\d\d-\d\dT\d\d[-:]\d\d[-:]\d\d(?:\.\d+)?)$")
_ENDINGS = (".jsonl", ".json", ".parquet")
_HEAD = 1 << 16
_DEEPEST = 4
_MOST_FILES = 20_000
_TOTALS = re.compile(rb'\s*\{\s*"results"\s*:')


@dataclass(frozen=True, slots=True)
class SamplesFile:
    """The answers to one task; `date` as lm-eval writes it into names, empty where the name has none."""

    path: Path
    task: str
    date: str


@dataclass(frozen=True, slots=True)
class Folder:
    """The files of lm-eval that a path holds; `totals` by folder and date."""

    samples: Sequence[SamplesFile]
    totals: Sequence[Path]

    def totals_of(self, file: SamplesFile) -> Path | None:
        """The results file that was written with one of samples."""
        of_date = [path for path in self.totals if date_of(path) == file.date]
        beside = [path for path in of_date if path.parent == file.path.parent]
        # The Hub's layout has totals in ORG/MODEL and answers in ORG__MODEL.
        return next(iter(beside), of_date[0] if len(of_date) == 1 else None)


def files_at(path: Path) -> Folder:
    """lm-eval's files at a path: those of a folder and of folders in it, or a single one with its results beside it.

    Raises DataError for a folder with more files than results have, and for a link out of it.
    """
    if not path.is_dir():
        if is_totals(path):
            beside = sorted(each for each in path.parent.glob(f"samples_*{date_of(path)}.*") if is_samples(each))
            return Folder([samples_file(each) for each in beside] if date_of(path) else (), (path,))
        file = samples_file(path)
        beside = sorted(path.parent.glob(f"*{file.date}.json")) if file.date else []
        return Folder((file,), [each for each in beside if each != path and is_totals(each)])
    root = path.resolve()
    samples, totals = [], []
    for each in _walk(path):
        if each.suffix not in _ENDINGS:
            continue
        if each.name.startswith("samples_") or (each.suffix == ".jsonl" and is_samples(each)):
            _refuse_escape(each, root)
            samples.append(samples_file(each))
        elif each.suffix == ".json" and is_totals(each):
            _refuse_escape(each, root)
            totals.append(each)
    return Folder(samples, totals)


def recognised(path: Path) -> bool:
    """Whether there are files of lm-eval at a path."""
    try:
        if not path.is_dir():
            return is_samples(path) or is_totals(path)
        return any(
            is_samples(each) or is_totals(each)
            for each in _walk(path)
            if each.name.startswith("samples_") or _named_as_totals(each)
        )
    except (OSError, DataError):
        return False


def samples_file(path: Path) -> SamplesFile:
    """What the name of a file of samples says: `samples_TASK_DATE.jsonl`."""
    stem = path.name[: -len(path.suffix)]
    found = _DATE.search(stem)
    name = stem[: found.start()] if found else stem
    return SamplesFile(path, name.removeprefix("samples_"), found[1] if found else "")


def date_of(path: Path) -> str:
    """The date in a file's name; empty where there is none."""
    found = _DATE.search(path.name[: -len(path.suffix)])
    return found[1] if found else ""


def newest(files: Sequence[SamplesFile]) -> tuple[list[SamplesFile], list[str]]:
    """Of each task the newest file, and a sentence for each task that has others."""
    by_task: dict[str, list[SamplesFile]] = {}
    for file in files:
        by_task.setdefault(file.task, []).append(file)
    notes = []
    for task, several in by_task.items():
        several.sort(key=lambda file: (file.date, str(file.path)))
        if len(several) > 1:
            shown = one_line(str(several[-1].path.name), 120)
            notes.append(f"{one_line(task, 60)} is there {len(several):,} times: the newest is read, {shown}")
    return [several[-1] for several in by_task.values()], notes


def is_samples(path: Path) -> bool:
    """Whether a file begins as lm-eval's rows do."""
    if path.suffix == ".parquet":
        return path.name.startswith("samples_") and _head(path, 4) == b"PAR1"
    head = _head(path)
    return path.suffix in _ENDINGS and b'"doc_id"' in head and b'"doc"' in head and head.lstrip()[:1] in (b"{", b"[")


def is_totals(path: Path) -> bool:
    """Whether a file begins as lm-eval's results do."""
    return path.suffix == ".json" and _TOTALS.match(_head(path)) is not None


def _named_as_totals(path: Path) -> bool:
    return path.suffix == ".json" and (path.name.startswith("results") or bool(date_of(path)))


def _head(path: Path, size: int = _HEAD) -> bytes:
    try:
        with open_to_read(path) as stream:
            return stream.read(size)
    except OSError:
        return b""


def _walk(folder: Path) -> Iterator[Path]:
    """The files of a folder and of those in it, in order; links to folders are not followed."""
    seen = 0
    for at, folders, files in os.walk(folder):
        deep = len(Path(at).relative_to(folder).parts)
        folders[:] = sorted(folders) if deep < _DEEPEST else []
        for name in sorted(files):
            seen += 1
            if seen > _MOST_FILES:
                raise DataError(f"{folder} holds more than {_MOST_FILES:,} files: name the folder of the results alone")
            yield Path(at) / name


def _refuse_escape(file: Path, root: Path) -> None:
    if not file.resolve().is_relative_to(root):
        raise DataError(f"{file} is a link out of the folder: put the file itself there, or name it alone")
