"""How many documents show that agreement and divergence are within what is allowed, if they are as those seen."""

from __future__ import annotations

import math
from bisect import bisect_left

import numpy as np
from scipy.special import logsumexp, ndtr

from quantgate.evals.contract.fidelity import KL_CLIP
from quantgate.evals.stats.bayesian.dirichlet_mean import quantile
from quantgate.evals.stats.checks import FloatArray
from quantgate.evals.stats.sequential.betting import log_gains

_DRAWS = 400
_SEED = 20_240_917


def power_of_documents(divergences: FloatArray, margin: float, alpha: float, documents: int) -> float:
    """The probability that so many documents show a divergence below `margin`, drawn from those that were seen.

    Parameters
    ----------
    divergences
        Shape (n,), in nats.
    margin
        What is allowed, in nats.
    alpha
        Error probability of the upper bound (`evals.fidelity.bounds.kl_bounds`).
    documents
        How many are asked.
    """
    values, counts = np.unique(np.round(np.minimum(divergences, KL_CLIP) / KL_CLIP, 6), return_counts=True)
    gains = log_gains(values, margin / KL_CLIP, 1.0)
    draw = np.random.default_rng(_SEED)
    drawn = draw.multinomial(documents, counts / counts.sum(), size=_DRAWS)
    wealth = logsumexp(drawn @ gains, axis=1) - math.log(gains.shape[1])
    return float((wealth > -math.log(alpha)).mean())


def documents_needed(divergences: FloatArray, margin: float, alpha: float, power: float, most: int) -> int | None:
    """The fewest documents that show it with such a probability; `None` where `most` do not."""

    def enough(documents: int) -> bool:
        return power_of_documents(divergences, margin, alpha, documents) >= power

    if not enough(most):
        return None
    return bisect_left(range(most), True, lo=1, key=enough)


def power_of_agreement(differences: FloatArray, margin: float, alpha: float, documents: int) -> float:
    """The probability that so many documents show an agreement above 1 - `margin`, drawn from those that were seen.

    The bound of documents in the very proportions that were seen moves with their mean, which is taken to be normal.

    Parameters
    ----------
    differences
        Shape (n,), agreement - 1 of each document.
    margin
        What is allowed, a fraction.
    alpha
        Error probability of the lower bound (`evals.fidelity.bounds.agreement_bounds`).
    documents
        How many are asked.
    """
    values, counts = np.unique(np.append(np.round(differences, 4), -1.0), return_counts=True)
    masses = (counts - (values == -1.0)) * (documents / len(differences)) + (values == -1.0)
    room = quantile(values, masses, alpha) + margin
    spread = float(np.std(differences)) / math.sqrt(documents)
    return float(ndtr(room / spread)) if spread > 0 else float(room > 0)


def agreement_needed(differences: FloatArray, margin: float, alpha: float, power: float, most: int) -> int | None:
    """The fewest documents that show it with such a probability; `None` where `most` do not."""

    def enough(documents: int) -> bool:
        return power_of_agreement(differences, margin, alpha, documents) >= power

    if not enough(most):
        return None
    return bisect_left(range(most), True, lo=1, key=enough)
