"""Whether it is cut answers that speak against a candidate."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.contract.records import Status
from quantgate.evals.decision.bounds import Bounds
from quantgate.evals.decision.standing import not_worse
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.pairing.pairs import TaskPairs
from quantgate.evals.settings.margin import Margin

_FEWEST_LEFT = 2


def truncation_findings(
    pairs: TaskPairs,
    scores: ItemScores,
    alone: Bounds,
    margin: Margin,
    bounds_of: Callable[[ItemScores], Bounds],
    findings: Sequence[Finding],
) -> tuple[Finding, ...]:
    """A finding when what speaks against the candidate is gone without the items on which an answer was cut."""
    cut = {
        item
        for run in pairs.builds.values()
        for item in run.samples.item.present(run.samples.is_status(Status.TRUNCATED))
    }
    kept = np.array([item not in cut for item in scores.item_ids])
    if not cut or kept.sum() < _FEWEST_LEFT or alone.estimate >= 0:
        return ()
    rest = bounds_of(scores.of(kept))
    gone = alone.upper < 0 <= rest.upper
    saved = not_worse(rest, margin) and not not_worse(alone, margin)
    if not (gone or saved):
        return ()
    lost = "token budget may be all that was lost; raise --max-tokens and ask again"
    if any(finding.code is FindingCode.CONTEXT_OVERFLOW for finding in findings):
        lost = "context window may be all that was lost; serve both builds with a longer one"
    message = (
        f"Without the {len(cut):,} items on which an answer was cut the difference is {100 * rest.estimate:+.2f} "
        f"points ({100 * rest.lower:+.2f} to {100 * rest.upper:+.2f}) and not {100 * alone.estimate:+.2f}: the "
        f"{lost}"
    )
    return (Finding(FindingCode.DIFFERENCE_IS_TRUNCATION, Severity.WARNS, message),)
