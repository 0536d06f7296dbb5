"""What is assumed of the builds, as the simulations of a plan take it."""

from __future__ import annotations

from dataclasses import replace

from quantgate.evals.planning.types import Aim, Assumptions
from quantgate.evals.settings.requirements import Target
from quantgate.evals.stats.planning.population import Population


def relative(assumed: Assumptions, recovery: float, accuracy: float) -> Assumptions:
    """The assumptions of candidate - recovery x baseline, by its variance between items; half of the flips are lost."""
    lost = 1 - recovery

    def between(variance: float, discordance: float) -> float:
        return max(variance + lost**2 * accuracy * (1 - accuracy) - lost * discordance, 0.0)

    parts = tuple(replace(part, between=between(part.between, part.discordance)) for part in assumed.parts)
    return replace(assumed, between=between(assumed.between, assumed.discordance), parts=parts, accuracy=accuracy)


def population_of(assumed: Assumptions, aim: Aim) -> Population:
    """What is assumed, as the simulations take it."""
    each = assumed.each
    return Population(
        sizes=assumed.strata,
        weights=tuple(part.weight for part in each),
        between=tuple(part.between for part in each),
        within=tuple(part.within for part in each),
        benchmark=on_these(assumed, aim),
        once=tuple(part.once for part in each),
    )


def on_these(assumed: Assumptions, aim: Aim) -> bool:
    """Whether pairs of answers are the unit; answers that stay the same are judged as of questions like these."""
    return aim.target is Target.BENCHMARK and not assumed.one_answer
