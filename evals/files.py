"""Opens files so that nothing hostile comes of it: what is read is a bounded regular file, what is written no link.

A folder that the user names may be a link; the file itself, and whatever lies in a run directory or bundle, may not.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from quantgate.evals.errors import UsageError

MOST_BYTES = 64 << 20
"""What is read at once of one file, or taken of one answer, unless said otherwise."""

_ADDRESS = re.compile(r"[a-z][a-z0-9+-]+:")
"""What an address, as `s3://bucket/run`, begins with once it is a path."""

_NO_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EACCES})
"""What file systems answer that cannot bring a folder to the disk, and folders that may not be read."""


def open_to_read(file: Path, at_most: int | None = None) -> BufferedReader:
    """Open a regular file, through a link too.

    Raises
    ------
    OSError
        Also for a pipe, a device or a folder, and when it has more than `at_most` bytes.
    """
    # Without O_NONBLOCK, opening a pipe waits for somebody who writes to it.
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        held = os.fstat(descriptor)
        _check_regular(held)
        if at_most is not None and held.st_size > at_most:
            raise _too_large(at_most)
    except BaseException:
        os.close(descriptor)
        raise
    return open(descriptor, "rb")


def read_bytes(file: Path, at_most: int = MOST_BYTES) -> bytes:
    """All of a regular file. Raises OSError, also when it holds more than `at_most` bytes."""
    with open_to_read(file, at_most) as stream:
        # What the system says of a size is not believed: files of /proc have 0 and may never end.
        content = stream.read(at_most + 1)
    if len(content) > at_most:
        raise _too_large(at_most)
    return content


def read_text(file: Path, at_most: int = MOST_BYTES) -> str:
    """All of a regular file of UTF-8. Raises OSError as `read_bytes`, and UnicodeDecodeError."""
    return read_bytes(file, at_most).decode("utf-8")


def open_to_write(file: Path, flags: int = 0) -> int:
    """A descriptor of a regular file that has no other name, made if need be; nothing of it is cut.

    Raises
    ------
    OSError
        Also when it is a symbolic link, has a second name, or is no regular file.
    """
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | flags, 0o644)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _is_link() from None
        raise
    try:
        held = os.fstat(descriptor)
        _check_regular(held)
        if held.st_nlink > 1:
            raise OSError(errno.EMLINK, "it has a second name (a hard link), whose content would change, too: copy it")
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def make_folder(folder: Path) -> None:
    """Make a folder inside one that is there. Raises OSError, also when its name is taken by a link."""
    if folder.is_symlink():
        raise _is_link()
    folder.mkdir(exist_ok=True)


def write_atomically(file: Path, content: str | bytes) -> None:
    """Write a file so that a reader sees the old or the new one, whatever happens. Raises OSError.

    A link of that name is replaced, and what it points to stays. What UTF-8 cannot hold (half of a surrogate pair, from
    a server or a file name) is written as JSON's own escape.
    """
    partial = file.with_name(f".{file.name[:100]}.{secrets.token_hex(8)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        with open(descriptor, "wb") as stream:
            stream.write(_encoded(content))
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(file)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, so that a power cut loses none. Raises OSError."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def write_output(file: Path, content: str | bytes, option: str) -> None:
    """Write a file that the user named, making its folder; into a pipe or a terminal, too.

    Raises
    ------
    UsageError
        Naming the option, when it cannot be, or is a link to a file.
    """
    with told_as_usage(file, option):
        file.parent.mkdir(parents=True, exist_ok=True)
        if _is_stream(file):
            _write_into(file, _encoded(content))
        elif file.is_symlink():
            raise _is_link()
        else:
            if file.exists():
                _check_regular(file.stat())
            write_atomically(file, content)


@contextmanager
def told_as_usage(file: Path, option: str) -> Iterator[None]:
    """Turn what goes wrong in writing a file that the user named into a UsageError that names its option."""
    _check_local(file, option)
    try:
        yield
    except OSError as error:
        raise UsageError(f"{option} {file}: cannot be written: {error.strerror or error}") from None


def check_writable(out: Path) -> None:
    """Raise UsageError when a run directory could not be made or written at `out`; changes nothing."""
    _check_local(out, "--out")
    try:
        existing = next(folder for folder in (out, *out.resolve().parents) if folder.exists())
    except (OSError, ValueError) as error:
        raise UsageError(f"--out {str(out)[:80]}: {getattr(error, 'strerror', None) or error}") from None
    if not existing.is_dir():
        raise UsageError(f"--out {out}: {existing} is a file, not a folder")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise UsageError(f"--out {out}: no permission to write in {existing}")


def _check_local(file: Path, option: str) -> None:
    """Refuse an address of an object store, which would become a folder of that name here."""
    if file.parts and _ADDRESS.fullmatch(file.parts[0]):
        raise UsageError(
            f"{option} {file.parts[0]}//...: this is written on this machine; on an object store can be the runs of "
            "`quantgate run`, `merge` and `import`"
        )


def _encoded(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")


def _is_stream(file: Path) -> bool:
    """Whether it is a pipe or a device for characters, also by a link such as `/dev/stdout`: nothing there is cut."""
    try:
        mode = file.stat().st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def _write_into(file: Path, content: bytes) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "nobody reads from it") from None
        raise
    with open(descriptor, "wb") as stream:
        os.set_blocking(descriptor, True)
        stream.write(content)


def _check_regular(held: os.stat_result) -> None:
    if stat.S_ISDIR(held.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(held.st_mode):
        raise OSError(errno.EINVAL, "it is a pipe, a socket or a device, not a regular file")


def _is_link() -> OSError:
    return OSError(errno.ELOOP, "it is a symbolic link, and nothing is written through one: remove it")


def _too_large(at_most: int) -> OSError:
    size = f"{at_most >> 20:,} MB" if at_most >= 1 << 20 else f"{at_most:,} bytes"
    return OSError(errno.EFBIG, f"it holds more than {size}")
