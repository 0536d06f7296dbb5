"""What a plan is asked for, rests on and says; plain data, which reports read without the statistics."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from quantgate.evals.settings.requirements import Target

SCHEMA_VERSION = 1
MARGINS = (0.01, 0.02, 0.03, 0.05)
MOST_REPEATS = 64
MOST_ITEMS = 20_000
"""No benchmark has more, and no plan says more than that so many are not enough."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What is guessed of the two builds; None where it is not. Shares and variances of differences are fractions.

    `discordance` is the share of items whose score differs between the builds at one answer each; `within_variance`
    the part of it that re-runs alone explain: the mean over items of p (1 - p) + q (1 - q), p and q the builds' solve
    rates; `tokens` the completion tokens of one answer.
    """

    accuracy: float | None = None
    discordance: float | None = None
    within_variance: float | None = None
    tokens: float | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One stratum of a suite: its share of the mean, and what is assumed of its items.

    `once` says that the repeats of an item are one answer over and over, which count once.
    """

    weight: float
    discordance: float
    between: float
    within: float
    once: bool = False


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What a plan rests on. `notes` says in sentences what was taken for granted, and what a pilot measured.

    `strata` has the items of each stratum of a macro average, or all of them as one. `discordance` = `between` +
    `within`, where no true difference is assumed. Where strata are unlike, as those of a suite, `parts` has the figures
    of each, and the others are their means over items. `one_answer` says that repeats are one answer over and over, as
    of greedy decoding. `accuracy` is the baseline's, where it was said or measured. `fresh` says that the task makes as
    many items as are asked for, of which `items` are the most that a plan speaks of.
    """

    task: str
    items: int
    strata: tuple[int, ...]
    discordance: float
    between: float
    within: float
    tokens: float | None = None
    notes: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    one_answer: bool = False
    accuracy: float | None = None
    fresh: bool = False

    @property
    def each(self) -> tuple[Part, ...]:
        """The figures of each stratum."""
        return self.parts or (Part(1.0, self.discordance, self.between, self.within),) * len(self.strata)


@dataclass(frozen=True, slots=True)
class Aim:
    """What is wanted: power for the whole release, one-sided alpha, required tasks, the most repeats, tokens/second.

    `true_loss` is the loss, a fraction, that a build may really have and is still to pass with that power. `target` is
    what the verdict is to hold for, `baseline_repeats` how often the baseline is asked every item, where that is
    settled.
    `recoveries` are shares of the baseline's accuracy that must be recovered; each is planned like a margin.
    """

    margins: tuple[float, ...] = MARGINS
    power: float = 0.8
    alpha: float = 0.05
    tasks: int = 1
    repeats: int = MOST_REPEATS
    throughput: float | None = None
    true_loss: float = 0.0
    target: Target = Target.QUESTIONS
    baseline_repeats: int | None = None
    recoveries: tuple[float, ...] = ()

    @property
    def task_power(self) -> float:
        """Power of one task, so that all required ones pass together with `power`: they pass independently."""
        return math.pow(self.power, 1 / self.tasks)


@dataclass(frozen=True, slots=True)
class LossPower:
    """How often a build passes that has really lost `loss`, a fraction."""

    loss: float
    power: float


@dataclass(frozen=True, slots=True)
class Split:
    """Unlike repeats that do as well: a baseline asked more often, once for all candidates, and each of these less."""

    baseline: int
    candidate: int
    power: float
    power_error: float


@dataclass(frozen=True, slots=True)
class Ending:
    """How checks of builds that have lost `loss`, a fraction, end where they may stop early: by simulation.

    `passed`, `regressed` and `inconclusive` are shares of them; `requests` the mean number, of both builds together,
    `most_requests` what nine in ten of them need at most.
    """

    loss: float
    passed: float
    regressed: float
    inconclusive: float
    requests: float
    most_requests: float


@dataclass(frozen=True, slots=True)
class Sequential:
    """A plan's items and repeats looked at on the way: the looks, as (items, repeats), and how checks end."""

    looks: tuple[tuple[int, int], ...]
    simulations: int
    endings: tuple[Ending, ...]


@dataclass(frozen=True, slots=True)
class FreshItems:
    """Items of a task that makes as many as are asked for, which settle a margin at one answer each of both builds.

    `discordance` is the share of them that is taken to flip; the other fields are as those of `MarginRow`.
    """

    task: str
    items: int
    discordance: float
    power: float
    requests: int
    tokens: float | None
    hours: float | None
    at_losses: tuple[LossPower, ...]


@dataclass(frozen=True, slots=True)
class MarginRow:
    """One margin. `ask` and `repeats` are the plan, None where out of reach; requests and tokens are both builds'.

    Of a `recovery`, `margin` is what that comes to at the baseline's accuracy.

    `items_needed` is for one answer each, None where more than 20,000; `power_now` that of all items asked once;
    `power` that of the plan, both at the loss that was aimed at: exact for one answer each to items in one pool,
    simulated in `simulations` comparisons with the standard error `power_error` for repeats and strata. `at_losses` has
    the plan's power at other true losses below the margin. `baseline_repeats` is how often the baseline is asked, where
    that is not `repeats`; `split` what would do instead. `sequential` is what the plan takes where it may stop early,
    where that was asked for and is known. `fresh` is what another task takes that never runs out of items.
    """

    margin: float
    items_needed: int | None
    power_now: float
    ask: int | None
    repeats: int | None
    requests: int | None
    tokens: float | None
    hours: float | None
    power: float | None = None
    power_error: float | None = None
    simulations: int | None = None
    at_losses: tuple[LossPower, ...] = ()
    baseline_repeats: int | None = None
    split: Split | None = None
    recovery: float | None = None
    sequential: Sequential | None = None
    fresh: FreshItems | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The rows of one task, with what they rest on.

    `settles` is the smallest margin, a fraction, that all items and the most repeats settle for questions like these;
    None where no row is out of reach, or it is not known.
    """

    assumptions: Assumptions
    aim: Aim
    rows: tuple[MarginRow, ...]
    settles: float | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """By task the margin that it settles, `None` where none is; and that of the policy's mean, where it has one.

    Tasks of log-probabilities are not among them: flips do not decide those.
    """

    tasks: Mapping[str, float | None]
    mean: float | None


def plans_json(plans: Sequence[Plan]) -> str:
    """All figures of the plans, with `schema_version`."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "plans": [{**asdict(plan), "task_power": plan.aim.task_power} for plan in plans],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
