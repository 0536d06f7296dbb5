"""Says in a sentence how a recovery stands to what is asked of it."""

from __future__ import annotations

from quantgate.evals.decision.recovery_bounds import RecoveryBounds


def recovery_sentence(
    verdict: str, bounds: RecoveryBounds | None, estimate: float | None, asked: float, confidence: str
) -> str:
    """What the bounds of a recovery show at the recovery that is asked.

    Parameters
    ----------
    verdict
        What they show.
    bounds, estimate
        The bounds of candidate / baseline, and what was seen; `None` where the baseline has nothing right.
    asked
        What must be recovered.
    confidence
        That of each bound, as `95%`.
    """
    if bounds is None or estimate is None or bounds.undefined:
        return (
            "The baseline has nothing right, or may have nothing right, so there is no recovery to tell: it takes "
            "items that it gets right."
        )
    seen = f"The candidate recovers {percent(estimate)} of the baseline's accuracy"
    limit, high = percent(asked), "any more" if bounds.upper is None else percent(bounds.upper)
    if verdict == "equivalent":
        between = f"{percent(bounds.lower)} to {high} ({confidence} confidence each way)"
        return f"{seen}, {between}, within a recovery of {limit} either way."
    if verdict == "non_inferior":
        least = "more than" if percent(bounds.lower) == limit else f"at least {percent(bounds.lower)}, more than"
        return f"{seen}, with {confidence} confidence {least} the {limit} that must be recovered."
    if verdict == "regressed":
        most = "less than" if high == limit else f"at most {high}, less than"
        return f"{seen}, with {confidence} confidence {most} the {limit} that must be recovered."
    least = "less than" if percent(bounds.lower) == limit else f"as little as {percent(bounds.lower)}, less than"
    return f"{seen}; that may be {least} the {limit} that must be recovered, or as much as {high}."


def percent(share: float) -> str:
    """A share in percent, without trailing zeros: 0.989 is `98.9%`."""
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"
