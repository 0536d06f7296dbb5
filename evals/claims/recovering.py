"""Adds to a judged claim what its numbers show of a recovery, where its margin asks for one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from quantgate.evals.claims.types import ClaimDecision, ClaimRecovery
from quantgate.evals.decision.types import TaskVerdict
from quantgate.evals.stats.published.pairings import feasible_pairings
from quantgate.evals.stats.published.recovery import PublishedRecovery, judge_recovery

_PASSING = (TaskVerdict.EQUIVALENT, TaskVerdict.NON_INFERIOR)


def with_recovery(
    decision: ClaimDecision, baselines: Sequence[int], candidates: Sequence[int], regressed: bool
) -> ClaimDecision:
    """The decision with the verdict that recovery gives, or, beside points, both together.

    A pass must be shown in all that the margin says; a regression in points or in recovery is a search over two, each
    at half of alpha.

    Parameters
    ----------
    decision
        Judged by points: by those of its margin, or by what the recovery comes to.
    baselines, candidates
        The counts of right answers that are printed so.
    regressed
        Whether points at half of alpha have regressed; of no account where the margin says none.
    """
    margin = decision.margin
    if margin.recovery is None:
        return decision
    above = decision.alpha / 2 if margin.both else decision.alpha
    # Only the extremes: more right answers of the baseline and fewer of the candidate make the ratio lower.
    ends = product({baselines[0], baselines[-1]}, {candidates[0], candidates[-1]})
    found = [
        judge_recovery(first, feasible_pairings(decision.items, first, second), margin.recovery, decision.alpha, above)
        for first, second in ends
    ]
    known = [one for one in found if one is not None]
    if len(known) < len(found):
        return replace(decision, verdict=TaskVerdict.INCONCLUSIVE)
    shown = _together(known)
    if margin.both:
        verdicts = (shown, decision.verdict)
        if shown is TaskVerdict.REGRESSED or regressed:
            verdict = TaskVerdict.REGRESSED
        elif all(one in _PASSING for one in verdicts):
            both = all(one is TaskVerdict.EQUIVALENT for one in verdicts)
            verdict = TaskVerdict.EQUIVALENT if both else TaskVerdict.NON_INFERIOR
        else:
            verdict = TaskVerdict.INCONCLUSIVE
    else:
        verdict = shown
    highest = max(one.upper_worst for one in known)
    best = min(one.upper_best for one in known)
    return replace(
        decision,
        verdict=verdict,
        recovery=ClaimRecovery(
            ratio=float(decision.candidate) / float(decision.baseline) if float(decision.baseline) > 0 else None,
            verdict=shown,
            lower_best=max(one.lower_best for one in known),
            lower_worst=min(one.lower_worst for one in known),
            upper_best=None if math.isinf(best) else best,
            upper_worst=None if math.isinf(highest) else highest,
        ),
    )


def _together(known: Sequence[PublishedRecovery]) -> TaskVerdict:
    """The verdict that holds at all counts."""
    verdicts = {TaskVerdict(one.verdict) for one in known}
    if verdicts <= set(_PASSING):
        return TaskVerdict.EQUIVALENT if verdicts == {TaskVerdict.EQUIVALENT} else TaskVerdict.NON_INFERIOR
    return TaskVerdict.REGRESSED if verdicts == {TaskVerdict.REGRESSED} else TaskVerdict.INCONCLUSIVE
