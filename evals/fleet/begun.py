"""With which command a build's server was started when it was first asked: other flags make it another build."""

from __future__ import annotations

from pathlib import Path

from quantgate.evals.errors import ResumeMismatch
from quantgate.evals.files import read_text, write_output
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.secrets import without_keys
from quantgate.evals.settings.fleet.serve import Serve


class Begun:
    """The commands that answers were asked with; in `folder` under `out`, a file for each label."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def check(self, label: str, serve: Serve | None) -> None:
        """Raise ResumeMismatch where answers of a build are there that another command served."""
        run, file = self._folder.parent / label, self._file(label)
        if not file.exists() or not RunDirectory(run).exists() or (command := _command_of(serve)) is None:
            return
        if _read(file) != command:
            raise ResumeMismatch(
                f"its answers in {run} were served by another command: a build with other flags is given another "
                f"label, or {run} is removed and asked anew; where the change makes no answer another, remove {file}"
            )

    def keep(self, label: str, serve: Serve | None) -> None:
        """Keep the command of a server that is asked now. Raises UsageError where it cannot be written."""
        if (command := _command_of(serve)) is not None:
            write_output(self._file(label), command, "--out")

    def _file(self, label: str) -> Path:
        return self._folder / f"{label}.command"


def _read(file: Path) -> str | None:
    try:
        return read_text(file)
    except (OSError, UnicodeDecodeError):
        return None


def _command_of(serve: Serve | None) -> str | None:
    """The command as the file says it, its places not filled in: the port is another one each time."""
    if serve is None or serve.command is None:
        return None
    return without_keys(" ".join(serve.command.split())) + "\n"
