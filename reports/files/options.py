"""What a user may choose about a report; light, so that the command line can name it in its help."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path


class Inconclusive(StrEnum):
    """What the JUnit test case of a task is that cannot be told: a failure, as the exit code says, or skipped."""

    FAILURE = "failure"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where each rendering goes, `None` for what nobody asked for; each field is an option of the command line."""

    json: Path | None = field(default=None, metadata={"help": "Write the decision as JSON."})
    html: Path | None = field(default=None, metadata={"help": "Write the report as one HTML file."})
    markdown: Path | None = field(
        default=None, metadata={"help": "Write a short report for a pull request; $GITHUB_STEP_SUMMARY is added to."}
    )
    junit: Path | None = field(default=None, metadata={"help": "Write JUnit XML, a test case for each task."})
    csv: Path | None = field(default=None, metadata={"help": "Write the table as CSV."})
    flips: Path | None = field(
        default=None, metadata={"help": "Write the flipped items as CSV: both builds' answers and what is right."}
    )
    plots: Path | None = field(default=None, metadata={"help": "A folder for the plots as SVG and PNG files."})
    mlflow: str | None = field(
        default=None,
        metadata={
            "help": "Send a summary to MLflow: the URI of its server or store, or auto, as MLFLOW_TRACKING_URI says."
        },
    )
    wandb: str | None = field(
        default=None,
        metadata={
            "help": "Send a summary to Weights & Biases: PROJECT, ENTITY/PROJECT, or auto, as WANDB_PROJECT says."
        },
    )
    junit_inconclusive: Inconclusive = field(
        default=Inconclusive.FAILURE, metadata={"help": "What JUnit calls a task that cannot be told."}
    )

    def files(self) -> dict[str, Path]:
        """The files and folders that were asked for, by option."""
        given = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {name: value for name, value in given if isinstance(value, Path)}

    def trackers(self) -> dict[str, str]:
        """Where a summary is to be sent, by option."""
        return {name: where for name, where in (("mlflow", self.mlflow), ("wandb", self.wandb)) if where}
