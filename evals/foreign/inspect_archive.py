"""The zip of an Inspect log: looked through before anything is unpacked, and then unpacked a bounded part at a time."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from zipfile import BadZipFile, LargeZipFile, ZipFile, ZipInfo

from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.foreign.sources import opened
from quantgate.evals.text import one_line

ZIP_BEGINS = b"PK\x03\x04"
MOST_MEMBER = 256 << 20
"""Bytes that one sample, with all its events, may unpack to."""
_MOST_MEMBERS = 1_000_000
_MOST_DIRECTORY = 256 << 20
_MOST_RATIO = 200
"""So many times its size may an archive unpack to: agents' logs, which say the same again and again, reach some 50."""
_SMALL = 64 << 20
"""An archive that unpacks to less is none to be afraid of, whatever its ratio."""
_STEP = 4096
"""Packed bytes taken at a time, since what unpacks zstd gives all of them at once, whatever the directory says."""
_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_MOST_COMMENT = 0xFFFF


@dataclass(frozen=True, slots=True)
class Archive:
    """The members of an archive by name; of two with one name the last, which Inspect writes in place of the first."""

    zip: ZipFile
    members: Mapping[str, ZipInfo]

    def read(self, name: str) -> bytes | str:
        """What a member holds, or why it cannot be read."""
        member = self.members[name]
        if member.file_size > MOST_MEMBER:
            return f"it unpacks to {member.file_size >> 20:,} MB, and {MOST_MEMBER >> 20} MB is the most"
        parts = bytearray()
        try:
            with self.zip.open(member) as stream:
                while part := stream.read(_STEP):
                    parts += part
        except (BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
            return f"it cannot be unpacked: {one_line(str(error) or type(error).__name__)}"
        except _zstd_error() as error:
            return f"it cannot be unpacked: {one_line(str(error))}"
        if len(parts) != member.file_size:
            return f"it unpacks to {len(parts):,} bytes, where the archive says {member.file_size:,}"
        return bytes(parts)


@contextmanager
def opened_archive(file: Path) -> Iterator[Archive]:
    """An archive whose directory has been looked through.

    Raises
    ------
    DataError
        In one line: when it is cut off or no zip, would unpack to far more than any log, or has members of names that
        lead elsewhere.
    UsageError
        When what unpacks it is not installed.
    """
    _learn_zstd()
    with opened(file) as stream:
        _check_directory(file, stream)
        try:
            archive = ZipFile(stream)
        except (BadZipFile, LargeZipFile, ValueError, struct.error, NotImplementedError) as error:
            raise DataError(f"{file}: it is no whole zip, as an Inspect log is: {one_line(str(error))}") from None
        with archive:
            _check_members(file, archive.infolist(), file.stat().st_size)
            yield Archive(archive, {member.filename: member for member in archive.infolist()})


def _check_directory(file: Path, stream: BufferedReader) -> None:
    """The directory is read at once, so its own size comes first. Raises DataError."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _MOST_COMMENT - _END.size - _LOCATOR.size))
    tail = stream.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) - place < _END.size:
        raise DataError(f"{file}: it is no whole zip, as an Inspect log is: it was cut off, or is being written")
    _, _, _, _, count, directory, _, _ = _END.unpack_from(tail, place)
    if place >= _LOCATOR.size and tail[place - _LOCATOR.size :].startswith(b"PK\x06\x07"):
        _, _, offset, _ = _LOCATOR.unpack_from(tail, place - _LOCATOR.size)
        stream.seek(min(offset, size))
        end = stream.read(_END_64.size)
        if len(end) == _END_64.size:
            *_, count, directory, _ = _END_64.unpack(end)
    stream.seek(0)
    if count > _MOST_MEMBERS or directory > _MOST_DIRECTORY:
        raise DataError(f"{file}: it has {count:,} members; an Inspect log of more than {_MOST_MEMBERS:,} is not read")


def _check_members(file: Path, members: list[ZipInfo], size: int) -> None:
    for member in members:
        name = member.filename
        if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name.split("/")[0]:
            raise DataError(f"{file}: a member is called {one_line(name, 60)!r}, which leads elsewhere: it is no log")
    unpacked = sum(member.file_size for member in members)
    if unpacked > _SMALL and unpacked > _MOST_RATIO * size:
        raise DataError(
            f"{file}: it would unpack to {unpacked >> 20:,} MB, {unpacked // max(size, 1):,} times its size, as no "
            "Inspect log does"
        )


def _learn_zstd() -> None:
    """Teach zipfile the method that Inspect packs with, which Python itself knows from 3.14 on."""
    import sys

    if sys.version_info < (3, 14):
        try:
            import zipfile_zstd  # noqa: F401
        except ImportError:
            raise missing_inspect() from None


def _zstd_error() -> type[Exception]:
    """What is raised for zstd that is none."""
    import sys

    if sys.version_info >= (3, 14):
        from compression.zstd import ZstdError
    else:
        from zstandard import ZstdError
    found: type[Exception] = ZstdError
    return found


def missing_inspect() -> UsageError:
    """What is said where inspect-ai is not installed."""
    return UsageError("Inspect logs are read with one more library: pip install 'quantgate[inspect]'")
