"""Whether a verdict is still to be expected: how likely the looks to come are to show anything."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from quantgate.evals.contract.design import Design
from quantgate.evals.stats.checks import FloatArray, IntArray
from quantgate.evals.stats.planning.strata import bound_depth
from quantgate.evals.stats.sequential.betting import fewest_losses_regressed
from quantgate.evals.stats.sequential.correlated import correlated_levels
from quantgate.evals.stats.sequential.ordering import most_losses_passing

AnyFloats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Outlook:
    """How likely the looks to come are to show something.

    `pass_power` is the conditional power to pass of a build that from here on is as good as the baseline, flipping as
    often as was seen (or as good as it was, where that is better); `regression_power` that of a regression shown of one
    that goes on as it did. Both are summed over the looks to come, and so too high rather than too low. `out_of_reach`
    says that such a build passes at none of them without a further loss either. No error rate rests on any of it.

    Were the observed difference taken for the truth as well, one in twelve builds without any difference would be given
    up for bad luck at the start (6% of the items flip, margin 2 points, 1,319 items); so it is one in 700.
    """

    pass_power: float
    regression_power: float
    out_of_reach: bool

    def hopeless(self, futility: float) -> bool:
        """Whether neither verdict has a conditional power of `futility`, which 0 turns off.

        A build that cannot pass any more may still be shown to be worse, which is another verdict than an inconclusive:
        so long as that is likely enough, it goes on.
        """
        return self.pass_power < futility and self.regression_power < futility


def places(design: Design) -> tuple[int, ...]:
    """After how many items, first answers of all of them there, it is asked whether a verdict is still to be expected.

    At the looks, and from the first of them on at every twentieth of the full size. Places are fixed, so that the
    verdict does not depend on when answers came.
    """
    first, size = design.looks[0].items, design.items
    twentieths = {math.ceil(size * part / 20) for part in range(1, 20)}
    return tuple(sorted({look.items for look in design.looks} | {place for place in twentieths if place > first}))


def outlook(design: Design, losses: int, gains: int, items: int) -> Outlook:
    """The outlook of single 0/1 answers, after so many items.

    The looks of `design` that have more items are to come. Half a loss and half a gain are added to what was seen, so
    that no flip so far is not taken for none ever. The numbers of losses and gains to come are taken as normal, and the
    borders (`evals.stats.sequential.borders`) as straight where they are expected.

    Raises
    ------
    ValueError
        A design without a margin in points.
    """
    passes, regressions = outlooks(design, np.array([losses]), np.array([gains]), items)
    return Outlook(float(passes[0]), float(regressions[0]), _out_of_reach(design, losses, gains, items))


def outlooks(design: Design, losses: IntArray, gains: IntArray, items: int) -> tuple[FloatArray, FloatArray]:
    """The conditional powers of `outlook`, to pass and to be shown to be worse, of many outcomes: shape (k,) each."""
    if design.margin is None:
        raise ValueError("the design has no margin in points")
    loss, gain = (losses + 0.5) / (items + 1), (gains + 0.5) / (items + 1)
    equal = np.minimum(loss, (loss + gain) / 2)
    passes, regressions = np.zeros(len(losses)), np.zeros(len(losses))
    for place, look in enumerate(design.looks):
        if look.items <= items:
            continue
        level = design.share(place) if look.level is None else look.level
        ahead = _Ahead(losses, gains, look.items - items)
        if level > 0:
            most = most_losses_passing(look.items, design.margin, level)
            passes += ndtr(ahead.below(most + 0.5, equal, loss + gain - equal))
        fewest = fewest_losses_regressed(look.items, design.margin, design.regression_alpha)
        regressions += ndtr(-ahead.below(fewest - 0.5, loss, gain))
    return np.minimum(passes, 1.0), np.minimum(regressions, 1.0)


@dataclass(frozen=True, eq=False)
class _Ahead:
    """Many outcomes, and how many items are to come."""

    losses: IntArray
    gains: IntArray
    items: int

    def below(self, edge: AnyFloats, loss: AnyFloats, gain: AnyFloats) -> FloatArray:
        """By how many standard deviations the losses that are expected at such rates lie below an edge over gains."""
        won = self.gains + self.items * gain
        near = np.clip(np.floor(won).astype(np.intp), 0, len(edge) - 1)
        before, after = np.maximum(near - 2, 0), np.minimum(near + 2, len(edge) - 1)
        slope = (edge[after] - edge[before]) / np.maximum(after - before, 1)
        room = edge[near] + slope * (won - near) - self.losses - self.items * loss
        variance = self.items * (loss + slope**2 * gain - (loss - slope * gain) ** 2)
        with np.errstate(divide="ignore", invalid="ignore"):  # where nothing can vary, it is certain
            sure = np.nan_to_num(room / np.sqrt(np.maximum(variance, 0.0)), nan=0.0, posinf=np.inf, neginf=-np.inf)
        return np.asarray(sure, dtype=np.float64)


def levels_of_means(design: Design) -> tuple[float, ...]:
    """The levels at which bounds of means are held at the looks: of repeats, fractional scores, strata, clusters."""
    answers = design.items * design.repeats
    fractions = [look.items * look.repeats / answers for look in design.looks]
    return correlated_levels(fractions, [look.spent for look in design.looks])


def outlook_of_means(
    design: Design,
    estimate: float,
    items: int,
    repeats: int,
    *,
    between: float,
    within: float,
    margin: float | None = None,
    equal: float = 0.0,
    unseen: float = 1.0,
) -> Outlook:
    """The outlook of any other scores, after so many answers to each of so many items, by normal approximations.

    After k answers to each of n items the mean has the standard error sqrt((between + within / k) / n). A look to come
    passes where the bound at the look's level does, as `evals.stats.planning.strata.macro_power` has it; a regression
    shows where its mirror image at the bets' alpha lies below minus the margin.

    Parameters
    ----------
    design
        Its looks that are larger than this are to come.
    estimate
        The mean difference so far, candidate - baseline (candidate - recovery x baseline for a recovery).
    items, repeats
        So many are there.
    between, within
        The variance of the items' true differences, and that of one answer pair's around them. Of strata such ones that
        the standard error is that of the macro average. Where there is one answer to each item and more are to come,
        nothing tells the two apart: all of it within gives hope the longest.
    margin
        The loss that passes: the design's where omitted; 0 for a recovery.
    equal
        The mean of an equal build: 0, or of a recovery (1 - recovery) times the baseline's accuracy.
    unseen
        How much more than one item of all the worst-case item of the bound counts for: 1, or in strata the largest
        weight times the items of all per item of that stratum.
    """
    loss = margin if margin is not None else design.margin or 0.0
    levels = levels_of_means(design)
    passes = regressions = 0.0
    reachable = False
    for place, look in enumerate(design.looks):
        if look.items <= items and look.repeats <= repeats:
            continue
        then = (between + within / look.repeats) / look.items
        # Of the mean then, so much is known, as if all variance were that of answers. Items that truly differ keep more
        # of what was seen; how many do is not known well, and hope is to be given up late.
        known = items * repeats / (look.items * look.repeats)
        spread, error, worst = math.sqrt(then * max(1 - known, 0.0)), math.sqrt(then), unseen / (look.items + unseen)

        def mean(rest: float, known: float = known) -> float:
            return known * estimate + (1 - known) * rest

        regressions += _chance(-loss - estimate - bound_depth(error, worst, design.regression_alpha), spread)
        if (level := levels[place]) <= 0:
            continue
        depth = bound_depth(error, worst, level)
        passes += _chance(loss + mean(max(estimate, equal)) - depth, spread)
        reachable = reachable or loss + mean(1.0) > depth
    return Outlook(min(passes, 1.0), min(regressions, 1.0), not reachable)


def _chance(clear: float, spread: float) -> float:
    return float(ndtr(clear / spread)) if spread > 0 else float(clear > 0)


def _out_of_reach(design: Design, losses: int, gains: int, items: int) -> bool:
    """Whether no look to come passes with these losses, and gains that go on as an equal build's would."""
    rate = max(gains, (losses + gains) / 2) / max(items, 1)
    for place, look in enumerate(design.looks):
        level = design.share(place) if look.level is None else look.level
        if look.items <= items or level <= 0:
            continue
        won = min(gains + math.ceil((look.items - items) * rate), look.items - losses)
        if losses <= most_losses_passing(look.items, design.margin or 0.0, level)[won]:
            return False
    return True
