"""What the leaderboard shows of a run: its own figures, out of the accuracies of the categories."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean

from quantgate.tasks.bfcl.categories import GROUPS, SIZES

_LIVE = ("live_simple", "live_multiple", "live_parallel", "live_parallel_multiple")
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "non_live": (*GROUPS["simple"], "multiple", "parallel", "parallel_multiple"),
    "live": _LIVE,
    "irrelevance": ("irrelevance", "live_irrelevance"),
    "relevance": ("live_relevance",),
}


def leaderboard(accuracy: Mapping[str, float]) -> dict[str, float]:
    """The figures of the leaderboard whose categories are all there.

    `non_live` is the mean of four: simple (the mean of its three languages), multiple, parallel, parallel_multiple.
    `live` is the mean over all questions of its four categories that have a right call; `irrelevance` that of the two
    categories. The leaderboard's overall accuracy is a tenth of each of these three, three tenths of its multi-turn and
    four of its agentic part, which are not asked here; `single_turn` is the mean of the three. `relevance` is shown
    there and counted nowhere.

    Parameters
    ----------
    accuracy
        The accuracy of each category, as a fraction, over all its questions.

    References
    ----------
    `eval_checker/eval_runner_helper.py` of `bfcl-eval` 2026.3.23, `generate_leaderboard_csv`.

    Examples
    --------
    >>> leaderboard({"irrelevance": 0.5, "live_irrelevance": 1.0, "live_simple": 0.7})
    {'irrelevance': 0.75}
    """
    there = {name for name, needed in _NEEDED.items() if set(needed) <= set(accuracy)}
    figures: dict[str, float] = {}
    if "non_live" in there:
        simple = fmean(accuracy[name] for name in GROUPS["simple"])
        figures["non_live"] = fmean([simple, accuracy["multiple"], accuracy["parallel"], accuracy["parallel_multiple"]])
    if "live" in there:
        figures["live"] = fmean([accuracy[name] for name in _LIVE], [SIZES[name] for name in _LIVE])
    if "irrelevance" in there:
        figures["irrelevance"] = fmean(accuracy[name] for name in _NEEDED["irrelevance"])
    if {"non_live", "live", "irrelevance"} <= there:
        figures["single_turn"] = fmean([figures["non_live"], figures["live"], figures["irrelevance"]])
    if "relevance" in there:
        figures["relevance"] = accuracy["live_relevance"]
    return figures
