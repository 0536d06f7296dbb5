"""What a decision is called: the builds and the tasks it is about."""

from __future__ import annotations

from collections.abc import Sequence

from quantgate.evals.decision.comparison import Comparison
from quantgate.evals.decision.types import Verdict
from quantgate.evals.text import one_line
from quantgate.reports.words.listed import listed

_MOST_NAMED = 3
_LONGEST = 60


def gate_title(verdict: Verdict) -> str:
    """`mxfp4 against fp8 on gsm8k and gpqa_diamond`; texts are on one line, and still to be escaped."""
    against = f"{one_line(verdict.candidate.label, _LONGEST)} against {one_line(verdict.baseline.label, _LONGEST)}"
    return against + on_tasks([task.task for task in verdict.tasks])


def comparison_title(comparison: Comparison) -> str:
    """`mxfp4 and nvfp4 against fp8 on gsm8k`; of many formats it is told how many they are."""
    names = [one_line(build.name, _LONGEST) for build in comparison.formats]
    told = f"{len(names)} formats" if len(names) > _MOST_NAMED or not names else listed(names)
    return f"{told} against {one_line(comparison.baseline.label, _LONGEST)}{on_tasks(comparison.tasks)}"


def on_tasks(tasks: Sequence[str], word: str = "on") -> str:
    """` on gsm8k, ifeval and 3 more`; nothing where there is no task."""
    if not tasks:
        return ""
    named = [one_line(task, _LONGEST) for task in tasks]
    if len(named) > _MOST_NAMED:
        return f" {word} {', '.join(named[:_MOST_NAMED])} and {len(named) - _MOST_NAMED} more"
    return f" {word} {listed(named)}"
