"""Computes what is told beside a decision and never decides: agreement, other intervals, re-run noise, repeats."""

from __future__ import annotations

from quantgate.evals.checks.model_changes import model_findings
from quantgate.evals.decision.calls import compare_calls
from quantgate.evals.decision.described import (
    Description,
    ErrorOfMean,
    Interval,
    Kappa,
    NoiseFloor,
    RepeatSummary,
    Share,
)
from quantgate.evals.errors import UsageError
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.pairing.pairs import Pairs, TaskPairs
from quantgate.evals.stats.describe import agreement as agreement_stats
from quantgate.evals.stats.describe import noise as noise_stats
from quantgate.evals.stats.describe import repeats as repeat_stats
from quantgate.evals.stats.describe.intervals import bonett_price_interval, bootstrap_interval, newcombe_interval
from quantgate.evals.stats.describe.mcnemar import mcnemar_pvalue
from quantgate.evals.stats.exact.tango import tango_interval


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
    shared = pairs.first(pairs.repeats)
    told = pairs.fidelity is None and all(
        run.record is None or run.record.tells_results for run in pairs.builds.values()
    )
    alike = agreement_stats.share(int(shared.table.alike.sum()), shared.table.alike.size)
    agreement = _share(alike) if told else None
    # Of log-probabilities the floor is told in their own units (`evals.fidelity`).
    noise = _noise(again, pairs) if again is not None and pairs.fidelity is None else None
    calls = compare_calls(pairs)
    if not scores.single_answers:
        repeats = summary_of_repeats(pairs, confidence) if pairs.most_repeats > 1 and scores.strata is None else None
        return Description(intervals, agreement, repeats=repeats, noise=noise, calls=calls)
    losses, gains = scores.losses, scores.gains
    n, both_right = len(differences), scores.both_right
    if scores.strata is None:
        intervals["tango"] = tango_interval(losses, gains, n, confidence)
        intervals["newcombe"] = newcombe_interval(losses, gains, n, both_right, confidence)
        intervals["bonett_price"] = bonett_price_interval(losses, gains, n, confidence)
    return Description(
        intervals,
        agreement,
        discordance=_share(agreement_stats.discordance(losses, gains, n)),
        kappa=_kappa(agreement_stats.cohen_kappa(both_right, losses, gains, n - both_right - losses - gains)),
        mcnemar_mid_p=mcnemar_pvalue(losses, gains, mid_p=True),
        noise=noise,
        calls=calls,
    )


def check_noise_run(noise: Pairs, *, model_changed: bool = False) -> None:
    """Raise UsageError unless every task of the second run answers the baseline's own questions, all of them.

    Also where it holds answers of several models, unless `model_changed` says that it is meant.
    """
    for finding in model_findings(noise.candidate, None, meant=model_changed):
        if finding.blocks:
            raise UsageError(f"--noise: {finding.message}")
    for task in noise.tasks:
        problem = "; ".join(task.problems)
        missing = task.validity["candidate"].unscored
        if not problem and missing:
            problem = f"{missing} of its samples have no answer"
        if problem:
            raise UsageError(f"--noise must be a complete second run of the baseline; {task.task}: {problem}")


def summary_of_repeats(pairs: TaskPairs, confidence: float) -> RepeatSummary:
    """Components of variance and errors of the differences, items pooled; what is missing counts for the worst."""
    builds = [repeat_stats.row_means(pairs.filled(build)) for build in ("baseline", "candidate")]
    found = repeat_stats.summarise_repeats(repeat_stats.item_differences(*builds, alike=True), confidence=confidence)
    return RepeatSummary(
        mean=found.mean,
        items=found.items,
        answers=found.answers,
        between=found.between,
        within=found.within,
        new_questions=_error(found.new_questions),
        same_questions=_error(found.same_questions),
    )


def _noise(again: TaskPairs, pairs: TaskPairs) -> NoiseFloor:
    """Over the repeats that all three runs were asked: means of more answers change more rarely."""
    shared = min(again.repeats, pairs.repeats)
    scores, second = pairs.first(shared).item_scores(), again.first(shared).item_scores()
    found = noise_stats.noise_floor(scores.baseline, second.candidate, scores.candidate)
    return NoiseFloor(
        n=found.n,
        flips=_share(found.flips),
        noise=_share(found.noise),
        excess=found.excess,
        low=found.low,
        high=found.high,
        explained=found.explained,
        candidate_difference=found.candidate_difference,
        noise_difference=found.noise_difference,
    )


def _share(found: agreement_stats.Share) -> Share:
    return Share(found.count, found.n, found.estimate, found.low, found.high)


def _kappa(found: agreement_stats.Kappa | None) -> Kappa | None:
    return None if found is None else Kappa(found.estimate, found.standard_error, found.low, found.high)


def _error(found: repeat_stats.ErrorOfMean | None) -> ErrorOfMean | None:
    return None if found is None else ErrorOfMean(found.standard_error, found.lower, found.upper)
