"""The files of a folder that a tool has written, and of folders in it: bounded, in order, none outside of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from quantgate.evals.errors import DataError
from quantgate.evals.files import open_to_read

_MOST_FILES = 20_000
_LONGEST_FIRST_LINE = 4 << 20


def files_below(folder: Path, deepest: int) -> Iterator[Path]:
    """The files of a folder and of those in it, in order; links to folders are not followed.

    Raises DataError for more files than results have, and for a link out of the folder.
    """
    root, seen = folder.resolve(), 0
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(folders) if len(Path(at).relative_to(folder).parts) < deepest else []
        for name in sorted(names):
            seen += 1
            if seen > _MOST_FILES:
                raise DataError(f"{folder} holds more than {_MOST_FILES:,} files: name the folder of the results alone")
            file = Path(at, name)
            if not file.resolve().is_relative_to(root):
                raise DataError(f"{file} is a link out of the folder: put the file itself there, or name it alone")
            yield file


def begins_with(file: Path, *names: bytes) -> bool:
    """Whether the first line of a file is of a JSON object and has all of some names; never raises."""
    try:
        with open_to_read(file) as stream:
            line = stream.readline(_LONGEST_FIRST_LINE)
    except OSError:
        return False
    return line.lstrip(b"\xef\xbb\xbf \t").startswith(b"{") and all(b'"' + name + b'"' in line for name in names)
