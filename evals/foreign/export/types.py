"""What writes a run as another tool's files, and what it says of that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from quantgate.evals.inspection.opened import OpenedRun
from quantgate.evals.inspection.seen import Seen


class Exporter(Protocol):
    """Writes a run to a path where nothing is: a file or a folder, whose parent is there."""

    def __call__(self, run: OpenedRun, out: Path) -> Sequence[str]:
        """Write it; gives what the target cannot hold of this run, a sentence each.

        Raises OSError when it cannot be written, and DataError, in one line, for a run that the target cannot hold.
        """
        ...


@dataclass(frozen=True, slots=True)
class Target:
    """A form in which a run can be written.

    Parameters
    ----------
    name
        What `quantgate export --to` is given.
    summary
        One line: of which tool, which files.
    ending
        How its path ends where the user names none: `.csv`; of a folder `-lm-eval`.
    write
        Writes it.
    """

    name: str
    summary: str
    ending: str
    write: Exporter


def answers(run: OpenedRun, task: str) -> Iterator[Seen]:
    """The answers to a task that count, each with what was asked; of a hidden task without a word. One at a time."""
    return (run.seen(sample) for sample in run.task(task).samples())
