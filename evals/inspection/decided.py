"""Where the runs of a saved decision lie: it names them by when they were begun, its command by their folders."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from quantgate.evals.documents import BrokenDocument, parse_json
from quantgate.evals.errors import QuantgateError
from quantgate.evals.files import read_text
from quantgate.evals.runs.directory import RunDirectory

_MOST_FOLDERS = 200


def runs_of(decision: Path, directory_of: Callable[[Path], Path] = lambda named: named) -> tuple[Path, ...]:
    """The folders of the baseline and of each candidate; none unless all of them are found.

    They are looked for where the decision's command, or its formats, say, and beside its file. `directory_of` gives the
    run directory for what is named there, which may be files of another tool; raises QuantgateError for anything else.
    """
    try:
        told = parse_json(read_text(decision))
    except (OSError, UnicodeDecodeError, BrokenDocument):
        return ()
    wanted = list(_records(told)) if isinstance(told, Mapping) else []
    known: dict[tuple[object, ...], Path] = {}
    for folder, named in _folders(told, decision) if wanted else ():
        with suppress(QuantgateError, OSError, ValueError):
            record = RunDirectory(directory_of(folder) if named else folder).record()
            known.setdefault((record.created, record.model, record.label), folder)
    found = [known.get(key) for key in wanted]
    return tuple(folder for folder in found if folder is not None) if None not in found else ()


def runs_in(folder: Path) -> tuple[Path, ...]:
    """The run directories that lie in a folder, as in the one that `check` writes."""
    inside = islice(_inside(folder), _MOST_FOLDERS)
    return tuple(each for each in inside if RunDirectory(each).exists())


def _records(told: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    """When each run was begun, of which model, and what it is called."""
    formats = told.get("formats")
    candidates = [told.get("candidate")] if not isinstance(formats, list) else formats
    for run in (told.get("baseline"), *candidates):
        record = run.get("candidate", run) if isinstance(run, Mapping) else None
        if isinstance(record, Mapping):
            yield record.get("created"), record.get("model"), record.get("label")


def _folders(told: Mapping[str, Any], decision: Path) -> Iterator[tuple[Path, bool]]:
    """Where runs may lie, and whether the decision names it."""
    yield from ((path, True) for path in _named(told))
    yield from ((path, False) for path in islice(_inside(decision.resolve().parent), _MOST_FOLDERS))


def _named(told: Mapping[str, Any]) -> Iterator[Path]:
    named = told.get("folders")
    yield from _paths(named.values() if isinstance(named, Mapping) else ())
    formats = told.get("formats")
    yield from _paths([told.get("baseline_folder")])
    for each in formats if isinstance(formats, list) else ():
        yield from _paths([each.get("folder")] if isinstance(each, Mapping) else ())
    # Decisions of earlier versions name no folders; their command does.
    command = told.get("command")
    with suppress(ValueError):
        yield from _paths(shlex.split(command)[2:] if isinstance(command, str) else ())


def _inside(folder: Path) -> Iterator[Path]:
    try:
        yield from (each for each in sorted(folder.iterdir()) if each.is_dir())
    except OSError:
        return


def _paths(named: Iterable[object]) -> Iterator[Path]:
    yield from (Path(each) for each in named if isinstance(each, str) and each and not each.startswith("-"))
