"""Repeated answers: item means, where the variance comes from, and the error over new questions and over re-runs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from quantgate.evals.stats.checks import FloatArray


@dataclass(frozen=True, eq=False)
class ItemMeans:
    """One mean per item, of scores or of differences in score, and what re-running would change about it.

    Attributes
    ----------
    items
        Shape (n,), the items' keys, ascending.
    means
        Shape (n,).
    answers
        Shape (n,), answers per item; for differences, of the build with fewer.
    within
        Shape (n,), estimated variance of a single answer's score (difference: of a single pair's). An item answered
        once gets the average of the others. All NaN where no item was answered twice.
    noise
        Shape (n,), estimated variance of `means` through re-runs: `within` over answers, summed over builds.
    freedom
        Degrees of freedom of `within`, the sum of answers - 1.
    """

    items: npt.NDArray[np.generic]
    means: FloatArray
    answers: npt.NDArray[np.intp]
    within: FloatArray
    noise: FloatArray
    freedom: int


@dataclass(frozen=True)
class ErrorOfMean:
    """A standard error of the mean over items, and the two-sided Student interval that goes with it."""

    standard_error: float
    lower: float
    upper: float


@dataclass(frozen=True)
class RepeatSummary:
    """The mean over items, its two components of variance, and its two errors. Descriptive: no bound decides by them.

    Attributes
    ----------
    mean
        Mean of the item means: every item counts alike, however often it was answered.
    items, answers
        How many, in all.
    between
        Variance of the items' true means, unbiased, so that it can come out slightly below 0.
    within
        Mean variance of a single answer (difference: of a single pair); None where no item was answered twice.
        `between` then is the variance of the item means, answers' noise included.
    new_questions
        Over benchmarks of n other questions of the kind, re-run noise included; None for one item.
    same_questions
        Over re-runs of this very benchmark; None where no item was answered twice.
    """

    mean: float
    items: int
    answers: int
    between: float | None
    within: float | None
    new_questions: ErrorOfMean | None
    same_questions: ErrorOfMean | None


def item_means(items: npt.ArrayLike, scores: npt.ArrayLike) -> ItemMeans:
    """Average the answers of each item.

    Parameters
    ----------
    items
        Shape (answers,), the item that each answer belongs to: indices or keys, in any order.
    scores
        Shape (answers,), each in [0, 1].

    Returns
    -------
    ItemMeans
        One row per distinct item. The order of answers changes nothing, to the bit.

    Raises
    ------
    ValueError
        Arrays that are empty, of unlike or several dimensions; a score that is not a number in [0, 1].

    Examples
    --------
    >>> item_means(["a", "b", "a"], [1, 1, 0]).means.tolist()
    [0.5, 1.0]
    """
    keys, values = np.asarray(items), np.asarray(scores, dtype=np.float64)
    if keys.ndim != 1 or keys.shape != values.shape:
        raise ValueError(f"items and scores must be flat and equally long, got shapes {keys.shape} and {values.shape}")
    if values.size == 0:
        raise ValueError("scores is empty: there is no answer to average")
    wrong = np.flatnonzero(~((values >= 0) & (values <= 1)))
    if wrong.size:
        first = int(wrong[0])
        raise ValueError(f"scores[{first}] (item {keys[first]}) is {values[first]}, not a number in [0, 1]")
    order = np.lexsort((values, keys))
    keys, values = keys[order], values[order]
    names, starts, answers = np.unique(keys, return_index=True, return_counts=True)
    means = np.add.reduceat(values, starts) / answers
    squares = np.add.reduceat((values - np.repeat(means, answers)) ** 2, starts)
    repeated = answers > 1
    within = np.full(len(names), math.nan)
    if repeated.any():
        within[repeated] = squares[repeated] / (answers[repeated] - 1)
        within[~repeated] = within[repeated].mean()
    return ItemMeans(names, means, answers, within, within / answers, int((answers - 1).sum()))


def row_means(scores: FloatArray) -> ItemMeans:
    """`item_means` of scores of shape (items, repeats); an answer that is NaN is not there, nor an item without any."""
    places, repeats = np.nonzero(~np.isnan(scores))
    return item_means(places, scores[places, repeats])


def item_differences(baseline: ItemMeans, candidate: ItemMeans, *, alike: bool = False) -> ItemMeans:
    """Per-item differences candidate - baseline of two builds that answered the same items, each any number of times.

    The builds' answers to an item are independent given the item, so their variances through re-runs add up. With
    `alike` an answer of a build that answered every item once is taken to vary as the other's to the same item.

    Raises
    ------
    ValueError
        Items that only one of them answered.
    """
    if not np.array_equal(baseline.items, candidate.items):
        odd = np.setxor1d(baseline.items, candidate.items)
        raise ValueError(f"{len(odd)} items were answered by one build only, the first of them {odd[0]}")
    if alike:
        baseline, candidate = _as_other(baseline, candidate), _as_other(candidate, baseline)
    return ItemMeans(
        items=baseline.items,
        means=candidate.means - baseline.means,
        answers=np.minimum(baseline.answers, candidate.answers),
        within=baseline.within + candidate.within,
        noise=baseline.noise + candidate.noise,
        freedom=baseline.freedom + candidate.freedom,
    )


def _as_other(means: ItemMeans, other: ItemMeans) -> ItemMeans:
    if not np.isnan(means.within).all():
        return means
    return replace(means, within=other.within, noise=other.within / means.answers)


def summarise_repeats(data: ItemMeans, *, confidence: float = 0.95) -> RepeatSummary:
    """Components of variance by the method of moments, and the two errors of the mean.

    With S^2 the sample variance of the item means, the error over new questions is S/sqrt(n), however many answers each
    item got. The mean of `noise` is the part of S^2 that re-runs account for, without bias for as few as two answers
    per item, so `between` is S^2 less that; the error on the same questions is sqrt(sum of noise)/n.

    Numbers of answers may differ. An item answered once is taken to vary as the others do on average, which is without
    bias as long as the number of answers has nothing to do with the item.

    Raises
    ------
    ValueError
        Confidence outside (0, 1).

    References
    ----------
    Miller 2024, arXiv 2411.00640 (error bars for evals), sections 3 and 4; Searle, Casella and McCulloch 1992 (analysis
    of variance estimates).
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, got {confidence}")
    n, mean = len(data.means), float(data.means.mean())
    known = data.freedom > 0 and not np.isnan(data.noise).any()
    noise = float(data.noise.mean()) if known else 0.0

    def error(variance: float, freedom: int) -> ErrorOfMean:
        standard_error = math.sqrt(variance)
        reach = standard_error * float(stdtrit(freedom, (1 + confidence) / 2))
        return ErrorOfMean(standard_error, mean - reach, mean + reach)

    spread = float(data.means.var(ddof=1)) if n > 1 else None
    return RepeatSummary(
        mean=mean,
        items=n,
        answers=int(data.answers.sum()),
        between=None if spread is None else spread - noise,
        within=float(data.within.mean()) if known else None,
        new_questions=None if spread is None else error(spread / n, n - 1),
        same_questions=error(noise / n, data.freedom) if known else None,
    )
