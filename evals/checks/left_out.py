"""What is not compared, where two runs are cut to what both have."""

from __future__ import annotations

from collections.abc import Iterator

from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.pairing.left_out import LeftOut


def left_out_findings(left_out: LeftOut | None) -> Iterator[Finding]:
    """What was left out, in a sentence; nothing where nothing was."""
    if left_out is not None:
        yield Finding(
            FindingCode.LEFT_OUT,
            Severity.WARNS,
            f"the {left_out.kept:,} items that both builds have are compared (--common); left out: "
            + "; ".join(_parts(left_out)),
        )


def _parts(left_out: LeftOut) -> Iterator[str]:
    for build, alone in zip(("baseline", "candidate"), left_out.alone, strict=True):
        if alone:
            yield f"{_items(alone)} that only the {build} was asked"
    if left_out.unanswered:
        ours, theirs = left_out.lacking
        share = left_out.unanswered / (left_out.unanswered + left_out.kept)
        told = f"{_items(left_out.unanswered)} without all of their answers, {share:.1%} of what both were asked"
        if ours or theirs:
            told += f" (on {ours:,} items the baseline lacks more of them, on {theirs:,} the candidate)"
        if unreached := max(left_out.unreached):
            told += f", {unreached:,} of them not come to when a run was stopped"
        yield told
    for build, answers in zip(("baseline", "candidate"), left_out.answers, strict=True):
        if answers:
            yield f"{answers:,} of the {build}'s answers to the items that are compared, repeats that the other lacks"


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count:,} items"
