"""What every reader of other tools' files does alike: open, cut into lines, parse, name what is wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path
from typing import Any

from quantgate.evals.documents import BrokenDocument, parse_json
from quantgate.evals.errors import DataError
from quantgate.evals.files import open_to_read, read_bytes

MOST_LINE = 64 << 20
"""Bytes of one line; a longer one is no row."""
MOST_DOCUMENT = 512 << 20
"""Bytes of a file that has to be read whole, which takes some five times as much."""
_MOST_SKIPPED = 1 << 30
"""Bytes of a line that is passed over as too long; a file with a longer one is no file of lines."""
BEFORE_TEXT = b"\xef\xbb\xbf \t\r\n"
"""What may stand before JSON: blanks, and the mark of UTF-8 that some editors write."""
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_DEEPEST = 100
TOO_DEEP = "it is nested too deeply"


@contextmanager
def opened(file: Path, at_most: int | None = None) -> Iterator[BufferedReader]:
    """A file of a source, regular and bounded. Raises DataError in one line."""
    try:
        with open_to_read(file, at_most) as stream:
            yield stream
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}") from None


def lines_of(file: Path) -> Iterator[tuple[str, bytes | None]]:
    """The lines of a file with where they stand, as `x.jsonl, line 7`; `None` for one that is too long. Empty ones not.

    Raises DataError when the file cannot be read, or is none of lines of UTF-8.
    """
    with opened(file) as stream:
        if stream.peek(2)[:2] in _UTF_16:
            raise DataError(f"{file}: it is UTF-16; what tools write, and what is read, is UTF-8")
        number = 0
        while line := stream.readline(MOST_LINE):
            number += 1
            where = f"{file.name}, line {number:,}"
            if len(line) == MOST_LINE and not line.endswith(b"\n"):
                _pass_over(stream, line, f"{file}, line {number:,}")
                yield where, None
            elif line.strip():
                yield where, line


def _pass_over(stream: BufferedReader, begun: bytes, where: str) -> None:
    """Read to the end of a line that is too long to be a row. Raises DataError where nobody can have written it."""
    if b"\0" in begun:
        raise DataError(f"{where}: it holds zeros and no text: the file was never written to its end")
    passed = len(begun)
    while (rest := stream.readline(MOST_LINE)) and not rest.endswith(b"\n"):
        passed += len(rest)
        if passed >= _MOST_SKIPPED:
            raise DataError(f"{where}: it has more than {_MOST_SKIPPED >> 30} GB, which is no line of results")


def object_of(line: bytes | None) -> dict[str, Any] | str:
    """The JSON object of a line, or why it is none. NaN and infinity stay, so that a reader sees what was scored."""
    if line is None:
        return f"it has more than {MOST_LINE >> 20} MB"
    try:
        found = parse_json(line.decode("utf-8-sig"), parse_constant=float)
    except (BrokenDocument, UnicodeDecodeError) as error:
        return str(error) if isinstance(error, BrokenDocument) else "it is no UTF-8"
    return found if isinstance(found, dict) else "it is no JSON object"


def document_of(file: Path, at_most: int = MOST_DOCUMENT) -> dict[str, Any]:
    """The JSON object that a file holds. Raises DataError in one line."""
    try:
        found = object_of(read_bytes(file, at_most))
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}") from None
    if isinstance(found, str):
        raise DataError(f"{file}: {found}")
    return found


def is_deep(value: object) -> bool:
    """Whether lists and objects lie in each other deeper than any source writes: Python may not follow them all."""
    level = [value]
    for _ in range(_DEEPEST):
        inner = [
            list(each.values()) if isinstance(each, dict) else each for each in level if isinstance(each, dict | list)
        ]
        level = [held for each in inner for held in each]
        if not level:
            return False
    return True


def digest_of(value: object) -> str:
    """A hash that stands for a text, or for whatever else JSON can hold, wherever it is asked."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def item_of_several(question: str, place: int, count: int) -> str:
    """The id of an item that is asked word for word like others, the one at a place among them, from 0.

    Their number is part of it: where two sources have not as many, nobody knows which of them is which, and none pairs.
    """
    return question if count == 1 else f"{question}-of-{count}-{place + 1}"


def created_of(file: Path) -> str:
    """When a file was last changed, UTC, ISO 8601: for sources that do not say when they were made."""
    return datetime.fromtimestamp(file.stat().st_mtime, UTC).isoformat(timespec="seconds")
