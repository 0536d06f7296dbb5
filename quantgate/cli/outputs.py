"""The options that say where a decision's renderings go, shared by `gate`, `compare` and `report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantgate.reports.files.options import Inconclusive

Html = Annotated[Path | None, typer.Option("--html", help="Write the report as one HTML file.")]
Markdown = Annotated[
    Path | None,
    typer.Option("--markdown", help="Write a short report for a pull request; $GITHUB_STEP_SUMMARY is added to."),
]
Junit = Annotated[Path | None, typer.Option("--junit", help="Write JUnit XML, a test case for each task.")]
Plots = Annotated[Path | None, typer.Option("--plots", help="A folder for the plots as SVG and PNG files.")]
JunitInconclusive = Annotated[
    Inconclusive, typer.Option("--junit-inconclusive", help="What JUnit calls a task that cannot be told.")
]
