"""Confidence bounds of the mean difference over a benchmark's very items, from repeated answers to each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from quantgate.evals.stats.bayesian.unseen_item import lower_bound_of, pvalue_of
from quantgate.evals.stats.benchmark.pairings import mean_flips, unit_differences
from quantgate.evals.stats.checks import FloatArray, check_alpha
from quantgate.evals.stats.exact.bounds import exact_lower_bound
from quantgate.evals.stats.exact.noninferiority import exact_pvalue
from quantgate.evals.stats.results import PairedBounds
from quantgate.evals.stats.strata import Stratum


@dataclass(frozen=True, eq=False)
class Block:
    """Answers to items that were all asked equally often: scores in [0, 1], shape (items, repeats of that build).

    A missing answer is NaN. `once` says that the repeats of an item are one answer over and over: their mean counts
    once.
    """

    baseline: FloatArray
    candidate: FloatArray
    once: bool = False

    def __post_init__(self) -> None:
        ours, theirs = self.baseline, self.candidate
        if ours.ndim != 2 or theirs.ndim != 2 or len(ours) != len(theirs) or not (ours.size and theirs.size):
            raise ValueError(f"answers must be two arrays (items, repeats), got {ours.shape} and {theirs.shape}")

    def filled(self, ours: float, theirs: float) -> Block:
        """The block with what is missing put in."""
        baseline = np.where(np.isnan(self.baseline), ours, self.baseline)
        candidate = np.where(np.isnan(self.candidate), theirs, self.candidate)
        if self.once:
            baseline, candidate = (scores.mean(axis=1, keepdims=True) for scores in (baseline, candidate))
        return Block(baseline, candidate)

    @property
    def exchanged(self) -> Block:
        """The builds in each other's place."""
        return Block(self.candidate, self.baseline)

    @property
    def pairs(self) -> int:
        """How many pairs of answers there are."""
        return min(self.baseline.size, self.candidate.size)


def benchmark_bounds(
    baseline: FloatArray, candidate: FloatArray, *, alpha: float = 0.05, strata: Sequence[str] | None = None
) -> PairedBounds:
    """Bounds of the mean over these items of the candidate's solve rate less the baseline's, each at error `alpha`.

    Nothing is said of other items: what is left to chance is what the builds answer when they are asked again. The unit
    is a pair of answers to one item. Pairs are independent given the items, and unlike between items, which makes the
    sums of losses and of gains vary less than those of like pairs (Hoeffding 1956): so the exact test of N pairs, which
    is one of like pairs, holds. That is no proof for its order of outcomes; by simulation of items that are all sure,
    all open, broken, or lose here what they gain there, with 1 to 64 answers to 5 to 1,319 items, its error at .05 was
    at most .05 but for the simulation's own error.

    How an item's answers are paired is arbitrary. The difference does not depend on it. The flips do, and are taken on
    average over all pairings; where that is no whole number, both neighbours are tried, and the worse bound counts. So
    the order of repeats changes nothing. With one answer to each item it is the exact test of single answers.

    Answers of unlike number, other scores than 0 and 1, and strata are bounded by Gaffke's bound over pairs as units,
    one pair more that is lost: see `evals.stats.benchmark.pairings.unit_differences`.

    Parameters
    ----------
    baseline, candidate
        Scores in [0, 1], shape (items, repeats of that build); NaN where an answer is missing. A missing answer counts
        against the candidate in the lower bound and for it in the upper one. Answers to one item must be independent:
        the same greedy answer over and over is one answer.
    alpha
        Error probability of each bound, in [0.001, 0.5).
    strata
        Shape (items,), for a macro average over strata.

    Raises
    ------
    ValueError
        Shapes that do not fit, no item, or alpha out of its range.

    References
    ----------
    Hoeffding 1956, Ann Math Stat 27:713 (sums of unlike trials); `evals.stats.exact`; Gaffke 2005.

    Examples
    --------
    >>> once = np.repeat([[1.0], [0.0]], [198, 2], axis=0)
    >>> benchmark_bounds(np.ones((200, 1)), once[:, :1]).lower == exact_lower_bound(2, 0, 200)
    True
    """
    return bounds_of_blocks([Block(baseline, candidate)], alpha=alpha, strata=strata)


