"""The discordance rate, which the exact tests do not know: its interval, and what that is paid with."""

from __future__ import annotations

from scipy.special import betaincinv

# Error probability spent on the confidence interval of the discordance rate (Berger and Boos 1994).
GAMMA = 1e-4
# Statistics closer than this, relative to 1 + |statistic|, are ties. Rounding moves them by about 1e-13; were a tie
# split by it, the observed outcome's equals would drop out and the p-value be too small. Distinct statistics that
# happen to be this close are merged as well, which can only make the p-value larger.
TIE = 1e-10


def discordance_interval(flips: int, n: int) -> tuple[float, float]:
    """Clopper-Pearson interval of the discordance rate at confidence 1 - GAMMA, half of it on each side."""
    low = 0.0 if flips == 0 else float(betaincinv(flips, n - flips + 1, GAMMA / 2))
    high = 1.0 if flips == n else float(betaincinv(flips + 1, n - flips, 1 - GAMMA / 2))
    return low, high
