"""What is told of a task of log-probabilities: its figures with the floor, and what is to be known of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.contract.fidelity import KL_CLIP
from quantgate.evals.fidelity.documents import FidelityTable
from quantgate.evals.fidelity.figures import Fidelity
from quantgate.evals.fidelity.floor import floor_of
from quantgate.evals.fidelity.summary import summarise, without_tokens
from quantgate.evals.pairing.pairs import TaskPairs

_MANY_CLIPPED = 0.01
_ENOUGH_POSITIONS = 50
"""Of fewer positions two builds may be alike in every stored digit, as where nothing but certain tokens is scored."""


def fidelity_figures(
    pairs: TaskPairs, again: TaskPairs | None, clusters: Sequence[str] | None, alpha: float
) -> Fidelity | None:
    """The figures; the floor is that of a second run of the baseline, or else of the baseline's own repeats.

    `None` where a task has other answers, or no document has any of both builds.
    """
    if pairs.fidelity is None or np.isnan(pairs.fidelity.top1).all():
        return None
    floor = pairs.floor
    if again is not None and again.fidelity is not None:
        floor = floor_of(again.fidelity, "a second run of the baseline")
    told = summarise(pairs.fidelity, alpha, floor, clusters)
    record = pairs.builds["baseline"].record
    return told if record is None or record.asked_by_authors is None else without_tokens(told)


def logprob_findings(pairs: TaskPairs, *, meant: bool) -> Iterator[Finding]:
    """One model on both sides, by figures that are alike to the last digit; and a divergence that was clipped.

    `meant` says that one build on both sides is what the user wants: the noise floor.
    """
    table = pairs.fidelity
    if table is None or np.isnan(table.top1).all():
        return
    positions = int(table.positions.sum())
    if table.same and positions >= _ENOUGH_POSITIONS:
        yield Finding(
            FindingCode.SAME_LOGPROBS,
            Severity.WARNS if meant else Severity.BLOCKS,
            f"All log-probabilities of {positions:,} positions are the same in both builds to the last digit: it is "
            "one model on both sides, and nothing was compared. Say --same-build where that is meant",
        )
    yield from _tops_findings(table)
    known = table.kl[~np.isnan(table.kl)]
    clipped = float((known > KL_CLIP).mean())
    if clipped > _MANY_CLIPPED:
        yield Finding(
            FindingCode.DIVERGENCE_CLIPPED,
            Severity.WARNS,
            f"{clipped:.1%} of the documents diverge by more than {KL_CLIP:g} nat, which is all that one counts for: "
            "the bounds are of the mean so clipped. The build is broken on them: look at the worst documents",
        )


def _tops_findings(table: FidelityTable) -> Iterator[Finding]:
    """That one build shows fewer of its likeliest tokens than the other, or none, so that less of it can be seen."""
    ours, theirs = table.tops
    if table.unshown:
        yield Finding(
            FindingCode.TOPS_UNLIKE,
            Severity.BLOCKS,
            f"At {table.unshown:,} positions one of the builds shows no likeliest token: agreement and divergence are "
            "of the others alone",
        )
    elif ours != theirs:
        fewer, few, many = ("candidate", theirs, ours) if theirs < ours else ("baseline", ours, theirs)
        yield Finding(
            FindingCode.TOPS_UNLIKE,
            Severity.WARNS,
            f"The {fewer}'s server shows at most {few:,} of the likeliest tokens, the other's {many:,}: no more of a "
            "divergence is seen than both show; serve both alike (vLLM's --max-logprobs 20)",
            fewer,
        )
