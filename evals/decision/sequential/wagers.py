"""The bets against a regression, along the drawn order of a task's items."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from quantgate.evals.settings.margin import Margin
from quantgate.evals.stats.checks import FloatArray
from quantgate.evals.stats.sequential.betting import Bets, log_wealths
from quantgate.evals.stats.sequential.blocks import Blocks
from quantgate.evals.stats.sequential.regression import FIRST_ANSWERS, regression_upper_bound


@dataclass(slots=True)
class _Stake:
    """One bet that the mean of candidate - `recovery` x baseline is below `null`: on first answers, and on passes."""

    null: float
    recovery: float
    share: float
    first: Bets = field(init=False)
    best_pass: float = -math.inf

    def __post_init__(self) -> None:
        self.first = Bets(self.null, lowest=-self.recovery)

    @property
    def log_wealth(self) -> float:
        return max(self.first.max_log_wealth + math.log(self.share), self.best_pass, 0.0)


class Wagers:
    """Bets that the candidate has lost more than the margin: on first answers one by one, then on whole passes.

    In points the bet is on the difference, in recovery on candidate - recovery x baseline; where the margin says both,
    each has half of the stake. Where strata weigh the bets are on blocks of items of all strata. See
    `evals.stats.sequential.regression`.

    Parameters
    ----------
    margin
        What is bet against.
    repeats
        Answers to each item at the full size.
    strata
        The stratum of every item in the drawn order, where they weigh; else `None`.
    """

    def __init__(self, margin: Margin, repeats: int, strata: Sequence[str | None] | None = None) -> None:
        share = 1.0 if repeats == 1 else FIRST_ANSWERS
        points = [] if margin.points is None else [_Stake(-margin.points, 1.0, share)]
        ratio = [] if margin.recovery is None else [_Stake(0.0, margin.recovery, share)]
        self._stakes = [*points, *ratio]
        self._repeats = repeats
        self._blocks = None if strata is None else Blocks.of(strata)
        self._first: list[tuple[float, float]] = []
        self._passes: list[FloatArray] = []
        self._whole = 0

    def add(self, baseline: float, candidate: float) -> None:
        """The first answers to the next item; scores in [0, 1]."""
        self._first.append((baseline, candidate))
        if self._blocks is None:
            for stake in self._stakes:
                stake.first.add(candidate - stake.recovery * baseline)
            return
        for number in range(self._whole, self._blocks.come(len(self._first))):
            places, stakes = self._blocks.block(number)
            for stake in self._stakes:
                stake.first.add(self._differences(stake.recovery)[places], stakes)
            self._whole += 1

    def add_pass(self, baseline: FloatArray, candidate: FloatArray) -> None:
        """Mean scores of all items after one more whole pass over them, in the drawn order."""
        self._passes.append(candidate - baseline)
        for stake in self._stakes:
            values, stakes = candidate - stake.recovery * baseline, None
            if self._blocks is not None:
                values, stakes, _ = self._blocks.arranged(values)
            wealth = log_wealths(values, stake.null, lowest=-stake.recovery, stakes=stakes)
            stake.best_pass = max(stake.best_pass, float(wealth[-1]) + math.log1p(-stake.share))

    @property
    def evidence(self) -> float:
        """The largest wealth per stake so far, 1 at least: its inverse is a p-value of "no more than the margin"."""
        best = max(stake.log_wealth for stake in self._stakes)
        return max(math.exp(min(best, 700.0)) / len(self._stakes), 1.0)

    def bounds(self, alpha: float) -> tuple[float, float]:
        """The bounds of the difference in points that hold at all times together, each at `alpha`."""
        first, repeats = self._differences(1.0), self._repeats
        upper = regression_upper_bound(first, self._passes, alpha=alpha, repeats=repeats, blocks=self._blocks)
        passes = [-values for values in self._passes]
        mirrored = regression_upper_bound(-first, passes, alpha=alpha, repeats=repeats, blocks=self._blocks)
        return -mirrored, upper

    def _differences(self, recovery: float) -> FloatArray:
        """Candidate - recovery x baseline of the first answers, in the drawn order."""
        pairs = np.array(self._first, dtype=np.float64).reshape(-1, 2)
        return np.asarray(pairs[:, 1] - recovery * pairs[:, 0])
