"""Whether two builds were, or are to be, asked one task alike: by their records, whatever has been answered."""

from __future__ import annotations

from quantgate.evals.runs.record import Draw, TaskRecord, task_differences


def plan_differences(baseline: TaskRecord, candidate: TaskRecord) -> list[str]:
    """Why the records of two builds cannot be compared; empty where they can."""
    problems = [
        f"the builds were not asked alike: {difference}"
        for difference in task_differences(baseline, candidate, "for the baseline", "for the candidate")
    ]
    if problems and (baseline.grader, baseline.metric) != (candidate.grader, candidate.metric):
        problems[-1] += ". `quantgate regrade RUN` grades a run's stored answers again, without asking"
    draws = (baseline.draw, candidate.draw)
    if Draw.RANDOM in draws and baseline.draw != candidate.draw and baseline.items == candidate.items:
        problems.append(
            f"the baseline was asked {baseline.chosen_by}, the candidate {candidate.chosen_by}: --limit draws alike"
        )
    if baseline.items != candidate.items:
        problems.append(f"the baseline has {baseline.items} items, the candidate {candidate.items}")
    return problems