def bounds_of_blocks(
    blocks: Sequence[Block],
    *,
    alpha: float = 0.05,
    strata: Sequence[str] | None = None,
    weights: Mapping[str, float] | None = None,
) -> PairedBounds:
    """`benchmark_bounds` of items of several blocks, which may have been asked unequally often.

    Parameters
    ----------
    blocks
        One or more.
    alpha
        Error probability of each bound, in [0.001, 0.5).
    strata
        The stratum of each item, block after block; a stratum lies in one block.
    weights
        Weight of each stratum, scaled to sum to 1; equal when omitted.
    """
    check_alpha(alpha)
    worst, best = ([block.filled(*ends) for block in blocks] for ends in ((1.0, 0.0), (0.0, 1.0)))
    means = [
        math.fsum(
            weight * float(np.mean(part.candidate.mean(axis=1) - part.baseline.mean(axis=1))) for weight, part in end
        )
        for end in (list(_parts(filled, strata, weights)) for filled in (worst, best))
    ]
    obstacle = _obstacle_to_exact([*worst, *best], strata)
    mirrored = [block.exchanged for block in best]
    if not obstacle:
        lower, upper = (_exact_lower(end[0].baseline, end[0].candidate, alpha) for end in (worst, mirrored))
    else:
        lower, upper = (lower_bound_of(units_of(end, strata, weights), alpha) for end in (worst, mirrored))
    how = "Exact unconditional test"
    if obstacle:
        how = "Bayesian bootstrap with one worst-case pair more, Gaffke's bound,"
    checked = obstacle or any(block.pairs > len(block.baseline) for block in worst)
    proven = ", and is checked by simulation and not proven" if checked else ""
    items, pairs = sum(len(block.baseline) for block in blocks), sum(block.pairs for block in worst)
    return PairedBounds(
        estimate=means[0],
        lower=lower,
        upper=-upper,
        method="bayesian" if obstacle else "exact",
        n=items,
        alpha=alpha,
        missing=means[1] - means[0],
        reason=(
            f"{how} over {pairs:,} pairs of answers to these very {items:,} items, which leaves re-run noise alone to "
            f"chance{proven}{f': {obstacle}' if obstacle else ''}."
        ),
    )


def benchmark_pvalue(
    baseline: FloatArray, candidate: FloatArray, null_difference: float, strata: Sequence[str] | None = None
) -> float:
    """P-value of "the difference over these items is at most `null_difference`": the alpha at which the bound is there.

    It is below alpha where `benchmark_bounds` has its lower bound above `null_difference`, but for the islands that
    `evals.stats.exact.bounds` tells of, and takes a small part of the time. No answer may be missing.

    Parameters
    ----------
    baseline, candidate, strata
        As in `benchmark_bounds`.
    null_difference
        In (-1, 1).
    """
    blocks = [Block(baseline, candidate)]
    if not _obstacle_to_exact(blocks, strata):
        return max(
            exact_pvalue(losses, gains, baseline.size, null_difference)
            for losses, gains in _counts(baseline, candidate)
        )
    return pvalue_of(units_of(blocks, strata, None), null_difference)


def _parts(
    blocks: Sequence[Block], strata: Sequence[str] | None, weights: Mapping[str, float] | None
) -> Iterator[tuple[float, Block]]:
    """The weight and the answers of each stratum."""
    if strata is None:
        whole = sum(len(block.baseline) for block in blocks)
        yield from ((len(block.baseline) / whole, block) for block in blocks)
        return
    names = np.array(strata, dtype=object)
    shares = dict.fromkeys(strata, 1.0) if weights is None else {name: weights[name] for name in dict.fromkeys(strata)}
    total, first = math.fsum(shares.values()), 0
    for block in blocks:
        own = names[first : first + len(block.baseline)]
        first += len(block.baseline)
        for name in dict.fromkeys(own.tolist()):
            yield shares[name] / total, Block(block.baseline[own == name], block.candidate[own == name])


def _obstacle_to_exact(blocks: Sequence[Block], strata: Sequence[str] | None) -> str:
    if strata is not None:
        return "a macro average over strata is asked for"
    for block in blocks:
        if block.baseline.shape != block.candidate.shape:
            ours, theirs = block.baseline.shape[1], block.candidate.shape[1]
            return f"the baseline was asked {ours} times and the candidate {theirs}"
        if not all(np.isin(scores, (0.0, 1.0)).all() for scores in (block.baseline, block.candidate)):
            return "scores are fractional"
    return ""


def units_of(
    blocks: Sequence[Block], strata: Sequence[str] | None, weights: Mapping[str, float] | None
) -> tuple[Stratum, ...]:
    """The units of each stratum; see `evals.stats.benchmark.pairings.unit_differences`."""
    found = []
    for weight, part in _parts(blocks, strata, weights):
        if weight > 0:
            values, counts = unit_differences(part.baseline, part.candidate)
            found.append(Stratum(weight, values, np.ones(len(values)), counts))
    return tuple(sorted(found, key=lambda stratum: stratum.key))


def _exact_lower(baseline: FloatArray, candidate: FloatArray, alpha: float) -> float:
    """The lower of the bounds by the numbers of losses and gains next to their mean over all pairings."""
    return min(exact_lower_bound(*counts, baseline.size, alpha) for counts in _counts(baseline, candidate))


def _counts(baseline: FloatArray, candidate: FloatArray) -> list[tuple[int, int]]:
    """Losses and gains as the mean over all pairings has them, rounded down and up; one where that is whole."""
    change = round(float(candidate.sum() - baseline.sum()))
    losses = (mean_flips(baseline, candidate) - change) / 2
    tried = {math.floor(losses + 1e-9), math.ceil(losses - 1e-9)}
    return [
        (count, count + change)
        for count in sorted(tried)
        if count >= 0 and count + change >= 0 and 2 * count + change <= baseline.size
    ]
