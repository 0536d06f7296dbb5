"""At which level each look of a design is held under a policy, and how a regression is looked for."""

from __future__ import annotations

import math
from dataclasses import dataclass

from quantgate.evals.contract.design import Design
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.settings.margin import Margin
from quantgate.evals.settings.requirements import SMALLEST_ALPHA, DecidingMethod, Target
from quantgate.evals.stats.sequential.correlated import correlated_levels


@dataclass(frozen=True, slots=True)
class Rule:
    """What a design allows under a policy, which may ask for another margin or a smaller alpha than was designed for.

    The exact levels hold for single 0/1 answers at the designed margin. At another margin these are decided at each
    look's own part of alpha, which holds for any bound (the union bound over looks). Repeats, fractional scores, strata
    and clusters are decided at the levels of looks whose means are correlated
    (`evals.stats.sequential.correlated.correlated_levels`). `strata` counts those of all the design's items that weigh.
    """

    design: Design
    margin: Margin
    policy_alpha: float
    target: Target
    strata: int = 1

    @property
    def scale(self) -> float:
        """By how much every level is made smaller, where the policy's alpha is below the design's."""
        return min(1.0, self.policy_alpha / self.design.alpha)

    @property
    def alpha(self) -> float:
        """The error probability of a pass over all looks."""
        return self.design.alpha * self.scale

    @property
    def regression_alpha(self) -> float:
        """That of a regression over the whole course."""
        return min(self.design.regression_alpha, self.policy_alpha)

    @property
    def designed_margin(self) -> bool:
        """Whether the policy asks for the margin that the levels were computed for."""
        points, designed = self.margin.points, self.design.margin
        if self.margin.recovery is not None or points is None or designed is None:
            return False
        return math.isclose(points, designed, rel_tol=1e-9)

    def exact_at(self, place: int, scores: ItemScores) -> bool:
        """Whether the exact level of look number `place`, from 0, holds for these scores."""
        return (
            self.design.looks[place].level is not None
            and self.scale == 1.0
            and self.designed_margin
            and self.target is Target.QUESTIONS
            and _one_pool_of_single_answers(scores)
        )

    def level(self, place: int, scores: ItemScores) -> float:
        """The error probability at which a bound is held at a look; 0 where the look has nothing to say.

        Of these very items nothing is said before all of them are asked, and of strata that weigh nothing before each
        has an item: those that are there say nothing of the others.
        """
        look = self.design.looks[place]
        if self.target is Target.BENCHMARK and look.items < self.design.items:
            return 0.0
        if len(set(scores.strata or ("",))) < self.strata:
            return 0.0
        if look.level is not None and self.exact_at(place, scores):
            return look.level
        if _one_pool_of_single_answers(scores):
            return self._shares(self.scale)[place]
        return self._correlated(self.scale)[place]

    def _shares(self, scale: float) -> list[float]:
        """Each look's own part of so much of alpha. What a look cannot use, those after it may."""
        least = SMALLEST_ALPHA * (2 if self.margin.both else 1)
        used, found = 0.0, []
        for look in self.design.looks:
            part = look.spent * scale - used
            silent = self.target is Target.BENCHMARK and look.items < self.design.items
            found.append(0.0 if silent or part < least else part)
            used += found[-1]
        return found

    def _correlated(self, scale: float) -> tuple[float, ...]:
        """The levels of the looks for bounds of means, where so much of the design's alpha is to be spent."""
        looks = self.design.looks
        answers = self.design.items * self.design.repeats
        fractions = [look.items * look.repeats / answers for look in looks]
        return correlated_levels(fractions, [look.spent * scale for look in looks])

    def how(self, scores: ItemScores) -> str:
        """By what all looks together err no more than alpha on these scores; empty where the exact levels do it."""
        if all(self.exact_at(place, scores) for place in range(len(self.design.looks))):
            return ""
        if not _one_pool_of_single_answers(scores):
            return "by the levels of looks whose means are correlated, which is calibrated by simulation and not proven"
        return f"each look having its own part of it (union bound): {self._why_no_exact_level()}"

    def _why_no_exact_level(self) -> str:
        """Why single answers to independent items are not held at exact levels."""
        if self.target is Target.BENCHMARK:
            return "exact levels are for questions like these"
        if all(look.level is None for look in self.design.looks):
            return "the looks were planned without exact levels"
        if not self.designed_margin:
            return "the looks were planned for another margin"
        return f"the looks were planned for an alpha of {self.design.alpha:g}"

    def bets(self, *, clusters: bool) -> bool:
        """Whether bets are placed: on items that are independent and drawn like those that are spoken of."""
        return self.target is Target.QUESTIONS and not clusters

    def regression_level(self, place: int) -> float:
        """The level of a look's own upper bound where no bets are placed, of clusters and of these very items."""
        return self._correlated(self.regression_alpha / self.design.alpha)[place]


def _one_pool_of_single_answers(scores: ItemScores) -> bool:
    return scores.single_answers and scores.strata is None and scores.clusters is None


def refusal(method: DecidingMethod) -> str:
    """Why a task cannot be decided at looks by such a method; empty where it can."""
    if method is not DecidingMethod.AUTO:
        return (
            f"method: {method.value} and looks on the way: how often a bootstrap errs over several looks is not known; "
            "take method: auto, or ask all of it with stop: never"
        )
    return ""
