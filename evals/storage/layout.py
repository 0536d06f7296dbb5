"""How a run directory lies on an object store, where nothing can be appended to, and how it is made again.

A file that is appended to, `*.jsonl`, is cut into pieces at the ends of lines: `samples.jsonl/00000000`, `00000001` and
so on, each put once and never changed. Every other file is an object that is put anew when it changes. `writers/` says
who has written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from quantgate.evals.errors import StorageError
from quantgate.evals.storage.objects import Objects

WRITERS = "writers"
_PIECE = re.compile(r"([^/]+\.jsonl)/(\d{8})")
_OF_HERE = frozenset({"samples.index", "control.json"})
"""What only serves the machine where it lies."""
PIECE_BYTES = 4 << 20
_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Layout:
    """What a store holds of a run directory: objects that are files, and of files that grow their pieces in order."""

    whole: Mapping[str, int]
    pieces: Mapping[str, tuple[str, ...]]
    sizes: Mapping[str, int]
    writers: tuple[int, ...]

    def length(self, file: str) -> int:
        """Bytes of a file that grows."""
        return sum(self.sizes[piece] for piece in self.pieces.get(file, ()))

    def count(self, file: str) -> int:
        """Numbered pieces of a file that grows."""
        return sum("/" in piece for piece in self.pieces.get(file, ()))


def layout_of(objects: Objects) -> Layout:
    """What lies there. Raises StorageError when a piece is missing in between, or the store does not answer."""
    sizes = objects.sizes()
    numbered: dict[str, list[str]] = {}
    whole: dict[str, int] = {}
    writers: list[int] = []
    for name in sorted(sizes):
        if found := _PIECE.fullmatch(name):
            numbered.setdefault(found[1], []).append(name)
        elif name.startswith(f"{WRITERS}/"):
            if (number := name.removeprefix(f"{WRITERS}/").removesuffix(".json")).isdigit():
                writers.append(int(number))
        elif is_kept(name):
            whole[name] = sizes[name]
    pieces: dict[str, tuple[str, ...]] = {}
    for file, names in numbered.items():
        for place, name in enumerate(names):
            if name != (wanted := piece_name(file, place)):
                raise StorageError(f"{objects.address}/{wanted} is missing, and later ones are there")
        # A file that was copied there by hand is where it begins.
        pieces[file] = (*([file] if file in whole else []), *names)
    for file in [name for name in whole if grows(name)]:
        pieces.setdefault(file, (file,))
        del whole[file]
    return Layout(whole, pieces, sizes, tuple(writers))


def piece_name(file: str, number: int) -> str:
    """The object that a piece of a file is, counted from 0."""
    return f"{file}/{number:08d}"


def grows(name: str) -> bool:
    """Whether a file of a run directory is appended to."""
    return "/" not in name and name.endswith(".jsonl")


def is_kept(name: str) -> bool:
    """Whether a file belongs to the run, and not to the machine that writes it."""
    return not any(part.startswith(".") for part in name.split("/")) and name not in _OF_HERE


def files_of(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """The files of a run directory that are kept, by name with what is known of them; none through a link."""
    for at, folders, names in os.walk(folder):
        folders[:] = [each for each in folders if not each.startswith(".")]
        for name in names:
            file = Path(at) / name
            told = file.relative_to(folder).as_posix()
            try:
                held = file.lstat()
            except FileNotFoundError:
                continue
            if is_kept(told) and not file.is_symlink():
                yield told, held


def make_folder_of(objects: Objects, layout: Layout, folder: Path) -> None:
    """Make the run directory again in an empty folder. Raises StorageError, and OSError of this machine's disk."""
    folder.mkdir(parents=True, exist_ok=True)
    names = list(layout.whole)
    for start in range(0, len(names), _AT_ONCE):
        for name, content in objects.read_all(names[start : start + _AT_ONCE]).items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    for file_name, pieces in layout.pieces.items():
        with (folder / file_name).open("wb") as stream:
            for start in range(0, len(pieces), _AT_ONCE):
                some = pieces[start : start + _AT_ONCE]
                held = objects.read_all(some)
                stream.writelines(held[name] for name in some)


def next_piece(file: Path, start: int, at_most: int = PIECE_BYTES) -> bytes:
    """Whole lines of a file from a byte on: `at_most` bytes, or one line that is longer; nothing of a torn one."""
    with file.open("rb") as stream:
        stream.seek(start)
        content = stream.read(at_most)
        if (end := content.rfind(b"\n")) >= 0:
            return content[: end + 1]
        content += stream.readline()
    return content if content.endswith(b"\n") else b""
