"""Whether the context window has kept a sample from its whole budget."""

from __future__ import annotations

from collections.abc import Mapping

from quantgate.evals.endpoint.finish_reasons import Ending, ending_of
from quantgate.evals.endpoint.overflow import context_tokens, has_outgrown, was_clamped


def overflowed(
    reason: str | None, usage: Mapping[str, int], max_tokens: int | None, window: int | None, *, turned_away: bool
) -> bool:
    """Whether the context window has kept a truncated sample from its whole budget: refused, or cut before its end.

    vLLM since 0.32 lowers a budget that does not fit to what is left of the window, and says `length`.

    Parameters
    ----------
    reason
        The server's finish reason.
    usage
        What it told of tokens.
    max_tokens
        The budget that was asked for.
    window
        The context window in tokens, where the endpoint has told it.
    turned_away
        Whether it would not take the request.
    """
    ending = ending_of(reason or "")
    if turned_away or ending is Ending.FULL:
        return True
    if ending is Ending.BROKEN_OFF:
        return False
    if window is None or context_tokens(usage) is None or has_outgrown(usage, window):
        return False
    return max_tokens is None or was_clamped(usage, max_tokens)
