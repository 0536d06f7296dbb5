"""What is told beside a decision and never decides: flips, agreement, other intervals, re-run noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from quantgate.evals.errors import UsageError
from quantgate.evals.pairing.item_scores import ItemScores, item_scores
from quantgate.evals.pairing.pairing import Pairs, TaskPairs
from quantgate.evals.stats import mcnemar_pvalue, tango_interval
from quantgate.evals.stats.describe.agreement import Kappa, Share, cohen_kappa, discordance, share
from quantgate.evals.stats.describe.intervals import bonett_price_interval, bootstrap_interval, newcombe_interval
from quantgate.evals.stats.describe.noise import NoiseFloor, noise_floor
from quantgate.evals.stats.describe.repeats import RepeatSummary, item_differences, item_means, summarise_repeats

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Description:
    """Informational figures of one task; fractions, candidate minus baseline. None of them decides.

    `intervals` are two-sided at 1 - 2 alpha over items, by the method's name. `discordance`, `kappa` and
    `mcnemar_mid_p` need one 0/1 answer per item; `repeats` needs several. `agreement` is the share of samples with the
    same extracted result in both builds, right or wrong. `noise` compares the flips with those of a second run of the
    baseline.
    """

    intervals: Mapping[str, Interval]
    agreement: Share
    discordance: Share | None = None
    kappa: Kappa | None = None
    mcnemar_mid_p: float | None = None
    repeats: RepeatSummary | None = None
    noise: NoiseFloor | None = None


def describe(pairs: TaskPairs, scores: ItemScores, alpha: float, again: TaskPairs | None = None) -> Description:
    """Describe a task that could be paired; `again` pairs the baseline with a second run of itself.

    Raises
    ------
    UsageError
        When `again` is no complete second run of the same questions.
    """
    confidence = 1 - 2 * alpha
    differences = scores.differences
    intervals: dict[str, Interval] = {}
    if scores.strata is None:
        for method in ("percentile", "basic", "bca"):
            intervals[method] = bootstrap_interval(differences, confidence=confidence, method=method)
    agreement = share(int(pairs.frame["alike"].sum()), len(pairs.frame))
    noise = _noise(again, scores) if again is not None else None
    if not scores.single_answers:
        repeats = summary_of_repeats(pairs, confidence) if pairs.repeats > 1 and scores.strata is None else None
        return Description(intervals, agreement, repeats=repeats, noise=noise)
    losses, gains = int((differences < 0).sum()), int((differences > 0).sum())
    n, both_right = len(differences), int(((scores.baseline == 1) & (scores.candidate == 1)).sum())
    if scores.strata is None:
        intervals["tango"] = tango_interval(losses, gains, n, confidence)
        intervals["newcombe"] = newcombe_interval(losses, gains, n, both_right, confidence)
        intervals["bonett_price"] = bonett_price_interval(losses, gains, n, confidence)
    return Description(
        intervals,
        agreement,
        discordance=discordance(losses, gains, n),
        kappa=cohen_kappa(both_right, losses, gains, n - both_right - losses - gains),
        mcnemar_mid_p=mcnemar_pvalue(losses, gains, mid_p=True),
        noise=noise,
    )


def check_noise_run(noise: Pairs) -> None:
    """Raise UsageError unless every task of the second run answers the baseline's own questions, all of them."""
    for task in noise.tasks:
        problem = "; ".join(task.problems)
        missing = task.validity["candidate"].unscored
        if not problem and missing:
            problem = f"{missing} of its samples have no answer"
        if problem:
            raise UsageError(f"--noise must be a complete second run of the baseline; {task.task}: {problem}")


def _noise(again: TaskPairs, scores: ItemScores) -> NoiseFloor:
    second = item_scores(again)
    return noise_floor(scores.baseline, second.candidate, scores.candidate)


def summary_of_repeats(pairs: TaskPairs, confidence: float) -> RepeatSummary:
    """Components of variance and errors of the differences, items pooled; what is missing counts for the worst."""
    frame = pairs.frame
    builds = [
        item_means(frame["item_id"].to_numpy(dtype=str), frame[build].fillna(worst).to_numpy(dtype=np.float64))
        for build, worst in (("baseline", 1.0), ("candidate", 0.0))
    ]
    return summarise_repeats(item_differences(*builds), confidence=confidence)
