"""The runs of a release, paired as the gate pairs runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.pairing.pairs import Pairs
from quantgate.evals.settings.policy import Policy


def paired_release(
    baseline: Path, candidates: Mapping[str, Path], tasks: Sequence[str], policy: Policy
) -> dict[str, Pairs]:
    """Each candidate with the baseline, by its label; of the tasks that the release asks, for a run may hold more.

    Parameters
    ----------
    baseline, candidates
        Run directories; the candidates' by their labels.
    tasks
        What the release asks.
    policy
        Says which metric decides.

    Raises
    ------
    RunDirectoryError
        When a run cannot be read.
    UsageError
        When something is required of a task that no run holds.
    """
    reference, metrics = Run.load(baseline), policy.metrics(tasks)
    pairs = {}
    for label, folder in candidates.items():
        every = pair_runs(reference, Run.load(folder), metrics)
        pairs[label] = replace(every, tasks=tuple(task for task in every.tasks if task.task in tasks))
    policy.check_tasks(list(dict.fromkeys(task.task for each in pairs.values() for task in each.tasks)))
    return pairs
