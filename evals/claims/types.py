"""What a judged claim says; plain data, which reports read without the statistics."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from quantgate.evals.decision.types import ReleaseVerdict, TaskVerdict
from quantgate.evals.settings.margin import Margin
from quantgate.evals.settings.requirements import Requirement

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Settling:
    """How many items would settle a claim, with 80% power, at one discordance rate.

    None where more of the same would not pass, or not for less than 20,000 of them.
    """

    discordance: float
    items: int | None


@dataclass(frozen=True, slots=True)
class ClaimRecovery:
    """What the printed accuracies leave open of candidate / baseline: bounds at best and at worst, and the verdict.

    `ratio` is that of the printed accuracies; an upper bound is None where there is none.
    """

    ratio: float | None
    verdict: TaskVerdict
    lower_best: float
    lower_worst: float
    upper_best: float | None
    upper_worst: float | None


@dataclass(frozen=True, slots=True)
class ClaimDecision:
    """What one published pair of accuracies proves; every figure is a fraction, differences candidate minus baseline.

    Bounds and p-values (of "the candidate loses the margin or more") are extremes over all that the numbers leave open.
    `closest` and `farthest` are the (losses, gains) with the fewest and the most flips; None with repeats or strata.
    `baseline_counts` and `candidate_counts` are the counts of right answers that are printed so, smallest and largest.
    `impossible` says that one of the accuracies is no count of right answers, so that nothing is shown by them, and
    `problem` why a claim is invalid. `recovery` is there where the margin says one and the baseline has some
    item right.
    """

    task: str
    items: int
    repeats: int
    strata: tuple[int, ...]
    baseline: str
    candidate: str
    digits: int
    margin: Margin
    alpha: float
    verdict: TaskVerdict = TaskVerdict.INVALID
    problem: str = ""
    impossible: bool = False
    notes: tuple[str, ...] = ()
    baseline_counts: tuple[int, int] | None = None
    candidate_counts: tuple[int, int] | None = None
    difference: float | None = None
    closest: tuple[int, int] | None = None
    farthest: tuple[int, int] | None = None
    pvalue_best: float | None = None
    pvalue_worst: float | None = None
    lower_best: float | None = None
    lower_worst: float | None = None
    upper_best: float | None = None
    upper_worst: float | None = None
    settling: tuple[Settling, ...] = ()
    recovery: ClaimRecovery | None = None

    @property
    def zone(self) -> float:
        """The loss in accuracy, a fraction, that the margin tolerates of the baseline as it was printed."""
        return self.margin.at(float(self.baseline))

    @property
    def passes(self) -> bool:
        return self.verdict.satisfies(Requirement.NON_INFERIOR)


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A row of a card that no verdict is about. `counts` unless it is no claim: a mean of rows, a size, a speed."""

    task: str
    why: str
    counts: bool = True


@dataclass(frozen=True, slots=True)
class ClaimVerdict:
    """The decision about all tasks of a claim, and what of a card was not judged."""

    tasks: tuple[ClaimDecision, ...]
    verdict: ReleaseVerdict
    unjudged: tuple[Unjudged, ...] = ()

    def to_json(self, reasons: Sequence[str]) -> str:
        """All figures, with `schema_version`, and a sentence for each task."""
        document = {
            "schema_version": SCHEMA_VERSION,
            "verdict": self.verdict.value,
            "reasons": list(reasons),
            "tasks": [{**asdict(task), "margin": task.margin.written} for task in self.tasks],
            "unjudged": [asdict(one) for one in self.unjudged],
        }
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
