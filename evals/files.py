"""Writes files whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from quantgate.evals.errors import UsageError


def write_atomically(file: Path, content: str | bytes) -> None:
    """Write a file so that a reader sees the old or the new one, whatever happens. Raises OSError.

    What UTF-8 cannot hold (half of a surrogate pair, from a server or a file name) is written as JSON's own escape.
    """
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with partial.open("wb") as stream:
            stream.write(_encoded(content))
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(file)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _encoded(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")


def write_output(file: Path, content: str | bytes, option: str) -> None:
    """Write a file that the user named, making its folder. Raises UsageError, naming the option, when it cannot be."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists() and not file.is_file():
            file.write_bytes(_encoded(content))
        else:
            write_atomically(file.resolve(), content)
    except OSError as error:
        raise UsageError(f"{option} {file}: cannot be written: {error.strerror or error}") from None


def check_writable(out: Path) -> None:
    """Raise UsageError when a run directory could not be made or written at `out`; changes nothing."""
    try:
        existing = next(folder for folder in (out, *out.resolve().parents) if folder.exists())
    except (OSError, ValueError) as error:
        raise UsageError(f"--out {str(out)[:80]}: {getattr(error, 'strerror', None) or error}") from None
    if not existing.is_dir():
        raise UsageError(f"--out {out}: {existing} is a file, not a folder")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise UsageError(f"--out {out}: no permission to write in {existing}")
