"""Questions on a terminal: asked again until the answer can be used; without a terminal, what to give instead."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from quantgate.evals.errors import UsageError
from quantgate.evals.secrets import without_keys
from quantgate.evals.text import unbroken

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Questions:
    """Asks on standard error; `terminal` says whether there is anybody to answer."""

    terminal: bool

    @classmethod
    def here(cls) -> Questions:
        return cls(sys.stdin.isatty())

    def ask(self, question: str, default: str, read: Callable[[str], Answer], *, option: str, hint: str = "") -> Answer:
        """What is answered, as `read` makes it.

        Parameters
        ----------
        question
            One line.
        default
            The answer of who only presses return; empty for none.
        read
            Raises UsageError, with what to give, for an answer that cannot be used; then it is asked again.
        option, hint
            What to give where there is no terminal, and why.

        Raises
        ------
        UsageError
            Where there is no terminal.
        """
        import typer

        if not self.terminal:
            raise UsageError(f"{option} is missing{': ' if hint else ''}{hint}")
        while True:
            # An empty default is one, too; typer would ask on for ever.
            said = typer.prompt(unbroken(question), default=default, show_default=bool(default), err=True)
            try:
                return read(str(said).strip())
            except UsageError as error:
                self.tell(str(error))

    def agree(self, question: str) -> bool:
        """Whether the answer is yes; without a terminal it is no."""
        import typer

        return self.terminal and typer.confirm(unbroken(question), default=False, err=True)

    def tell(self, text: str) -> None:
        """Print a line beside the questions."""
        import typer

        typer.echo(unbroken(without_keys(text)), err=True)
