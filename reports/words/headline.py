"""The one sentence that names what decided: chosen among the decision's own reasons, never worked out anew."""

from __future__ import annotations

import math

from quantgate.evals.decision.comparison import Comparison
from quantgate.evals.decision.types import ReleaseVerdict, TaskDecision, TaskVerdict, Verdict


def headline(verdict: Verdict) -> str:
    """The deciding sentence: of a pass that of the task with the least room, else that of the task most at fault."""
    required = [task for task in verdict.tasks if task.tier == "required"]
    if verdict.verdict is ReleaseVerdict.PASS and required:
        closest = min(required, key=_room)
        if len(required) == 1:
            return closest.reason
        return f"All {len(required)} required tasks pass; the closest call is {closest.reason}"
    guilty = [task for task in required if _decides(task, verdict.verdict)]
    if not guilty:
        return verdict.reasons[0] if verdict.reasons else "There is nothing to decide on."
    first = min(guilty, key=_room)
    others = len(guilty) - 1
    more = f" So it is with {others} other task{'s' if others > 1 else ''}." if others else ""
    return f"{first.reason}{more}"


def comparison_headline(comparison: Comparison) -> str:
    """Which formats pass, which is the cheapest of them, and how many do not pass."""
    passing = [build.name for build in comparison.formats if build.passes]
    total = len(comparison.formats)
    if not passing:
        return f"None of {total} formats passes." if total != 1 else "The format does not pass."
    counted = f"{len(passing)} of {total} formats {'passes' if len(passing) == 1 else 'pass'}: {', '.join(passing)}"
    if not comparison.cheapest or len(passing) == 1:
        return f"{counted}."
    return f"{counted}; the {'best' if comparison.more_is_better else 'cheapest'}: {', '.join(comparison.cheapest)}."


def _decides(task: TaskDecision, verdict: ReleaseVerdict) -> bool:
    if verdict is ReleaseVerdict.INVALID:
        return task.verdict is TaskVerdict.INVALID
    if verdict is ReleaseVerdict.REGRESSED:
        return task.verdict is TaskVerdict.REGRESSED and "unconfirmed_among_tasks" not in task.flags
    return not task.passes


def _room(task: TaskDecision) -> float:
    """How far the lower bound lies above minus the margin; a task without bounds has the least room of all."""
    return -math.inf if task.lower is None else task.lower + task.margin
