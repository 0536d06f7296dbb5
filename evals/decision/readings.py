"""Whether a second way of reading the same answers would have said something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.contract.task import TOLERANT
from quantgate.evals.decision.bounds import Bounds
from quantgate.evals.decision.verdict import verdict_of
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.pairing.matching import at_rows
from quantgate.evals.pairing.metrics import metrics_of, score_by
from quantgate.evals.pairing.pairs import TaskPairs
from quantgate.evals.settings.margin import Margin

_POINT = 0.01
_ROUNDING = 1e-9


def reading_findings(
    pairs: TaskPairs,
    scores: ItemScores,
    alone: Bounds,
    margin: Margin,
    bounds_of: Callable[[ItemScores], Bounds],
    *,
    chosen: bool,
) -> tuple[Finding, ...]:
    """A finding when the metric that decides and the tolerant one disagree by more than a point or on the verdict.

    Where the tolerant one decides it is held against a harness's own. A disagreement on the verdict blocks until
    someone has said which of them decides.

    Parameters
    ----------
    pairs, scores, alone
        The task, its scores by the metric that decides, and their bounds.
    margin
        The largest loss that passes.
    bounds_of
        Gives the bounds of other scores of the same items.
    chosen
        Whether the user has said which metric decides.
    """
    record = pairs.builds["candidate"].record
    other = None if record is None else _other_metric(record.metric, pairs)
    if record is None or other is None:
        return ()
    left, right = (
        at_rows(score_by(pairs.builds[build].samples, other), pairs.rows(build), np.nan)
        for build in ("baseline", "candidate")
    )
    again = replace(pairs, table=replace(pairs.table, baseline=left, candidate=right)).item_scores()
    second = bounds_of(again)
    ours, theirs = (verdict_of(each, margin) for each in (alone, second))
    means = [
        (build, scores.mean(getattr(scores, build)), again.mean(getattr(again, build)))
        for build in ("baseline", "candidate")
    ]
    if ours is theirs and all(abs(mine - its) <= _POINT + _ROUNDING for _, mine, its in means):
        return ()
    told = "; ".join(
        f"the {build} has {mine:.1%} by {record.metric} and {its:.1%} by {other}" for build, mine, its in means
    )
    verdicts = (
        "" if ours is theirs else f". By {record.metric} the difference is {ours.value}, by {other} {theirs.value}"
    )
    names = f"{pairs.task}={record.metric} or {pairs.task}={other}"
    choice = "" if chosen else f", and say which of them decides: --metric {names}"
    return (
        Finding(
            FindingCode.METRICS_DISAGREE,
            Severity.WARNS if ours is theirs or chosen else Severity.BLOCKS,
            f"two readings of the same answers disagree: {told}{verdicts}. Read some that only one of them takes for "
            f"right{choice}",
        ),
    )


def _other_metric(deciding: str, pairs: TaskPairs) -> str | None:
    """The metric to hold the deciding one against; `None` where not all answers of both builds were read tolerantly."""
    names = metrics_of(*(run.samples for run in pairs.builds.values()))
    if TOLERANT not in names:
        return None
    return TOLERANT if deciding != TOLERANT else next((name for name in reversed(names) if name != TOLERANT), None)
