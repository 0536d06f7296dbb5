"""The sentence about a published recovery."""

from __future__ import annotations

from quantgate.evals.claims.types import ClaimDecision
from quantgate.evals.decision.recovery_sentences import percent
from quantgate.evals.decision.types import TaskVerdict


def recovery_words(decision: ClaimDecision) -> str:
    """What the numbers show of the recovery that is asked, without the task's name."""
    found, asked = decision.recovery, decision.margin.recovery
    if asked is None:
        return ""
    if found is None or found.ratio is None:
        return "The baseline may have nothing right, so there is no recovery to tell."
    confidence = 1 - (decision.alpha / 2 if decision.margin.both else decision.alpha)
    seen = f"The candidate recovers {percent(found.ratio)} of the baseline's accuracy"
    limit = percent(asked)
    if found.verdict is TaskVerdict.REGRESSED:
        high = "any more" if found.upper_worst is None else percent(found.upper_worst)
        return (
            f"{seen}; whichever items flipped, with {100 * confidence:g}% confidence at most {high}, less than the "
            f"{limit} that must be recovered."
        )
    level = f"{100 * (1 - decision.alpha):g}%"
    if found.verdict in (TaskVerdict.EQUIVALENT, TaskVerdict.NON_INFERIOR):
        return (
            f"{seen}; whichever items flipped, with {level} confidence at least {percent(found.lower_worst)}, more "
            f"than the {limit} that must be recovered."
        )
    if found.lower_best > asked:
        return (
            f"{seen}; at best at least {percent(found.lower_best)} is shown, more than the {limit} that must be "
            f"recovered, but it may be as little as {percent(found.lower_worst)}: that depends on which items flipped, "
            "and it was not published."
        )
    return (
        f"{seen}; even in the best case that may be as little as {percent(found.lower_best)}, less than the {limit} "
        f"that must be recovered, and in the worst {percent(found.lower_worst)}."
    )
