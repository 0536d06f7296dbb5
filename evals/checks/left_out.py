"""What is not compared, where two runs are cut to what both have."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.pairing.common import p_value
from quantgate.evals.pairing.left_out import LeftOut
from quantgate.evals.pairing.pairs import TaskPairs


def left_out_findings(pairs: TaskPairs) -> Iterator[Finding]:
    """What was left out, in a sentence; nothing where nothing was."""
    if (left_out := pairs.left_out) is not None:
        untold = [build for build, run in pairs.builds.items() if run.imported]
        yield Finding(
            FindingCode.LEFT_OUT,
            Severity.WARNS,
            f"the {left_out.kept:,} items that both builds have are compared (--common); left out: "
            + "; ".join(_parts(left_out, untold)),
        )


def _parts(left_out: LeftOut, untold: Collection[str]) -> Iterator[str]:
    """`untold` are the builds of which nobody knows what they were asked beside what their files hold."""
    for build, other, alone in zip(("baseline", "candidate"), ("candidate", "baseline"), left_out.alone, strict=True):
        if alone and other in untold:
            yield (
                f"{_items(alone)} that the {other}'s files do not hold: whether it was not asked, or its answers were "
                "taken out, nobody knows"
            )
        elif alone:
            yield f"{_items(alone)} that only the {build} was asked"
    if left_out.unanswered:
        share = left_out.unanswered / (left_out.unanswered + left_out.kept)
        yield f"{_items(left_out.unanswered)} without enough answers, {share:.1%} of what both were asked"
    for build, answers in zip(("baseline", "candidate"), left_out.answers, strict=True):
        if answers:
            yield f"{answers:,} of the {build}'s answers to the items that are compared, repeats that the other lacks"
    for build, unreached in zip(("baseline", "candidate"), left_out.unreached, strict=True):
        if unreached:
            yield f"the {build} was stopped before all answers to {_items(unreached)}"
    ours, theirs = left_out.lacking
    if ours or theirs:
        chance = f"no more unlike than by chance, p = {p_value(left_out):.2g}"
        yield f"the baseline lacks more answers on {_items(ours)}, the candidate on {_items(theirs)} ({chance})"


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count:,} items"
