"""What remains of a candidate's loss without the items on which an answer was cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.contract.records import Status
from quantgate.evals.decision.bounds import Bounds
from quantgate.evals.decision.standing import not_worse, worse
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.pairing.pairs import TaskPairs
from quantgate.evals.settings.margin import Margin

_FEWEST_LEFT = 2
_CHOSEN = "items left by how their answers ended are no fair sample: told beside, this decides nothing"


def truncation_findings(
    pairs: TaskPairs,
    scores: ItemScores,
    alone: Bounds,
    margin: Margin,
    bounds_of: Callable[[ItemScores], Bounds],
    findings: Sequence[Finding],
    *,
    regressed: bool,
) -> tuple[Finding, ...]:
    """What speaks against the candidate without the items on which either build's answer was cut, as a finding.

    It is told where it is gone then, and always where the task has `regressed`. Whether an answer is cut depends on
    what the build says, so that the items left are chosen by an outcome: no verdict may rest on them.
    """
    cut = {
        item
        for run in pairs.builds.values()
        for item in run.samples.item.present(run.samples.is_status(Status.TRUNCATED))
    }
    kept = np.array([item not in cut for item in scores.item_ids])
    if not cut or alone.estimate >= 0:
        return ()
    if kept.sum() < _FEWEST_LEFT:
        few = (
            f"An answer was cut on {len(cut):,} of {len(kept):,} items: without them nothing is left to tell a loss by"
        )
        return (_beside(FindingCode.LOSS_WITHOUT_CUT, few),) if regressed else ()
    rest = bounds_of(scores.of(kept))
    gone = alone.upper < 0 <= rest.upper
    saved = not_worse(rest, margin) and not not_worse(alone, margin)
    if not (gone or saved or regressed):
        return ()
    window = any(finding.code is FindingCode.CONTEXT_OVERFLOW for finding in findings)
    limit, remedy = (
        ("context window", "serve both builds with a longer one")
        if window
        else ("token budget", "raise --max-tokens and ask again")
    )
    if gone or saved:
        code, so = FindingCode.DIFFERENCE_IS_TRUNCATION, f"the {limit} may be all that was lost; {remedy}"
    elif worse(rest, margin):
        code, so = FindingCode.LOSS_WITHOUT_CUT, "more than the margin is lost where nothing was cut, too"
    else:
        code, so = FindingCode.LOSS_WITHOUT_CUT, f"the {limit} may be a part of the loss; {remedy}"
    return (
        _beside(
            code,
            f"Without the {_items(len(cut))} on which an answer was cut the difference is {100 * rest.estimate:+.2f} "
            f"points ({100 * rest.lower:+.2f} to {100 * rest.upper:+.2f}, {_items(int(kept.sum()))}) and not "
            f"{100 * alone.estimate:+.2f}: {so}; {_CHOSEN}",
        ),
    )


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count:,} items"


def _beside(code: FindingCode, message: str) -> Finding:
    return Finding(code, Severity.WARNS, message)
