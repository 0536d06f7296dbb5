"""McNemar's test: are losses and gains equally likely? Exact, and with the mid-p correction."""

from __future__ import annotations

from scipy.special import bdtr

from quantgate.evals.stats.checks import check_counts


def mcnemar_pvalue(losses: int, gains: int, mid_p: bool = False) -> float:
    """Two-sided p-value of "a flip is as likely a loss as a gain", given the number of flips.

    Parameters
    ----------
    losses
        Items that only the baseline got right.
    gains
        Items that only the candidate got right.
    mid_p
        Count half of the observed outcome's probability; less conservative, no longer guaranteed.

    Returns
    -------
    float
        A probability. 1.0 when nothing flipped: no flip is no evidence of a difference, and none of sameness.

    Raises
    ------
    ValueError
        Counts that are negative or not whole.

    References
    ----------
    Fagerland, Lydersen and Laake 2013, BMC Med Res Methodol 13:91, with their case losses = gains.
    """
    check_counts(losses, gains, max(losses + gains, 1))
    flips = losses + gains
    if flips == 0:
        return 1.0
    fewer = min(losses, gains)
    tail = float(bdtr(fewer, flips, 0.5))
    observed = tail - float(bdtr(fewer - 1, flips, 0.5)) if fewer else tail
    if losses == gains:
        return 1.0 - 0.5 * observed if mid_p else 1.0
    return 2.0 * tail - observed if mid_p else min(1.0, 2.0 * tail)
