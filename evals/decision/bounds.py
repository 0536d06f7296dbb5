"""The bounds that decide, as a frozen type."""

from __future__ import annotations

from dataclasses import dataclass

from quantgate.evals.decision.recovery_bounds import RecoveryBounds
from quantgate.evals.fidelity.figures import KlBounds
from quantgate.evals.settings.requirements import Target


@dataclass(frozen=True, slots=True)
class Bounds:
    """A difference with the bounds that decide, each one-sided at error probability `alpha`.

    `target` is what they hold for; `missing`, `clusters` and `reason` are as in `evals.stats.results.PairedBounds`.
    `holds` names the method of the bound that holds, where `method` is a bootstrap.
    `recovery_bounds` are those of the ratio of the accuracies, where the margin says a recovery; with points beside it
    the upper bounds, of the difference and of the ratio, are each at half of `alpha`.
    `kl_bounds` are those of the divergence, where the answers are log-probabilities: with both in the margin, what
    shows a regression, `upper` and `kl_bounds.lower`, is at half of `alpha` each.
    """

    estimate: float
    lower: float
    upper: float
    alpha: float
    method: str
    missing: float = 0.0
    clusters: int | None = None
    reason: str = ""
    target: Target = Target.QUESTIONS
    holds: str = ""
    recovery_bounds: RecoveryBounds | None = None
    kl_bounds: KlBounds | None = None
