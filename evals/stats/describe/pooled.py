"""One test over several tasks of whether some loss is there at all."""

from __future__ import annotations

from scipy.special import bdtr

from quantgate.evals.stats.checks import check_counts


def some_loss_pvalue(losses: int, gains: int) -> float:
    """One-sided p-value of "no item got worse more readily than better", over the items of all tasks together.

    Where two builds answer an item alike in law, a change of its score is as likely a loss as a gain, whatever the task
    and however often it was asked; so of all changes losses are Binomial(losses + gains, 1/2): the sign test, which is
    McNemar's for one 0/1 answer each. Against equal builds only: many small losses that no single task shows add up,
    and so do a loss in one task and a like gain in another, to nothing.

    Parameters
    ----------
    losses, gains
        Items whose mean score is lower, and higher, under the candidate.

    Raises
    ------
    ValueError
        Counts that are negative or not whole.

    References
    ----------
    McNemar 1947, Psychometrika 12:153; pooled over benchmarks as in arXiv 2602.10144.
    """
    check_counts(losses, gains, max(losses + gains, 1))
    return float(bdtr(gains, losses + gains, 0.5)) if losses + gains else 1.0
