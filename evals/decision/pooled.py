"""The alarm over all tasks together: every one may pass, and yet the sum of small losses be no chance. It advises."""

from __future__ import annotations

from collections.abc import Iterable

from quantgate.evals.decision.described import PooledChange
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.stats.describe.pooled import some_loss_pvalue


def pooled_change(tasks: Iterable[ItemScores]) -> PooledChange | None:
    """The change over several tasks; `None` for fewer than two, of which each says all that there is to say.

    The scores are means of equally many answers of either build: else those of equal builds differ to one side.
    """
    whole = [scores.differences[scores.open == 0] for scores in tasks]
    if len(whole) < 2:
        return None
    losses, gains = (sum(int((sign * change > 0).sum()) for change in whole) for sign in (-1, 1))
    return PooledChange(len(whole), losses, gains, some_loss_pvalue(losses, gains))
