"""What a table of fidelity shows in figures: over all documents, by part of them, and the worst; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from quantgate.evals.contract.fidelity import KL_CLIP
from quantgate.evals.fidelity.bounds import agreement_bounds, kl_bounds
from quantgate.evals.fidelity.buckets import ends
from quantgate.evals.fidelity.documents import FidelityTable
from quantgate.evals.fidelity.figures import Fidelity, Floor, Interval, KlBounds, PartedDocument, PartFigures
from quantgate.evals.fidelity.floor import answered, mean_of
from quantgate.evals.stats.bayesian.unseen_item import bayesian_lower_bound, bayesian_upper_bound
from quantgate.evals.stats.checks import FloatArray

_WORST = 10
_LOGPROB_CLIP = 1.0
"""Mean differences of log-probability count for no more in their bounds, for the same reason as `KL_CLIP`."""
_ENDS = (bayesian_lower_bound, bayesian_upper_bound)


def summarise(
    table: FidelityTable, alpha: float, floor: Floor | None = None, clusters: Sequence[str] | None = None
) -> Fidelity:
    """The figures of all documents that both builds answered; bounds are each one-sided at `alpha`.

    Raises
    ------
    ValueError
        When there is none.
    """
    rows = answered(table)
    if not rows.any():
        raise ValueError("no document has answers of both builds")
    told = table.chosen(rows)
    names = None if clusters is None else [name for name, there in zip(clusters, rows, strict=True) if there]
    top1, known, logprob = (mean_of(values) for values in (told.top1, told.kl, told.logprob))
    # Of a document that nobody tells the divergence of it may be any.
    kl, most = np.nan_to_num(known), np.where(np.isnan(known), KL_CLIP, known)
    return Fidelity(
        documents=len(told.documents),
        positions=int(told.positions.sum()),
        top1=_agreement(top1, alpha, names),
        kl=kl_bounds(kl, most, alpha, clusters=names),
        logprob=_logprob(logprob, alpha, names),
        parts=_parts(told, alpha, names),
        worst=_worst(told, top1, kl),
        floor=floor,
    )


def without_tokens(told: Fidelity) -> Fidelity:
    """The figures without any token, which of a private text are a part of it."""
    return replace(told, worst=tuple(replace(one, baseline=None, candidate=None) for one in told.worst))


def _agreement(values: FloatArray, alpha: float, clusters: Sequence[str] | None) -> Interval:
    found = agreement_bounds(values - 1, values - 1, alpha, clusters)
    return Interval(1 + found.estimate, 1 + found.lower, 1 + found.upper)


def _logprob(values: FloatArray, alpha: float, clusters: Sequence[str] | None) -> Interval | None:
    if np.isnan(values).any():
        return None
    clipped = np.clip(values / _LOGPROB_CLIP, -1.0, 1.0)
    lower, upper = (bound(clipped, alpha=alpha, clusters=clusters) for bound in _ENDS)
    return Interval(float(values.mean()), lower * _LOGPROB_CLIP, upper * _LOGPROB_CLIP)


def _parts(table: FidelityTable, alpha: float, clusters: Sequence[str] | None) -> tuple[PartFigures, ...]:
    found = []
    for part in range(table.of_parts.shape[2]):
        top1, kl, logprob = table.of_parts[:, :, part]
        there = ~np.isnan(top1)
        if not there.any():
            continue
        names = None if clusters is None else [name for name, has in zip(clusters, there, strict=True) if has]
        low, most = np.nan_to_num(kl[there]), np.where(np.isnan(kl[there]), KL_CLIP, kl[there])
        divergence: KlBounds = kl_bounds(low, most, alpha, clusters=names)
        known = logprob[~np.isnan(logprob)]
        first, last = ends(part)
        found.append(
            PartFigures(
                first,
                last,
                documents=int(there.sum()),
                positions=int(table.positions[:, part].sum()),
                top1=_agreement(top1[there], alpha, names),
                kl=Interval(divergence.estimate, divergence.lower, divergence.upper),
                logprob=float(known.mean()) if len(known) else None,
            )
        )
    return tuple(found)


def _worst(table: FidelityTable, top1: FloatArray, kl: FloatArray) -> tuple[PartedDocument, ...]:
    """The documents with the largest divergence, those that differ at all."""
    order = sorted(range(len(kl)), key=lambda row: (-kl[row], top1[row], table.documents[row]))
    found = []
    for row in order[:_WORST]:
        first, widest = table.partings[row]
        if first is None and widest is None:
            continue
        found.append(
            PartedDocument(
                table.documents[row],
                float(top1[row]),
                float(kl[row]),
                None if first is None else first.position,
                None if first is None else first.baseline,
                None if first is None else first.candidate,
                None if widest is None else widest.position,
                None if widest is None else widest.kl,
            )
        )
    return tuple(found)
