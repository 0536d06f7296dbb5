"""`quantgate history`: the last gates of a branch, from the files of their decisions alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command(name="history")(history)


def history(
    decisions: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Decisions' JSON files, or folders in which they are kept.")
    ],
    last: Annotated[int, typer.Option(min=1, max=1000, help="The last so many gates.")] = 20,
    html: Annotated[Path | None, typer.Option(help="Write the page: one file, no script, nothing loaded.")] = None,
    title: Annotated[str, typer.Option(help="What the page is called, as the branch.")] = "",
) -> None:
    """Show the last gates: when, which build, its verdict, and each task's difference against its margin over time.

    Nothing is decided anew. A file that holds no decision is named and passed over. Exits 0 whatever the verdicts are.
    """
    from quantgate.cli.notice import notice
    from quantgate.cli.telling import tell
    from quantgate.evals.decision.history import read_history
    from quantgate.evals.files import write_output
    from quantgate.evals.runs.record import now
    from quantgate.evals.versions import software_versions
    from quantgate.reports.terminal.console import output_console
    from quantgate.reports.terminal.history import print_history
    from quantgate.reports.words.history import gates

    read = read_history(decisions)
    for problem in read.passed_over:
        notice(f"passed over: {problem}")
    shown = gates(read.decisions, last)
    if html is None:
        print_history(output_console(), shown)
        return
    from quantgate.reports.html.history import history_html

    page = history_html(
        shown, read.passed_over, title=title or "Gates over time", created=now(), software=dict(software_versions())
    )
    write_output(html, page, "--html")
    tell(f"written: {html}")
