"""Confidence bounds of recovery, the ratio of two accuracies: checks the data, and chooses the method that decides."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from quantgate.evals.stats.checks import FloatArray, check_alpha
from quantgate.evals.stats.ratio.bayesian import bayesian_ratio_bound
from quantgate.evals.stats.ratio.exact import ratio_lower_bound
from quantgate.evals.stats.strata import split_strata


@dataclass(frozen=True, slots=True)
class RatioBounds:
    """Bounds of the true ratio candidate / baseline of two accuracies, each one-sided at confidence 1 - alpha.

    `estimate` is `None` where the baseline has nothing right: then there is no ratio, `lower` is 0, and nothing is
    shown. `upper` is `None` where the ratio has no bound above, for all that is known. `missing` is the part of
    `upper` - `lower` that is there because answers are missing: by so much they leave the estimate open.
    """

    estimate: float | None
    lower: float
    upper: float | None
    method: str
    missing: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Mean scores per item of both builds, shape (n,), in [0, 1]."""

    baseline: FloatArray
    candidate: FloatArray

    @property
    def exchanged(self) -> Scores:
        return Scores(self.candidate, self.baseline)


def ratio_bounds(
    scores: Scores,
    *,
    alpha: float = 0.05,
    strata: Sequence[str] | None = None,
    weights: Mapping[str, float] | None = None,
    clusters: Sequence[str] | None = None,
    single_answers: bool = False,
    highest: Scores | None = None,
    alpha_above: float | None = None,
) -> RatioBounds:
    """Bounds of mean(candidate) / mean(baseline), exact where every item was answered once and scored 0 or 1.

    Parameters
    ----------
    scores
        The lowest that the ratio may be: an answer that is missing counts as right for the baseline and as wrong for
        the candidate. The estimate and the lower bound rest on them.
    alpha
        Error probability of each bound, in [0.001, 0.5).
    strata, weights, clusters
        As in `evals.stats.bounds.paired_bounds`; with strata both means are macro averages.
    single_answers
        Whether every item was answered once.
    highest
        The highest that the ratio may be, on which the upper bound rests; `scores` when omitted.
    alpha_above
        The upper bound's own error probability, where it is another.

    Raises
    ------
    ValueError
        Scores that are empty, of unlike shapes, or not in [0, 1]; alpha, strata, weights or clusters that do not fit.

    Examples
    --------
    >>> ones = np.ones(300)
    >>> round(ratio_bounds(Scores(ones, ones), single_answers=True).lower, 4)
    0.9901
    """
    ends = (scores, scores if highest is None else highest)
    for end in ends:
        _check(end)
    levels = (alpha, alpha if alpha_above is None else alpha_above)
    for level in levels:
        check_alpha(level)
    exact = single_answers and strata is None and _unclustered(clusters) and all(map(_is_binary, ends))

    def lower(of: Scores, level: float) -> float:
        if exact:
            return _exact(of, level)
        return bayesian_ratio_bound(of.baseline, of.candidate, level, strata=strata, weights=weights, clusters=clusters)

    method = "exact" if exact else "bayesian"
    baseline, candidate, least, most = (
        _mean(values, strata, weights)
        for values in (scores.baseline, scores.candidate, ends[1].baseline, ends[1].candidate)
    )
    # What is missing of the baseline may have been wrong: then there would be no ratio.
    if least == 0:
        return RatioBounds(None, 0.0, None, method)
    inverse = lower(ends[1].exchanged, levels[1])
    upper, missing = 1 / inverse if inverse > 0 else None, max(most / least - candidate / baseline, 0.0)
    return RatioBounds(candidate / baseline, lower(scores, levels[0]), upper, method, missing)


def _exact(scores: Scores, alpha: float) -> float:
    losses, gains = (int((scores.candidate - scores.baseline == sign).sum()) for sign in (-1, 1))
    informative = int(((scores.baseline == 1) | (scores.candidate == 1)).sum())
    return ratio_lower_bound(losses, gains, informative, alpha)


def _check(scores: Scores) -> None:
    for build, values in (("baseline", scores.baseline), ("candidate", scores.candidate)):
        if values.ndim != 1 or values.size == 0 or values.shape != scores.baseline.shape:
            raise ValueError(f"{build} must hold one score for each item of both builds, got shape {values.shape}")
        if not ((values >= 0) & (values <= 1)).all():
            raise ValueError(f"{build} holds scores that are not numbers in [0, 1]")


def _is_binary(scores: Scores) -> bool:
    return all(bool(np.isin(values, (0.0, 1.0)).all()) for values in (scores.baseline, scores.candidate))


def _unclustered(clusters: Sequence[str] | None) -> bool:
    return clusters is None or len(set(clusters)) == len(clusters)


def _mean(values: FloatArray, strata: Sequence[str] | None, weights: Mapping[str, float] | None) -> float:
    """The mean over items, or the weighted mean of the strata's."""
    return math.fsum(one.weight * one.mean for one in split_strata(values, strata, weights))
