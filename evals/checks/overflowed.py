"""Whether the context window has kept a sample from its whole budget."""

from __future__ import annotations

from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.endpoint.finish_reasons import Ending, ending_of
from quantgate.evals.endpoint.overflow import context_tokens, has_outgrown, was_clamped


def overflowed(sample: Sample, max_tokens: int | None, window: int | None) -> bool:
    """Whether the context window has kept a sample from its whole budget: refused, or cut before it was used up.

    vLLM since 0.32 lowers a budget that does not fit to what is left of the window, and says `length`.

    Parameters
    ----------
    sample
        A sample of any status.
    max_tokens
        The budget that was asked for.
    window
        The context window in tokens, where the endpoint has told it.
    """
    if sample.status is not Status.TRUNCATED:
        return False
    ending = ending_of(sample.finish_reason or "")
    if sample.turned_away or ending is Ending.FULL:
        return True
    if ending is Ending.BROKEN_OFF:
        return False
    if window is None or context_tokens(sample.usage) is None or has_outgrown(sample.usage, window):
        return False
    return max_tokens is None or was_clamped(sample.usage, max_tokens)
