"""What was measured of one task, whatever bounds are to decide about it, as frozen types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quantgate.evals.checks.finding import Finding
from quantgate.evals.checks.lengths import LengthComparison
from quantgate.evals.decision.bounds import Bounds
from quantgate.evals.decision.described import Description, Flip, FlipTable
from quantgate.evals.decision.length_figures import LengthFigures
from quantgate.evals.decision.look import PairLook
from quantgate.evals.decision.sequential.looks import Looks
from quantgate.evals.decision.types import StratumFigures
from quantgate.evals.fidelity.figures import Fidelity
from quantgate.evals.pairing.left_out import LeftOut
from quantgate.evals.pairing.status_counts import StatusCounts
from quantgate.evals.runs.record import SameBy
from quantgate.evals.settings.margin import Margin
from quantgate.evals.settings.requirements import Requirement, Tier


@dataclass(frozen=True, slots=True)
class Spread:
    """Where the variance of one stratum's differences comes from; of the whole task where there are no strata.

    `units` counts items, or clusters where those are the unit, and `largest` tells how many times as large as the mean
    one the largest is. `between` is the variance of units without the noise of re-runs, with its standard error
    `error`; `within` the noise of one pair of answers, 0 where it is not told apart, and `of_baseline` the part of it
    that is the baseline's. `weight` is the stratum's share of the mean, to be scaled by their sum; `most` how many
    units the benchmark has, `None` where that is not known or goes for the task as a whole; `times` how many times as
    often as the others it was asked; `once` says that its repeats are one answer over and over, `unlike` that of a
    suite's task the builds were asked unequally often.
    """

    units: int
    largest: float
    between: float
    error: float
    within: float
    of_baseline: float = 0.0
    weight: float = 1.0
    most: float | None = None
    times: float = 1.0
    once: bool = False
    unlike: bool = False

    def noise(self, baseline: int, candidate: int) -> float:
        """What is left of the noise with so many answers of either build, `times` as many here."""
        return (self.of_baseline / baseline + (self.within - self.of_baseline) / candidate) / self.times


@dataclass(frozen=True, slots=True)
class Measured:
    """One task's figures but for its bounds.

    `alone` are the bounds of the task by itself. `losses`, `gains` and `mcnemar_p` are there for one 0/1 answer per
    item. `asked` is how often the baseline and the candidate were asked every item, `repeats` the fewer of the two.
    `components` are the variances between items and within them, where repeats were asked, `spreads` the same by
    stratum for the bounds that decide. `whole` counts the benchmark's items, where it is known. `exact` says that the
    exact test decides over items, or would where a bootstrap was chosen, `one_answer` that repeats are one answer over
    and over, `hopeless` that an equal build could not pass with these items, however often asked. `look` says which
    look at the pair it is, where those are counted, `looks` those that were planned and taken on the way. `paired_by`
    is what shows that both builds were asked the same questions, where a run was imported. `fidelity` is there where
    the answers are log-probabilities of tokens.
    """

    task: str
    margin: Margin
    alpha: float
    tier: Tier
    require: Requirement
    validity: Mapping[str, StatusCounts]
    items: int
    repeats: int
    asked: tuple[int, int]
    baseline: float
    candidate: float
    alone: Bounds
    exact: bool
    one_answer: bool
    hopeless: bool
    losses: int | None
    gains: int | None
    mcnemar_p: float | None
    components: tuple[float, float] | None
    spreads: tuple[Spread, ...]
    whole: int | None
    strata: tuple[StratumFigures, ...]
    by_length: tuple[LengthFigures, ...]
    description: Description
    findings: tuple[Finding, ...]
    flip_table: FlipTable
    lengths: LengthComparison | None
    flips: tuple[Flip, ...]
    look: PairLook | None = None
    looks: Looks | None = None
    left_out: LeftOut | None = None
    paired_by: SameBy | None = None
    fidelity: Fidelity | None = None

    @property
    def zone(self) -> float:
        """The loss, a fraction, that the margin tolerates at the baseline's accuracy."""
        return self.margin.at(self.baseline)

    @property
    def repeated(self) -> bool:
        """Whether a build was asked its items more than once."""
        return max(self.asked) > 1

    @property
    def spent(self) -> bool:
        """Whether no error probability is left to show anything with."""
        return self.look is not None and self.look.spent

    @property
    def looked_before(self) -> bool:
        """Whether this is no first look, after which nothing is left for another."""
        return self.look is not None and self.look.number > 1

    def asked_with(self, repeats: int) -> tuple[int, int]:
        """How often the baseline and the candidate are asked when both are so often at least; what was asked stays.

        With fewer repeats than the build with fewer was asked, it is that one that is asked less.
        """
        fewer, more = sorted(self.asked)
        if fewer == more:
            return repeats, repeats
        counts = repeats, max(more, repeats)
        return counts if self.asked[0] == fewer else counts[::-1]

    def noise(self, within: float, repeats: int) -> float:
        """What is left of the noise of one pair of answers with so many repeats, as `asked_with` has them."""
        units = [one.units for one in self.spreads]
        whole = sum(size * one.within for size, one in zip(units, self.spreads, strict=True))
        ours = sum(size * one.of_baseline for size, one in zip(units, self.spreads, strict=True))
        share = ours / whole if whole > 0 else 0.5
        baseline, candidate = self.asked_with(repeats)
        return within * (share / baseline + (1 - share) / candidate)
