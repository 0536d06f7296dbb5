"""Bounds of the mean agreement and of the mean divergence over documents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quantgate.evals.contract.fidelity import KL_CLIP
from quantgate.evals.fidelity.figures import KlBounds
from quantgate.evals.stats.bayesian.unseen_item import bayesian_lower_bound, bayesian_upper_bound
from quantgate.evals.stats.checks import FloatArray
from quantgate.evals.stats.results import PairedBounds
from quantgate.evals.stats.sequential.betting import upper_bound
from quantgate.evals.stats.strata import split_strata


def agreement_bounds(
    differences: FloatArray, highest: FloatArray, alpha: float, clusters: Sequence[str] | None = None
) -> PairedBounds:
    """Estimate and bounds of the mean of agreement - 1, which lies in [-1, 0], documents being the unit.

    It is the Bayesian bootstrap with one unseen document that decides fractional scores everywhere
    (`evals.stats.bayesian.unseen_item`). As no document agrees in more than all of its positions, the unseen one of the
    upper bound agrees in all, where that of accuracies may gain a whole point.

    Parameters
    ----------
    differences, highest
        Shape (documents,), with what is missing counted as disagreement, and as agreement.
    alpha
        Error probability of each bound.
    clusters
        The cluster of each document, where some are parts of one text.
    """
    low, high = np.minimum(differences, 0.0), np.minimum(highest, 0.0)
    (units,) = split_strata(low, None, None, clusters)
    documents, texts = len(low), len(units.values)
    over = f"{documents:,} documents" if texts == documents else f"{texts:,} texts of {documents:,} documents"
    return PairedBounds(
        estimate=float(low.mean()),
        lower=_shrunk(bayesian_lower_bound(2 * low + 1, alpha=alpha, clusters=clusters)),
        upper=_shrunk(bayesian_upper_bound(2 * high + 1, alpha=alpha, clusters=clusters)),
        method="bayesian",
        n=documents,
        alpha=alpha,
        clusters=texts if texts < documents else None,
        missing=float(high.mean() - low.mean()),
        reason=f"Agreement: Bayesian bootstrap over {over} plus one unseen one, Gaffke's bound, which is checked by "
        "simulation and not proven.",
    )


def _shrunk(value: float) -> float:
    """From [-1, 1], where the bootstrap's unseen unit lies at an end, to [-1, 0]."""
    return (value - 1) / 2


def kl_bounds(
    lowest: FloatArray,
    highest: FloatArray,
    alpha: float,
    *,
    alpha_below: float | None = None,
    clusters: Sequence[str] | None = None,
) -> KlBounds:
    """The mean over documents of a divergence with one-sided bounds by betting, each document clipped at `KL_CLIP`.

    The wealth of bets against a mean is a product over all documents whose expectation is 1 at most if that is the
    mean, so it exceeds 1 / alpha with a probability of alpha at most, whatever law the documents' divergences have
    (Markov). It is looked at once, after the last document, so their order cannot show.

    Parameters
    ----------
    lowest, highest
        Shape (documents,), in nats, with what is missing counted as none, and as `KL_CLIP`.
    alpha
        Error probability of the upper bound.
    alpha_below
        That of the lower bound, by which a regression is shown; `alpha` when omitted.
    clusters
        The cluster of each document; those of a cluster stand and fall together, and larger ones stake more.

    References
    ----------
    Waudby-Smith and Ramdas 2024, JRSS B 86:1 (estimating means of bounded random variables by betting).

    Examples
    --------
    >>> found = kl_bounds(np.full(200, 0.01), np.full(200, 0.01), 0.05)
    >>> print(f"{found.estimate:.3f} {found.lower:.3f} {found.upper:.3f}")
    0.010 0.010 0.034
    """
    clipped = [np.minimum(values, KL_CLIP) for values in (lowest, highest)]
    lower = -_upper(-clipped[0] / KL_CLIP, alpha if alpha_below is None else alpha_below, clusters, highest=0.0)
    upper = _upper(clipped[1] / KL_CLIP, alpha, clusters, highest=1.0)
    missing = float(clipped[1].mean() - clipped[0].mean())
    return KlBounds(
        estimate=float(lowest.mean()),
        lower=max(0.0, lower * KL_CLIP),
        upper=upper * KL_CLIP,
        clipped=float((lowest > KL_CLIP).mean()),
        missing=missing,
    )


def _upper(values: FloatArray, alpha: float, clusters: Sequence[str] | None, *, highest: float) -> float:
    (units,) = split_strata(values, None, None, clusters)
    stakes = None if units.single else units.sizes / units.sizes.max()
    return upper_bound(units.values, alpha, lowest=highest - 1, highest=highest, stakes=stakes, counted=[-1])
