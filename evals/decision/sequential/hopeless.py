"""Whether a task is to be given up, since no look to come is likely to show anything; no error rests on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quantgate.evals.decision.sequential.rule import Rule
from quantgate.evals.designs.futility import Outlook, outlook, outlook_of_means
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.settings.requirements import Target
from quantgate.evals.stats.checks import FloatArray
from quantgate.evals.stats.strata import split_strata


def why_hopeless(rule: Rule, scores: ItemScores, repeats: int) -> str:
    """Why it is given up after these scores, in words; empty where it goes on.

    By the outlook of the exact test where that decides, else by normal approximations, of points and of recovery apart:
    a pass must be shown in both, a regression in one.
    """
    if not rule.design.futility:
        return ""
    found = list(_outlooks(rule, scores, repeats))
    passing = min(found, key=lambda one: one.pass_power)
    if passing.pass_power >= rule.design.futility:
        return ""
    if any(one.regression_power >= rule.design.futility for one in found):
        return ""
    if passing.out_of_reach:
        return "even without a further loss it could not pass"
    return (
        f"if the candidate is as good as the baseline from here on, it passes with a probability of "
        f"{_percent(passing.pass_power)}, and a regression is no likelier to show"
    )


def _percent(power: float) -> str:
    return "less than 0.1%" if power < 0.001 else f"{100 * power:.1f}%"


def _outlooks(rule: Rule, scores: ItemScores, repeats: int) -> Sequence[Outlook]:
    design, margin, items = rule.design, rule.margin, len(scores.item_ids)
    if margin.recovery is None and rule.exact_at(len(design.looks) - 1, scores):
        return [outlook(design, scores.losses, scores.gains, items)]
    found = []
    if margin.points is not None:
        found.append(_of_means(rule, scores, repeats, 1.0, margin.points, 0.0))
    if margin.recovery is not None:
        equal = (1 - margin.recovery) * scores.mean(scores.baseline)
        found.append(_of_means(rule, scores, repeats, margin.recovery, 0.0, equal))
    return found


def _of_means(rule: Rule, scores: ItemScores, repeats: int, recovery: float, margin: float, equal: float) -> Outlook:
    """The outlook of the mean of candidate - `recovery` x baseline."""
    items = len(scores.item_ids)
    values = scores.candidate - recovery * scores.baseline
    within = _noise(scores, recovery, repeats)
    between = 0.0 if rule.target is Target.BENCHMARK else max(items * _error(scores, values) - within / repeats, 0.0)
    if repeats == 1 and rule.design.repeats > 1:
        between, within = 0.0, between + within
    return outlook_of_means(
        rule.design,
        scores.mean(values),
        items,
        repeats,
        between=between,
        within=within,
        margin=margin,
        equal=equal,
    )


def _error(scores: ItemScores, values: FloatArray) -> float:
    """The squared standard error of the mean over items, or over the strata's means, clusters being the unit."""
    parts = split_strata(np.clip(values, -1.0, 1.0), scores.strata, scores.weights, scores.clusters)
    found = 0.0
    for part in parts:
        apart = (part.values - part.mean) * part.sizes
        found += part.weight**2 * float(apart @ apart) / part.items**2
    return found


def _noise(scores: ItemScores, recovery: float, repeats: int) -> float:
    """The variance of one pair of answers around its item's mean, such that it counts as the standard error does."""
    if repeats == 1:
        return 0.0
    answers = scores.answers[0]
    pairs = answers.candidate - recovery * answers.baseline
    each = np.nan_to_num(np.nanvar(pairs, axis=1, ddof=1)) if pairs.size else np.zeros(len(pairs))
    names = np.array(scores.strata or ("",) * len(each))
    strata = sorted(set(names.tolist()))
    return float(
        sum(each[names == name].mean() / (names == name).sum() for name in strata) * len(each) / len(strata) ** 2
    )
