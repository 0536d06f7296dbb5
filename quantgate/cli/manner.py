"""How much a verb tells on the way: notes, progress, and a log of requests on standard error."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


class LogLevel(StrEnum):
    """How much is told on standard error besides progress."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Manner:
    """`quiet` leaves the verdict alone; `progress` shows how it goes."""

    quiet: bool = False
    progress: bool = True
    log_level: LogLevel = LogLevel.WARNING

    @property
    def verbose(self) -> bool:
        """Whether more is told than what the user has to know."""
        return self.log_level in (LogLevel.DEBUG, LogLevel.INFO)

    @cached_property
    def console(self) -> Console:
        """Standard error."""
        from quantgate.reports.terminal.console import progress_console

        return progress_console()

    def tell(self, text: str) -> None:
        """Print a line, whatever is wanted: why it is not complete."""
        from rich.text import Text

        self.console.print(Text(text), soft_wrap=True)

    def note(self, notes: Sequence[str]) -> None:
        """Print what the user should know."""
        for text in () if self.quiet else notes:
            self.tell(f"note: {text}")

    @contextmanager
    def logged(self) -> Iterator[None]:
        """Let what is logged meanwhile appear on the console, where a live screen makes room for it."""
        logger, handler = logging.getLogger("quantgate"), _ToConsole(self)
        before = logger.level
        logger.setLevel(self.log_level.upper())
        logger.addHandler(handler)
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.setLevel(before)


class _ToConsole(logging.Handler):
    def __init__(self, manner: Manner) -> None:
        super().__init__()
        self._manner = manner

    def emit(self, record: logging.LogRecord) -> None:
        from quantgate.evals.secrets import redacted
        from quantgate.evals.text import one_line

        self._manner.tell(f"{record.levelname.lower()}: {one_line(redacted(record.getMessage()), 1000)}")
