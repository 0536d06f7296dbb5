"""What a verb that decides tells beside the decision: the files that it wrote, and what GitHub is to show of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from quantgate.evals.decision.comparison import Comparison
    from quantgate.evals.decision.types import Verdict


def tell(text: str) -> None:
    """Print a line on standard error."""
    from rich.text import Text

    from quantgate.reports.terminal.console import progress_console

    progress_console().print(Text(text), soft_wrap=True)


def annotate(decision: Verdict | Comparison) -> None:
    """In a job of GitHub Actions, and nowhere else, write its annotations; the runner reads standard error, too."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    from quantgate.reports.files.annotations import annotation_lines

    for line in annotation_lines(decision):
        typer.echo(line.encode("utf-8", "replace"), err=True)
