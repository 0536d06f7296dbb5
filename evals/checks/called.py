"""The figures of one build's tool calls, over all its samples of a task, and those of them that can be expected."""

from __future__ import annotations

from quantgate.evals.contract.call_figures import CallFigures
from quantgate.evals.fidelity.calls import call_figures
from quantgate.evals.samples.columns import Columns


def figures_of_calls(samples: Columns) -> CallFigures | None:
    """The figures of a task's samples; `None` where they are no replies to requests with tools."""
    repeats = int(samples.repeat.max(initial=0)) + 1
    return call_figures(samples, samples.rows_of(list(samples.item.names), repeats))


def expected_figure(samples: Columns, name: str) -> tuple[float, int] | None:
    """A figure by the name that an expectation gives it, and of how many replies; `None` where there is none."""
    calls = figures_of_calls(samples)
    if calls is None:
        return None
    if name == "schema_accuracy":
        return None if calls.schema_accuracy is None else (calls.schema_accuracy.estimate, calls.called)
    if calls.trigger is None or calls.trigger.f1 is None:
        return None
    return calls.trigger.f1.estimate, calls.answers
