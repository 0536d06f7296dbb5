"""What is told beside a decision and never decides, as frozen types: flips, agreement, noise, repeats, what settles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quantgate.evals.contract.call_figures import CallComparison
from quantgate.evals.contract.records import Status

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Share:
    """A share `count` / `n`, with its 95% interval (Clopper and Pearson), all in [0, 1]."""

    count: int
    n: int
    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Kappa:
    """Cohen's kappa with its standard error and 95% interval."""

    estimate: float
    standard_error: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ErrorOfMean:
    """A standard error of the mean over items, and its two-sided interval."""

    standard_error: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class RepeatSummary:
    """Where the variance of repeated answers comes from (`evals.stats.describe.repeats`).

    `between` is the variance of the items' true means, `within` the mean variance of a single pair of answers.
    `new_questions` is the error over other questions of the kind, `same_questions` over re-runs of these very ones.
    """

    mean: float
    items: int
    answers: int
    between: float | None
    within: float | None
    new_questions: ErrorOfMean | None
    same_questions: ErrorOfMean | None


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """Flips of the candidate beside those of a second run of the baseline (`evals.stats.describe.noise`).

    `excess` is the share of items by which the candidate flips more, with its interval; `explained` the share of its
    flips that re-running alone accounts for, `None` where it shows none.
    """

    n: int
    flips: Share
    noise: Share
    excess: float
    low: float
    high: float
    explained: float | None
    candidate_difference: float
    noise_difference: float


@dataclass(frozen=True, slots=True)
class Description:
    """Informational figures of one task; fractions, candidate minus baseline. None of them decides.

    `intervals` are two-sided at 1 - 2 alpha over items, by the method's name. `discordance`, `kappa` and
    `mcnemar_mid_p` need one 0/1 answer per item; `repeats` needs several. `agreement` is the share of samples with the
    same extracted result in both builds, right or wrong; `None` where a source does not tell results. `noise` compares
    the flips with those of a second run of the baseline. `calls` is there of requests with tools.
    """

    intervals: Mapping[str, Interval]
    agreement: Share | None
    discordance: Share | None = None
    kappa: Kappa | None = None
    mcnemar_mid_p: float | None = None
    repeats: RepeatSummary | None = None
    noise: NoiseFloor | None = None
    calls: CallComparison | None = None


@dataclass(frozen=True, slots=True)
class FlipTexts:
    """What was asked and answered of a flipped item, in the first repeat whose scores differ; `None` for no text.

    Long ones are cut: the answers so that both begin shortly before they part, and end as they end; of the question the
    end is there.
    """

    baseline: str | None
    candidate: str | None
    question: str | None = None


@dataclass(frozen=True, slots=True)
class FlipAnswer:
    """What became of one build's answer to a flipped item, and the beginning of the result that was read from it.

    `extracted` is `None` where nothing was read. Of a private task a result that is more than a letter is `withheld`.
    """

    status: Status
    extracted: str | None = None
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class FlipAnswers:
    """Both builds' answers to a flipped item in one repeat; `None` where a build has none."""

    baseline: FlipAnswer | None
    candidate: FlipAnswer | None


@dataclass(frozen=True, slots=True)
class Flip:
    """One item whose mean score differs between the builds.

    `answers` are those of `repeat`, the first in which the scores differ, and `reference` is the right answer, where
    the run has kept it and the task is not private; decisions of earlier versions have neither. `texts` only where the
    user asked for texts.
    """

    item_id: str
    stratum: str | None
    baseline: float
    candidate: float
    prompt_hash: str
    texts: FlipTexts | None = None
    repeat: int | None = None
    answers: FlipAnswers | None = None
    reference: str | None = None

    @property
    def lost(self) -> bool:
        """Whether the candidate scores less."""
        return self.candidate < self.baseline


@dataclass(frozen=True, slots=True)
class FlipTable:
    """How the items of a task changed.

    For one 0/1 answer per item `both_right` + `losses` + `gains` + `both_wrong` is the number of items, else `losses`
    and `gains` count items whose mean went down or up, `same` those that stayed, and the other two are `None`.
    """

    losses: int
    gains: int
    same: int
    both_right: int | None = None
    both_wrong: int | None = None


@dataclass(frozen=True, slots=True)
class SettlingPoint:
    """The expected distance from the difference to its lower bound at so many items, each answered so often."""

    items: int
    repeats: int
    half_width: float


@dataclass(frozen=True, slots=True)
class SettlingCurve:
    """How narrow a task's bounds get, with where it stands.

    `over` says what grows along `curve`: `repeats` (on the same items) where repeats were asked, else `items`. `here`
    is what was measured. `room` is the half width below which the observed difference would pass, margin + difference;
    at or below zero the loss itself is at the margin. `settles` is the smallest number that is within it, `None` where
    none is.
    """

    over: str
    here: SettlingPoint
    curve: tuple[SettlingPoint, ...]
    room: float
    settles: SettlingPoint | None


@dataclass(frozen=True, slots=True)
class Prospect:
    """What data would settle a task with a probability of 80%, if the true difference were `difference`.

    `items` and `repeats` are asked in all, `power` is the probability that they pass. `settles` says whether that is
    80%; if not, these are the most that there are, and no number at all where the difference is at the margin or
    beyond. `over` says which of the two numbers would grow, `low` to `high` its range for what the answers leave open
    of the variance (95%); `None` is more than there are. `over` is `times` where tasks of a suite were asked unequally
    often: `repeats` are then those of the task asked least often, and the others are asked more often in proportion.
    """

    difference: float
    over: str
    items: int | None
    repeats: int | None
    power: float
    settles: bool
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class ByBootstrap:
    """What is to be known of a verdict that a plain bootstrap gave, since the policy chose it.

    `false_pass` is the largest probability that was found of its passing a build exactly the margin worse, at the
    numbers of items and repeats at hand, where `alpha` was asked; `error` its standard error, 0 where it was
    enumerated, and `measured` how that was done. `lower`, `upper`, `method` and `verdict` are of the bound that holds;
    `agrees` says that the verdict is the same, and that it passes or not.
    """

    false_pass: float
    error: float
    alpha: float
    measured: str
    method: str
    lower: float
    upper: float
    verdict: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class PooledChange:
    """Items of all tasks that were compared whose score is lower, and higher, under the candidate.

    `pvalue` is the one-sided probability of so many losses, or more, of builds that answer alike. Items with a missing
    answer are left out.
    """

    tasks: int
    losses: int
    gains: int
    pvalue: float
