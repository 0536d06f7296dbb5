"""The errors that a user can cause or meet; each carries its message and the exit code of the command line.

Every one is shown as its message alone, without a traceback, so the message says what was wrong, where, and what to do.
"""

from collections.abc import Sequence
from typing import ClassVar


class QuantgateError(Exception):
    """Base of every error that is shown to the user as a message."""

    exit_code: ClassVar[int] = 2


class UsageError(QuantgateError):
    """An option, a configuration or a policy that cannot be used."""


class Obstacles(UsageError):
    """Several things that are in the way, each on a line of its own."""

    def __init__(self, lead: str, lines: Sequence[str]) -> None:
        super().__init__("\n".join([lead, *(f"  {line}" for line in lines)]))


class DataError(QuantgateError):
    """A data file that is missing, broken or not what the task needs."""


class TaskDeclarationError(QuantgateError):
    """A task that an installed package declares, which does not keep the contract of tasks."""


class RunDirectoryError(QuantgateError):
    """A run directory that cannot be read, or was made by another version."""


class ResumeMismatch(RunDirectoryError):
    """A run directory holds answers to other questions, or of another model, than the command asks for."""


class RequestRefused(QuantgateError):
    """The endpoint refuses every request of this kind: wrong model name, key, address or parameters."""


class Unfinished(QuantgateError):
    """The run stopped before all samples were there; the same command goes on."""

    exit_code = 5


class OutOfTime(Unfinished):
    """The time that the user gave is used up; everything that has arrived is stored."""


class EndpointUnreachable(Unfinished):
    """Nothing answers at the endpoint's address, or it has stopped answering."""


class ModelChanged(Unfinished):
    """The endpoint has come to serve another model than the one whose answers the run directory holds."""


class StorageError(Unfinished):
    """The run directory cannot be written: full disk, lost permission, another process writing to it."""
